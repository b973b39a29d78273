"""What came in: one event, when the last one did, and what nobody could handle."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.inbox import models

# An event is handled within seconds; one that waits longer is looked at.
LATE = datetime.timedelta(minutes=10)


@dataclasses.dataclass(frozen=True, kw_only=True)
class EventView:
    """An event as its handler needs it."""

    id: int
    type: str
    object_id: str
    is_handled: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class WaitingView:
    """An event that is not handled; `error` says what the last attempt met, "" before one ended.

    `attempts` are those that failed for good.
    """

    external_id: str
    type: str
    object_id: str
    received_at: datetime.datetime
    attempts: int
    error: str


_WAITING = tuple(getattr(models.InboxEvent, f.name) for f in dataclasses.fields(WaitingView))


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


def waits(now: datetime.datetime) -> sa.ColumnElement[bool]:
    """Whether an event waits for people: handling it failed for good, or was not done in LATE."""
    table = models.InboxEvent
    return sa.and_(
        table.handled_at.is_(None), sa.or_(table.attempts > 0, table.received_at < now - LATE)
    )


def unhandled(
    session: orm.Session, *, now: datetime.datetime, limit: int = 50
) -> tuple[WaitingView, ...]:
    """Events that wait for people at `now`; oldest first."""
    table = models.InboxEvent
    rows = session.execute(
        sa.select(*_WAITING).where(waits(now)).order_by(table.received_at, table.id).limit(limit)
    )
    return tuple(WaitingView(**row._mapping) for row in rows)
