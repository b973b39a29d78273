"""The audit table: one row for every change of money, access or case."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from portal.kernel import actor, db, types


class AuditEvent(db.Base):
    """What was done, by whom, to what; `personal` is kept apart so that it can be erased."""

    __tablename__ = "audit_event"
    __table_args__ = (
        types.one_of("actor_kind", actor.ActorKind),
        sa.Index(None, "subject", "id"),
        sa.Index(None, "customer_id", "id"),
    )

    id: orm.Mapped[types.Id]
    at: orm.Mapped[types.Moment]
    actor_kind: orm.Mapped[actor.ActorKind] = orm.mapped_column(types.EnumText(actor.ActorKind))
    actor_id: orm.Mapped[int | None] = orm.mapped_column(sa.BigInteger)
    actor_label: orm.Mapped[str]
    action: orm.Mapped[str]  # room.verb, like "payments.settled"
    subject: orm.Mapped[str]  # a public number
    customer_id: orm.Mapped[int | None] = orm.mapped_column(sa.BigInteger)
    data: orm.Mapped[types.Json]
    personal: orm.Mapped[types.Json]
    request_id: orm.Mapped[str]
