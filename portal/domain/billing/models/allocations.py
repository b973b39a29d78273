"""Allocations of payments and credits to invoice lines; append-only, a reversal is negative."""

from __future__ import annotations

import enum

import sqlalchemy as sa
from sqlalchemy import orm

from portal.kernel import db, types


class CreditKind(enum.StrEnum):
    """Why a customer was credited."""

    GOODWILL = "goodwill"
    CORRECTION = "correction"  # premium (and its tax) that should not have been billed
    SHORTFALL = "shortfall"
    RETURN_PREMIUM = "return_premium"  # premium (and its tax) of days that are not covered


class Credit(db.Base):
    """A source of allocation, like a payment; never a negative charge."""

    __tablename__ = "credit"
    __table_args__ = (
        types.one_of("kind", CreditKind),
        sa.CheckConstraint("amount_cents > 0", name="amount_above_zero"),
        sa.CheckConstraint("unapplied_cents BETWEEN 0 AND amount_cents", name="unapplied_in_range"),
        sa.Index(None, "customer_id", "id"),
    )

    id: orm.Mapped[types.Id]
    number: orm.Mapped[str] = orm.mapped_column(unique=True)
    key: orm.Mapped[str] = orm.mapped_column(unique=True)  # the fact that gave it
    customer_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("customer.id"))
    kind: orm.Mapped[CreditKind] = orm.mapped_column(types.EnumText(CreditKind))
    amount_cents: orm.Mapped[types.Cents]
    unapplied_cents: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, server_default="0")
    reason: orm.Mapped[str]
    subject: orm.Mapped[str]  # public number of the case or payment behind it
    created_at: orm.Mapped[types.Moment]
    created_by: orm.Mapped[str]


class Allocation(db.Base):
    """Part of a payment or credit applied to one line; negative when taken back."""

    __tablename__ = "allocation"
    __table_args__ = (
        sa.CheckConstraint("cents <> 0", name="not_zero"),
        sa.Index(None, "line_id"),
        sa.Index(None, "source"),
    )

    id: orm.Mapped[types.Id]
    line_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("invoice_line.id"))
    source: orm.Mapped[str]  # public number of the payment or credit
    cents: orm.Mapped[types.Cents]
    rule: orm.Mapped[str]
    at: orm.Mapped[types.Moment]
