"""Writing the audit log: one call per change, inside the change's own transaction."""

from __future__ import annotations

import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.audit import models
from portal.kernel import actor

_RECORD = sa.insert(models.AuditEvent.__table__)


def record(
    session: orm.Session,
    *,
    who: actor.Actor,
    action: str,
    subject: str,
    now: datetime.datetime,
    customer_id: int | None = None,
    personal: dict[str, Any] | None = None,
    **data: Any,
) -> None:
    """Record that `who` did `action` ("room.verb") to `subject` (a public number).

    `data` holds plain JSON values without personal data; `personal` what may be erased later.
    """
    session.execute(
        _RECORD,
        {
            "at": now,
            "actor_kind": who.kind,
            "actor_id": who.id,
            "actor_label": who.label,
            "action": action,
            "subject": subject,
            "customer_id": customer_id,
            "data": data,
            "personal": (personal or {}) | _where(who),
            "request_id": who.request_id,
        },
    )


def _where(who: actor.Actor) -> dict[str, str]:
    found = {"address": who.address, "device": who.device}
    return {name: value for name, value in found.items() if value}
