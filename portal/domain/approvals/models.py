"""The table of requests for a second person, whatever they are about."""

from __future__ import annotations

import datetime
import enum

import sqlalchemy as sa
from sqlalchemy import orm

from portal.kernel import db, types


class ApprovalState(enum.StrEnum):
    """Where a request is."""

    PENDING = "pending"
    APPROVED = "approved"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


class Approval(db.Base):
    """One request; `facts_version` is a hash of what the approver is shown."""

    __tablename__ = "approval"
    __table_args__ = (
        types.one_of("state", ApprovalState),
        sa.CheckConstraint("approver_id IS NULL OR approver_id <> requester_id", name="two_people"),
        sa.CheckConstraint("(state = 'pending') = (decided_at IS NULL)", name="decided_at_set"),
        sa.Index(
            "uq_approval_pending",
            "kind",
            "subject",
            unique=True,
            postgresql_where=sa.text("state = 'pending'"),
        ),
        sa.Index(None, "state", "requested_at", "id"),
    )

    id: orm.Mapped[types.Id]
    number: orm.Mapped[str] = orm.mapped_column(unique=True)
    kind: orm.Mapped[str]
    subject: orm.Mapped[str]  # public number of the case, or of the refund
    customer_id: orm.Mapped[int | None] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("customer.id")
    )
    amount_cents: orm.Mapped[types.Cents]
    facts: orm.Mapped[types.Json]
    facts_version: orm.Mapped[str]
    reason: orm.Mapped[str]
    state: orm.Mapped[ApprovalState] = orm.mapped_column(types.EnumText(ApprovalState))
    requester_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("staff.id"))
    requested_at: orm.Mapped[types.Moment]
    approver_id: orm.Mapped[int | None] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("staff.id")
    )
    decided_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(sa.DateTime(timezone=True))
    answer: orm.Mapped[str] = orm.mapped_column(server_default="")
