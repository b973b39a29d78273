"""Payments, reservations, refunds: intentions first, then what Stripe says became of them."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from portal.domain.payments.states import PaymentState, RefundState
from portal.kernel import db, types


class Payment(db.Base):
    """One attempt to pay: our row, one PaymentIntent, at most one settlement."""

    __tablename__ = "payment"
    __table_args__ = (
        types.one_of("state", PaymentState),
        sa.CheckConstraint("amount_cents > 0", name="amount_above_zero"),
        sa.CheckConstraint("(state = 'settled') = (settled_at IS NOT NULL)", name="settled_at_set"),
        sa.CheckConstraint("refunded_cents BETWEEN 0 AND amount_cents", name="refunded_in_range"),
        sa.CheckConstraint("unapplied_cents BETWEEN 0 AND amount_cents", name="unapplied_in_range"),
        sa.Index(None, "customer_id", "created_at", "id"),
        sa.Index(
            "ix_payment_open",
            "created_at",
            postgresql_where=sa.text(
                "state IN ('initiated','requires_action','processing','unknown')"
            ),
        ),
        sa.Index(
            "ix_payment_fee_missing",
            "settled_at",
            postgresql_where=sa.text("state = 'settled' AND fee_cents IS NULL"),
        ),
        sa.Index(
            "ix_payment_return_fee_missing",
            "checked_at",
            postgresql_where=sa.text(
                "state = 'failed' AND expected_on IS NOT NULL AND fee_cents IS NULL"
            ),
        ),
    )

    id: orm.Mapped[types.Id]
    number: orm.Mapped[str] = orm.mapped_column(unique=True)
    customer_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("customer.id"))
    amount_cents: orm.Mapped[types.Cents]
    state: orm.Mapped[PaymentState] = orm.mapped_column(types.EnumText(PaymentState))
    planned: orm.Mapped[list] = orm.mapped_column(postgresql.JSONB)  # [[invoice no, cents], …]
    once_key: orm.Mapped[str] = orm.mapped_column(unique=True)  # of the form that asked for it
    method_id: orm.Mapped[int | None] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("payment_method.id")
    )
    draft_id: orm.Mapped[int | None] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("draft.id"), index=True
    )  # the draft that it is an attempt of
    is_off_session: orm.Mapped[bool] = orm.mapped_column(server_default=sa.false())
    payer_id: orm.Mapped[int | None] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("payer.id"), index=True
    )  # somebody else who pays for one pet
    save_method: orm.Mapped[bool] = orm.mapped_column(server_default=sa.false())
    method_label: orm.Mapped[str] = orm.mapped_column(server_default="")  # "visa 4242"
    method_kind: orm.Mapped[str] = orm.mapped_column(server_default="")  # "us_bank_account"
    by_guest: orm.Mapped[bool] = orm.mapped_column(server_default=sa.false())
    agreed: orm.Mapped[list | None] = orm.mapped_column(postgresql.JSONB)  # until it is on its way
    verify_url: orm.Mapped[str] = orm.mapped_column(server_default="")  # two deposits are awaited
    expected_on: orm.Mapped[datetime.date | None]  # of a debit: when it usually arrives
    stripe_ref: orm.Mapped[str | None] = orm.mapped_column(unique=True)
    charge_ref: orm.Mapped[str | None] = orm.mapped_column(unique=True)
    failure_code: orm.Mapped[str] = orm.mapped_column(server_default="")
    fee_cents: orm.Mapped[int | None] = orm.mapped_column(sa.BigInteger)
    unapplied_cents: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, server_default="0")
    refunded_cents: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, server_default="0")
    created_at: orm.Mapped[types.Moment]
    checked_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(sa.DateTime(timezone=True))
    settled_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(sa.DateTime(timezone=True))


class Reservation(db.Base):
    """A payment's claim on one invoice while it is open: at most one open claim an invoice."""

    __tablename__ = "payment_reservation"
    __table_args__ = (
        sa.CheckConstraint("cents > 0", name="cents_above_zero"),
        sa.UniqueConstraint("payment_id", "invoice_id"),
        sa.Index(None, "invoice_id"),
        sa.Index(
            "uq_payment_reservation_open",
            "invoice_id",
            unique=True,
            postgresql_where=sa.text("released_at IS NULL"),
        ),
    )

    id: orm.Mapped[types.Id]
    payment_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("payment.id"))
    invoice_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("invoice.id"))
    cents: orm.Mapped[types.Cents]
    released_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(
        sa.DateTime(timezone=True)
    )


class Refund(db.Base):
    """Money on its way back to the original method; by check only where that failed."""

    __tablename__ = "refund"
    __table_args__ = (
        types.one_of("state", RefundState),
        sa.CheckConstraint("amount_cents > 0", name="amount_above_zero"),
        sa.CheckConstraint(
            "(state = 'paid_otherwise') = (check_no <> '' AND check_on IS NOT NULL)",
            name="check_named",
        ),
        sa.CheckConstraint(
            "(failure_code = 'charged_back') = (paid_by_id IS NOT NULL)", name="claim_named"
        ),
        sa.Index(None, "payment_id"),
        sa.Index(None, "customer_id", "created_at"),
        sa.Index(
            "ix_refund_open", "created_at", postgresql_where=sa.text("state IN ('approved','sent')")
        ),
        sa.Index("ix_refund_failed", "id", postgresql_where=sa.text("state = 'failed'")),
    )

    id: orm.Mapped[types.Id]
    number: orm.Mapped[str] = orm.mapped_column(unique=True)
    key: orm.Mapped[str] = orm.mapped_column(unique=True)  # the fact that allowed it
    payment_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("payment.id"))
    customer_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("customer.id"))
    amount_cents: orm.Mapped[types.Cents]
    state: orm.Mapped[RefundState] = orm.mapped_column(types.EnumText(RefundState))
    subject: orm.Mapped[str]  # the case behind it
    reason: orm.Mapped[str]
    stripe_ref: orm.Mapped[str | None] = orm.mapped_column(unique=True)
    failure_code: orm.Mapped[str] = orm.mapped_column(server_default="")
    paid_by_id: orm.Mapped[int | None] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("chargeback.id")
    )  # the claim by which the bank has paid it
    case_no: orm.Mapped[str] = orm.mapped_column(server_default="")  # where its failure is worked
    check_no: orm.Mapped[str] = orm.mapped_column(server_default="")
    check_on: orm.Mapped[datetime.date | None]  # the day written on the check
    expected_on: orm.Mapped[datetime.date]
    created_at: orm.Mapped[types.Moment]
    sent_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(sa.DateTime(timezone=True))
    ended_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(sa.DateTime(timezone=True))
