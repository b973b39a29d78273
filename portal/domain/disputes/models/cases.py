"""The case itself, the lines it is about, and what was decided."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.disputes import categories, rules
from portal.kernel import db, types


class Dispute(db.Base):
    """One case; `version` counts its changes, so that a stale save is refused."""

    __tablename__ = "dispute"
    __table_args__ = (
        types.one_of("state", rules.CaseState),
        types.one_of("category", categories.Category),
        types.one_of("priority", categories.Priority),
        sa.CheckConstraint("disputed_cents >= 0", name="disputed_not_negative"),
        sa.Index(None, "customer_id", "id"),
        sa.Index(
            "ix_dispute_queue",
            "priority",
            "due_at",
            "id",
            postgresql_where=sa.text("closed_at IS NULL"),
        ),
        sa.Index(
            "ix_dispute_owner",
            "owner_id",
            "priority",
            "due_at",
            "id",
            postgresql_where=sa.text("closed_at IS NULL"),
        ),
        sa.Index(None, "invoice_no"),
        sa.Index(None, "payment_no"),
    )

    id: orm.Mapped[types.Id]
    number: orm.Mapped[str] = orm.mapped_column(unique=True)
    once_key: orm.Mapped[str] = orm.mapped_column(unique=True)  # of the form that raised it
    customer_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("customer.id"))
    category: orm.Mapped[categories.Category] = orm.mapped_column(
        types.EnumText(categories.Category)
    )
    state: orm.Mapped[rules.CaseState] = orm.mapped_column(types.EnumText(rules.CaseState))
    priority: orm.Mapped[categories.Priority] = orm.mapped_column(
        types.EnumText(categories.Priority)
    )
    invoice_no: orm.Mapped[str | None]
    payment_no: orm.Mapped[str | None]
    policy_no: orm.Mapped[str | None]
    pet_name: orm.Mapped[str] = orm.mapped_column(server_default="")
    disputed_cents: orm.Mapped[types.Cents]
    words: orm.Mapped[str]
    raised_at: orm.Mapped[types.Moment]
    is_late: orm.Mapped[bool] = orm.mapped_column(server_default=sa.false())
    owner_id: orm.Mapped[int | None] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("staff.id"))
    # The clock in business time: used before it last started, running since, due.
    clock_used_seconds: orm.Mapped[int] = orm.mapped_column(server_default="0")
    clock_started_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(
        sa.DateTime(timezone=True)
    )  # None while it is paused or the case is closed
    first_reply_due_at: orm.Mapped[types.Moment]
    first_replied_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(
        sa.DateTime(timezone=True)
    )
    resolve_due_at: orm.Mapped[types.Moment]
    due_at: orm.Mapped[types.Moment]  # the nearer of the two that still runs; orders the queue
    limit_on: orm.Mapped[datetime.date]  # never beyond, pauses included
    outcome: orm.Mapped[str] = orm.mapped_column(server_default="")
    closed_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(sa.DateTime(timezone=True))
    reopened: orm.Mapped[int] = orm.mapped_column(server_default="0")
    version: orm.Mapped[int] = orm.mapped_column(server_default="1")


class DisputeLine(db.Base):
    """A disputed invoice line and how much of it."""

    __tablename__ = "dispute_line"
    __table_args__ = (sa.UniqueConstraint("dispute_id", "invoice_no", "line_number"),)

    id: orm.Mapped[types.Id]
    dispute_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("dispute.id"))
    invoice_no: orm.Mapped[str]
    line_number: orm.Mapped[int]
    cents: orm.Mapped[types.Cents]


class Resolution(db.Base):
    """What was proposed or decided: outcome, money action, the words the customer reads."""

    __tablename__ = "dispute_resolution"
    __table_args__ = (
        types.one_of("outcome", rules.Outcome),
        types.one_of("action", rules.MoneyAction),
        sa.CheckConstraint("(action = 'none') = (amount_cents = 0)", name="amount_with_action"),
        sa.CheckConstraint("freed_by IN ('', 'credit', 'take_back')", name="freed_by_known"),
        sa.Index(None, "dispute_id", "id"),
    )

    id: orm.Mapped[types.Id]
    dispute_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("dispute.id"))
    outcome: orm.Mapped[rules.Outcome] = orm.mapped_column(types.EnumText(rules.Outcome))
    action: orm.Mapped[rules.MoneyAction] = orm.mapped_column(types.EnumText(rules.MoneyAction))
    amount_cents: orm.Mapped[types.Cents]
    payment_no: orm.Mapped[str | None]
    freed_by: orm.Mapped[str] = orm.mapped_column(server_default="")  # refund's money
    answer: orm.Mapped[str]
    reason: orm.Mapped[str]
    approval_no: orm.Mapped[str | None]
    proposed_by_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("staff.id"))
    proposed_at: orm.Mapped[types.Moment]
    carried_out_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(
        sa.DateTime(timezone=True)
    )
