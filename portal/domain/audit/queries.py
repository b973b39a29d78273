"""Reading the audit log: the history of one subject or one customer."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.audit import models


@dataclasses.dataclass(frozen=True, kw_only=True)
class EventView:
    """One audit event without personal data."""

    id: int
    at: datetime.datetime
    actor_kind: str
    actor_label: str
    action: str
    subject: str
    data: dict[str, Any]


def history(
    session: orm.Session,
    *,
    subjects: list[str],
    limit: int = 50,
) -> tuple[EventView, ...]:
    """Events about any of the public numbers, newest first."""
    rows = session.scalars(
        sa.select(models.AuditEvent)
        .where(models.AuditEvent.subject.in_(subjects))
        .order_by(models.AuditEvent.id.desc())
        .limit(limit)
    )
    return tuple(_view(row) for row in rows)


def of_customer(
    session: orm.Session, *, customer_id: int, limit: int = 50
) -> tuple[EventView, ...]:
    """Events about one customer, newest first."""
    rows = session.scalars(
        sa.select(models.AuditEvent)
        .where(models.AuditEvent.customer_id == customer_id)
        .order_by(models.AuditEvent.id.desc())
        .limit(limit)
    )
    return tuple(_view(row) for row in rows)


def _view(row: models.AuditEvent) -> EventView:
    return EventView(
        id=row.id,
        at=row.at,
        actor_kind=row.actor_kind,
        actor_label=row.actor_label,
        action=row.action,
        subject=row.subject,
        data=row.data,
    )


def was_done(
    session: orm.Session,
    *,
    action: str,
    subject: str,
    actor_id: int | None,
    since: datetime.datetime,
) -> bool:
    """Whether that person did `action` to `subject` at `since` or later."""
    event = models.AuditEvent
    found = sa.select(event.id).where(
        event.subject == subject,
        event.action == action,
        event.actor_id == actor_id,
        event.at >= since,
    )
    return session.execute(sa.select(found.exists())).scalar_one()
