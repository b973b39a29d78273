"""Takes events in, once each, and writes down when they were handled, or why not."""

from __future__ import annotations

import dataclasses
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


def mark_failed(session: orm.Session, *, event_id: int, error: str, may_pass: bool) -> None:
    """Write down why the event could not be handled this time.

    What `may_pass` by itself is no attempt that failed: people see it only once it is late.
    """
    table = models.InboxEvent
    session.execute(
        sa.update(table)
        .where(table.id == event_id, table.handled_at.is_(None))
        .values(attempts=table.attempts + (0 if may_pass else 1), error=error)
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Held:
    """An event that was waiting until now, and why."""

    id: int
    type: str
    object_id: str
    error: str


_HELD = tuple(getattr(models.InboxEvent, f.name) for f in dataclasses.fields(Held))


def close(session: orm.Session, *, external_id: str, now: datetime.datetime) -> Held | None:
    """End an event that nobody could handle, by hand; None where none waits under this id.

    Its error stays.
    """
    row = session.execute(
        sa.update(models.InboxEvent)
        .where(models.InboxEvent.external_id == external_id)
        .where(models.InboxEvent.handled_at.is_(None))
        .values(handled_at=now)
        .returning(*_HELD)
    ).one_or_none()
    return None if row is None else Held(**row._mapping)


def queue_again(session: orm.Session, *, external_id: str, task: str) -> Held | None:
    """Queue `task` once more for an event that waits; None where none does."""
    row = session.execute(
        sa.select(*_HELD)
        .where(models.InboxEvent.external_id == external_id)
        .where(models.InboxEvent.handled_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    db.queue_task(session, task, event_id=row.id)
    return Held(**row._mapping)
