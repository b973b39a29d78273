"""Holds: each stops one kind of action on one amount, with reason, owner and expiry."""

from __future__ import annotations

import datetime
import enum

import sqlalchemy as sa
from sqlalchemy import orm

from portal.kernel import db, types


class HoldKind(enum.StrEnum):
    """The action that is stopped."""

    AUTOPAY = "autopay"
    OVERDUE = "overdue"  # dunning and cancellation
    LATE_FEE = "late_fee"
    INVOICING = "invoicing"
    REFUND = "refund"
    ALLOCATION = "allocation"  # unapplied money stays where it is


class Hold(db.Base):
    """One hold; `subject` is a public number, `line_number` a line of it where it is an invoice."""

    __tablename__ = "hold"
    __table_args__ = (
        types.one_of("kind", HoldKind),
        sa.CheckConstraint("amount_cents >= 0", name="amount_not_negative"),
        sa.Index(
            "uq_hold_active",
            "kind",
            "subject",
            "line_number",
            unique=True,
            postgresql_where=sa.text("lifted_at IS NULL"),
            postgresql_nulls_not_distinct=True,
        ),
        sa.Index(None, "owner"),
        sa.Index(None, "subject"),
        sa.Index(
            "ix_hold_customer_active",
            "customer_id",
            postgresql_where=sa.text("lifted_at IS NULL"),
        ),
    )

    id: orm.Mapped[types.Id]
    kind: orm.Mapped[HoldKind] = orm.mapped_column(types.EnumText(HoldKind))
    customer_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("customer.id"))
    subject: orm.Mapped[str]
    line_number: orm.Mapped[int | None]
    amount_cents: orm.Mapped[types.Cents]
    reason: orm.Mapped[str]
    owner: orm.Mapped[str]  # public number of the case that placed it
    placed_at: orm.Mapped[types.Moment]
    expires_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(sa.DateTime(timezone=True))
    lifted_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(sa.DateTime(timezone=True))
