"""Autopay and drafts: dated instructions to charge a saved method while nobody is present."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.payments.states import AutopayEnd, DraftKind, DraftState
from portal.kernel import db, types


class Autopay(db.Base):
    """The standing order of one policy: which method pays its bills, and how early."""

    __tablename__ = "autopay"
    __table_args__ = (
        types.one_of("end_reason", AutopayEnd),
        sa.CheckConstraint("days_before BETWEEN 0 AND 10", name="days_before_range"),
        sa.CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="end_has_reason"),
        sa.Index(
            "uq_autopay_active",
            "policy_id",
            unique=True,
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
        sa.Index(None, "customer_id"),
        sa.Index(None, "method_id"),
    )

    id: orm.Mapped[types.Id]
    customer_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("customer.id"))
    policy_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("policy.id"))
    payer_id: orm.Mapped[int | None] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("payer.id"))
    method_id: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("payment_method.id")
    )
    backup_method_id: orm.Mapped[int | None] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("payment_method.id")
    )
    days_before: orm.Mapped[int] = orm.mapped_column(server_default="0")  # before the due day
    consent_id: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("wallet_consent.id")
    )
    joined_at: orm.Mapped[types.Moment]
    ended_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(sa.DateTime(timezone=True))
    end_reason: orm.Mapped[AutopayEnd | None] = orm.mapped_column(types.EnumText(AutopayEnd))


class Draft(db.Base):
    """One debit that was announced: charged on its day, tried again within the rules, then over.

    `amount_cents` is the most that may be taken; on the day less is where less is open.
    """

    __tablename__ = "draft"
    __table_args__ = (
        types.one_of("kind", DraftKind),
        types.one_of("state", DraftState),
        sa.CheckConstraint("amount_cents > 0", name="amount_above_zero"),
        sa.CheckConstraint("(kind = 'autopay') = (autopay_id IS NOT NULL)", name="autopay_named"),
        sa.CheckConstraint(
            "(kind = 'arrangement') = (arrangement_id IS NOT NULL)", name="arrangement_named"
        ),
        sa.CheckConstraint(
            "(state IN ('planned', 'retrying', 'asking')) = (due_on IS NOT NULL)",
            name="due_while_waiting",
        ),
        sa.Index(
            "ix_draft_due",
            "due_on",
            "id",
            postgresql_where=sa.text("state IN ('planned', 'retrying', 'asking')"),
        ),
        sa.Index("ix_draft_attempting", "id", postgresql_where=sa.text("state = 'attempting'")),
        sa.Index(None, "customer_id", "id"),
        sa.Index(None, "autopay_id"),
        sa.Index(None, "arrangement_id"),
    )

    id: orm.Mapped[types.Id]
    number: orm.Mapped[str] = orm.mapped_column(unique=True)
    key: orm.Mapped[str] = orm.mapped_column(unique=True)  # the fact that made it, once
    kind: orm.Mapped[DraftKind] = orm.mapped_column(types.EnumText(DraftKind))
    customer_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("customer.id"))
    autopay_id: orm.Mapped[int | None] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("autopay.id")
    )
    arrangement_id: orm.Mapped[int | None] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("arrangement.id")
    )
    payer_id: orm.Mapped[int | None] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("payer.id"))
    method_id: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("payment_method.id")
    )
    backup_method_id: orm.Mapped[int | None] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("payment_method.id")
    )  # tried once; None once it was
    amount_cents: orm.Mapped[types.Cents]
    draft_on: orm.Mapped[datetime.date]  # the day that was announced
    state: orm.Mapped[DraftState] = orm.mapped_column(types.EnumText(DraftState))
    due_on: orm.Mapped[datetime.date | None]  # when it is tried next, or is over, while it waits
    first_tried_on: orm.Mapped[datetime.date | None]
    attempts: orm.Mapped[int] = orm.mapped_column(server_default="0")
    outcome: orm.Mapped[str] = orm.mapped_column(server_default="")  # the last refusal, in words
    announced_at: orm.Mapped[types.Moment]
    changed_at: orm.Mapped[types.Moment]
    ended_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(sa.DateTime(timezone=True))


class DraftBill(db.Base):
    """A bill that a draft is for."""

    __tablename__ = "draft_bill"
    __table_args__ = (sa.Index(None, "invoice_id"),)

    draft_id: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("draft.id"), primary_key=True
    )
    invoice_id: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("invoice.id"), primary_key=True
    )
