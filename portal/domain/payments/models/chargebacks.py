"""Chargebacks and early fraud warnings, as Stripe tells them, and what became of the money."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from portal.domain.payments.states import ChargebackState, IfLost
from portal.kernel import db, types


class Chargeback(db.Base):
    """A bank's claim on one payment, as Stripe tells it, and what became of the money; cents.

    `held_cents` stands in 1030 for it. Once lost, that was split into `owed_cents` (refunds that
    had not reached the customer and now need not), `taken_cents` (off bills and unapplied money)
    and `absorbed_cents`.
    """

    __tablename__ = "chargeback"
    __table_args__ = (
        types.one_of("state", ChargebackState),
        types.one_of("if_lost", IfLost),
        sa.CheckConstraint("amount_cents > 0", name="amount_above_zero"),
        sa.CheckConstraint(
            "taken_cents >= 0 AND owed_cents >= 0 AND absorbed_cents >= 0", name="split_in_range"
        ),
        sa.Index(None, "payment_id"),
        sa.Index(None, "case_no"),
        sa.Index(
            "ix_chargeback_open",
            "evidence_due_at",
            postgresql_where=sa.text("closed_at IS NULL"),
        ),
    )

    id: orm.Mapped[types.Id]
    number: orm.Mapped[str] = orm.mapped_column(unique=True)
    stripe_ref: orm.Mapped[str] = orm.mapped_column(unique=True)
    payment_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("payment.id"))
    customer_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("customer.id"))
    state: orm.Mapped[ChargebackState] = orm.mapped_column(types.EnumText(ChargebackState))
    reason: orm.Mapped[str]  # Stripe's word
    is_inquiry: orm.Mapped[bool]
    amount_cents: orm.Mapped[types.Cents]
    fee_cents: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, server_default="0")
    held_cents: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, server_default="0")
    owed_cents: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, server_default="0")
    taken_cents: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, server_default="0")
    absorbed_cents: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, server_default="0")
    if_lost: orm.Mapped[IfLost] = orm.mapped_column(types.EnumText(IfLost))
    outcome: orm.Mapped[str] = orm.mapped_column(server_default="")
    case_no: orm.Mapped[str] = orm.mapped_column(server_default="")
    opened_at: orm.Mapped[types.Moment]
    evidence_due_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(
        sa.DateTime(timezone=True)
    )
    evidence: orm.Mapped[dict] = orm.mapped_column(postgresql.JSONB, server_default="{}")
    evidence_by: orm.Mapped[str] = orm.mapped_column(server_default="")
    evidence_attempt: orm.Mapped[int] = orm.mapped_column(server_default="0")
    evidence_asked_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(
        sa.DateTime(timezone=True)
    )  # somebody pressed the button; the job sends it
    evidence_submitted_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(
        sa.DateTime(timezone=True)
    )  # Stripe has it
    evidence_error: orm.Mapped[str] = orm.mapped_column(server_default="")
    checked_at: orm.Mapped[types.Moment]
    closed_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(sa.DateTime(timezone=True))


class FraudWarning(db.Base):
    """A bank's early warning that a payment may be fraud; it moves no money."""

    __tablename__ = "fraud_warning"
    __table_args__ = (sa.Index(None, "payment_id"), sa.Index(None, "case_no"))

    id: orm.Mapped[types.Id]
    stripe_ref: orm.Mapped[str] = orm.mapped_column(unique=True)
    payment_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("payment.id"))
    customer_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("customer.id"))
    fraud_type: orm.Mapped[str]  # Stripe's word
    case_no: orm.Mapped[str] = orm.mapped_column(server_default="")
    warned_at: orm.Mapped[types.Moment]
