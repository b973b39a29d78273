"""What came in: one event, and when the last one did."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.inbox import models


@dataclasses.dataclass(frozen=True, kw_only=True)
class EventView:
    """An event as its handler needs it."""

    id: int
    type: str
    object_id: str
    is_handled: bool


def event(session: orm.Session, *, event_id: int) -> EventView:
    """One event."""
    row = session.execute(
        sa.select(
            models.InboxEvent.id,
            models.InboxEvent.type,
            models.InboxEvent.object_id,
            models.InboxEvent.handled_at.is_not(None).label("is_handled"),
        ).where(models.InboxEvent.id == event_id)
    ).one()
    return EventView(**row._asdict())


def last_occurred_at(session: orm.Session, *, provider: str) -> datetime.datetime | None:
    """The moment of the newest event known, None before the first."""
    return session.scalar(
        sa.select(sa.func.max(models.InboxEvent.occurred_at)).where(
            models.InboxEvent.provider == provider
        )
    )
