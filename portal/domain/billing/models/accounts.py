"""Billing plans and the balance of each customer account, kept beside the ledger."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.kernel import db, types


class BillingPlan(db.Base):
    """How bills are made and paid, from a day on; data, not code. Older versions stay."""

    __tablename__ = "billing_plan"
    __table_args__ = (
        sa.CheckConstraint("allocation_rule IN ('A', 'B')", name="allocation_rule_known"),
    )

    code: orm.Mapped[str] = orm.mapped_column(primary_key=True)
    valid_from: orm.Mapped[datetime.date] = orm.mapped_column(
        primary_key=True, server_default="1900-01-01"
    )
    lead_days: orm.Mapped[int]
    tolerance_cents: orm.Mapped[types.Cents]
    allocation_rule: orm.Mapped[str]
    installment_fee_cents: orm.Mapped[types.Cents]
    policy_fee_cents: orm.Mapped[types.Cents]
    tax_ppm: orm.Mapped[int]  # parts per million of the premium
    nsf_fee_cents: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, server_default="2500")
    free_look_days: orm.Mapped[int] = orm.mapped_column(server_default="15")
    notice_days: orm.Mapped[int] = orm.mapped_column(server_default="15")
    renewal_days: orm.Mapped[int] = orm.mapped_column(server_default="45")  # before a term ends


class StateRule(db.Base):
    """What one state's law says, from a day on; where it says nothing the plan holds."""

    __tablename__ = "us_state_rule"
    __table_args__ = (
        sa.CheckConstraint("nsf_cap_cents >= 0", name="nsf_cap_not_below"),
        sa.CheckConstraint("late_fee_cap_cents >= 0", name="late_fee_cap_not_below"),
    )

    us_state: orm.Mapped[str] = orm.mapped_column(primary_key=True)
    valid_from: orm.Mapped[datetime.date] = orm.mapped_column(
        primary_key=True, server_default="1900-01-01"
    )
    nsf_cap_cents: orm.Mapped[int | None] = orm.mapped_column(sa.BigInteger)
    free_look_days: orm.Mapped[int | None]
    notice_days: orm.Mapped[int | None]
    short_rate_filed: orm.Mapped[bool] = orm.mapped_column(server_default=sa.false())
    late_fee_cap_cents: orm.Mapped[int | None] = orm.mapped_column(sa.BigInteger)


class AccountBalance(db.Base):
    """What a customer owes on invoices and what waits unapplied; proved equal to the ledger."""

    __tablename__ = "account_balance"

    customer_id: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("customer.id"), primary_key=True
    )
    receivable_cents: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, server_default="0")
    unapplied_cents: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, server_default="0")
