"""Installments planned by a term, invoices that demand them, and their lines."""

from __future__ import annotations

import datetime
import enum

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing.rules.charges import ChargeKind
from portal.kernel import db, types


class InvoiceState(enum.StrEnum):
    """Due, past due and partially paid are derived and never stored."""

    ISSUED = "issued"
    PAID = "paid"
    VOIDED = "voided"
    WRITTEN_OFF = "written_off"


class BillingRun(db.Base):
    """The run that issues the invoices of a day; unfinished, it is gone on with."""

    __tablename__ = "billing_run"
    __table_args__ = (sa.Index(None, "on_date", "id"),)

    id: orm.Mapped[types.Id]
    on_date: orm.Mapped[datetime.date]
    started_at: orm.Mapped[types.Moment]
    finished_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(
        sa.DateTime(timezone=True)
    )
    found: orm.Mapped[int] = orm.mapped_column(server_default="0")  # waited when it began
    issued: orm.Mapped[int] = orm.mapped_column(server_default="0")
    set_aside: orm.Mapped[int] = orm.mapped_column(server_default="0")


class Installment(db.Base):
    """A planned invoice: one part of a term, billed exactly once, by `invoice_id` from then on."""

    __tablename__ = "installment"
    __table_args__ = (
        sa.UniqueConstraint("term_id", "sequence"),
        sa.Index(
            "ix_installment_waiting",
            "issue_on",
            "id",
            postgresql_where=sa.text("invoice_id IS NULL AND set_aside = ''"),
        ),
        sa.Index(
            "ix_installment_aside",
            "due_on",
            "id",
            postgresql_where=sa.text("set_aside <> '' AND invoice_id IS NULL"),
        ),
        sa.Index(None, "invoice_id", postgresql_where=sa.text("invoice_id IS NOT NULL")),
    )

    id: orm.Mapped[types.Id]
    term_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("term.id"))
    sequence: orm.Mapped[int]
    period_start_on: orm.Mapped[datetime.date]
    period_end_on: orm.Mapped[datetime.date]  # half-open
    issue_on: orm.Mapped[datetime.date]
    due_on: orm.Mapped[datetime.date]
    premium_cents: orm.Mapped[types.Cents]
    tax_cents: orm.Mapped[types.Cents]
    policy_fee_cents: orm.Mapped[types.Cents]
    installment_fee_cents: orm.Mapped[types.Cents]
    invoice_id: orm.Mapped[int | None] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("invoice.id")
    )
    set_aside: orm.Mapped[str] = orm.mapped_column(server_default="")  # why no run bills it


class Invoice(db.Base):
    """One demand; `open_cents` is what its lines still ask for, proved equal to the ledger."""

    __tablename__ = "invoice"
    __table_args__ = (
        types.one_of("state", InvoiceState),
        sa.CheckConstraint("open_cents BETWEEN 0 AND total_cents", name="open_in_range"),
        sa.CheckConstraint("(state = 'issued') = (open_cents > 0)", name="open_while_issued"),
        sa.Index(None, "customer_id", "due_on", "id"),
        sa.Index(
            "ix_invoice_open",
            "customer_id",
            "due_on",
            "id",
            postgresql_where=sa.text("state = 'issued'"),
        ),
        sa.Index(None, "policy_id", "due_on"),
        sa.Index(None, "run_id", postgresql_where=sa.text("run_id IS NOT NULL")),
        sa.Index(
            "uq_invoice_replaces_id",
            "replaces_id",
            unique=True,
            postgresql_where=sa.text("replaces_id IS NOT NULL"),
        ),
    )

    id: orm.Mapped[types.Id]
    number: orm.Mapped[str] = orm.mapped_column(unique=True)
    customer_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("customer.id"))
    policy_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("policy.id"))
    run_id: orm.Mapped[int | None] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("billing_run.id")
    )
    state: orm.Mapped[InvoiceState] = orm.mapped_column(types.EnumText(InvoiceState))
    issued_on: orm.Mapped[datetime.date]
    due_on: orm.Mapped[datetime.date]
    period_start_on: orm.Mapped[datetime.date]
    period_end_on: orm.Mapped[datetime.date]
    total_cents: orm.Mapped[types.Cents]
    open_cents: orm.Mapped[types.Cents]
    paid_on: orm.Mapped[datetime.date | None]
    replaces_id: orm.Mapped[int | None] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("invoice.id")
    )  # the withdrawn bill in whose place it was issued
    created_at: orm.Mapped[types.Moment]


class InvoiceLine(db.Base):
    """One charge on an invoice."""

    __tablename__ = "invoice_line"
    __table_args__ = (
        types.one_of("kind", ChargeKind),
        sa.UniqueConstraint("invoice_id", "number"),
        sa.CheckConstraint("amount_cents > 0", name="amount_above_zero"),
        sa.CheckConstraint("open_cents BETWEEN 0 AND amount_cents", name="open_in_range"),
        sa.CheckConstraint("returned_cents BETWEEN 0 AND amount_cents", name="returned_in_range"),
        sa.CheckConstraint(
            "closed_cents BETWEEN 0 AND amount_cents - open_cents", name="closed_in_range"
        ),
    )

    id: orm.Mapped[types.Id]
    invoice_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("invoice.id"))
    number: orm.Mapped[int]
    kind: orm.Mapped[ChargeKind] = orm.mapped_column(types.EnumText(ChargeKind))
    amount_cents: orm.Mapped[types.Cents]
    open_cents: orm.Mapped[types.Cents]
    rule: orm.Mapped[str] = orm.mapped_column(server_default="")  # the rule that made it
    installment_id: orm.Mapped[int | None] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("installment.id")
    )  # None for a charge that no plan foresaw
    returned_cents: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, server_default="0"
    )  # given back because the days are not covered: they count as never billed
    closed_cents: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, server_default="0"
    )  # withdrawn or written off with its bill: neither open nor paid
