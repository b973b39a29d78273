"""Payment arrangements: one debt, agreed to be paid in dated parts."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from portal.domain.billing.states import ArrangementState
from portal.kernel import db, types


class Arrangement(db.Base):
    """A debt in N dated parts; each part is a draft in payments."""

    __tablename__ = "arrangement"
    __table_args__ = (
        types.one_of("state", ArrangementState),
        sa.CheckConstraint("total_cents > 0", name="total_above_zero"),
        sa.Index(None, "customer_id", "id"),
        sa.Index(
            "uq_arrangement_running",
            "customer_id",
            unique=True,
            postgresql_where=sa.text("state IN ('proposed', 'active')"),
        ),
    )

    id: orm.Mapped[types.Id]
    number: orm.Mapped[str] = orm.mapped_column(unique=True)
    once_key: orm.Mapped[str] = orm.mapped_column(unique=True)  # of the form that proposed it
    customer_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("customer.id"))
    state: orm.Mapped[ArrangementState] = orm.mapped_column(types.EnumText(ArrangementState))
    total_cents: orm.Mapped[types.Cents]
    parts: orm.Mapped[list] = orm.mapped_column(postgresql.JSONB)  # [[ISO day, cents], …]
    method_no: orm.Mapped[str]
    proposed_at: orm.Mapped[types.Moment]
    decided_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(sa.DateTime(timezone=True))
    decided_by: orm.Mapped[str] = orm.mapped_column(server_default="")  # "rule" or a person
    answer: orm.Mapped[str] = orm.mapped_column(server_default="")  # why it was declined
    ended_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(sa.DateTime(timezone=True))


class ArrangementBill(db.Base):
    """A bill that is part of the debt."""

    __tablename__ = "arrangement_bill"
    __table_args__ = (sa.Index(None, "invoice_id"),)

    arrangement_id: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("arrangement.id"), primary_key=True
    )
    invoice_id: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("invoice.id"), primary_key=True
    )
