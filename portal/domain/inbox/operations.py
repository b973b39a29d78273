"""Takes events in, once each, and writes down when they were handled, or why not."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from portal.domain.inbox import models
from portal.kernel import db

_events = models.InboxEvent.__table__
_STORE = (
    postgresql.insert(_events)
    .on_conflict_do_nothing(index_elements=["provider", "external_id"])
    .returning(_events.c.id)
)


def store(
    session: orm.Session,
    *,
    provider: str,
    external_id: str,
    type_: str,
    object_id: str,
    occurred_at: datetime.datetime,
    payload: dict,
    task: str,
    now: datetime.datetime,
) -> int | None:
    """Keep an event and queue `task` with its id; None when it was kept before."""
    event_id = session.scalar(
        _STORE,
        {
            "provider": provider,
            "external_id": external_id,
            "type": type_,
            "object_id": object_id,
            "occurred_at": occurred_at,
            "received_at": now,
            "payload": payload,
        },
    )
    if event_id is not None:
        db.queue_task(session, task, event_id=event_id)
    return event_id


def mark_handled(session: orm.Session, *, event_id: int, now: datetime.datetime) -> None:
    """Write down that the event was handled."""
    session.execute(
        sa.update(models.InboxEvent)
        .where(models.InboxEvent.id == event_id, models.InboxEvent.handled_at.is_(None))
        .values(handled_at=now, attempts=models.InboxEvent.attempts + 1, error="")
    )


def mark_failed(session: orm.Session, *, event_id: int, error: str) -> None:
    """Write down why the event could not be handled this time."""
    session.execute(
        sa.update(models.InboxEvent)
        .where(models.InboxEvent.id == event_id, models.InboxEvent.handled_at.is_(None))
        .values(attempts=models.InboxEvent.attempts + 1, error=error)
    )
