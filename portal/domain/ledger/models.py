"""Tables of the books; triggers in the migrations refuse to change what was posted."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.kernel import db, types


class Account(db.Base):
    """One account of the chart; the chart is data, filled by a migration."""

    __tablename__ = "ledger_account"
    __table_args__ = (
        sa.CheckConstraint("kind IN ('asset','liability','income','expense')", name="kind_known"),
    )

    code: orm.Mapped[str] = orm.mapped_column(sa.String(4), primary_key=True)
    name: orm.Mapped[str]
    kind: orm.Mapped[str]


class Entry(db.Base):
    """A balanced entry; `key` is unique per business fact, so that nothing is posted twice."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        sa.Index(None, "booked_on", "id"),
        sa.Index(None, "subject", "id"),
    )

    id: orm.Mapped[types.Id]
    key: orm.Mapped[str] = orm.mapped_column(unique=True)
    event: orm.Mapped[str]
    booked_on: orm.Mapped[datetime.date]
    posted_at: orm.Mapped[types.Moment]
    subject: orm.Mapped[str]  # the public number the entry is about, or the day for a whole book
    actor: orm.Mapped[str]
    memo: orm.Mapped[str] = orm.mapped_column(server_default="")
    txid: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, server_default=sa.text("pg_current_xact_id()::text::bigint")
    )


class Line(db.Base):
    """One side of an entry: `amount_cents` above zero is a debit, below zero a credit."""

    __tablename__ = "ledger_line"
    __table_args__ = (
        sa.CheckConstraint("amount_cents <> 0", name="amount_not_zero"),
        sa.Index(None, "entry_id"),
        sa.Index(None, "account", "id"),
        sa.Index(None, "invoice_id", postgresql_where=sa.text("invoice_id IS NOT NULL")),
        sa.Index(
            None, "customer_id", "account", postgresql_where=sa.text("customer_id IS NOT NULL")
        ),
    )

    id: orm.Mapped[types.Id]
    entry_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("ledger_entry.id"))
    account: orm.Mapped[str] = orm.mapped_column(sa.String(4), sa.ForeignKey("ledger_account.code"))
    amount_cents: orm.Mapped[types.Cents]
    customer_id: orm.Mapped[int | None] = orm.mapped_column(sa.BigInteger)
    invoice_id: orm.Mapped[int | None] = orm.mapped_column(sa.BigInteger)
