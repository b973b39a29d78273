"""Payers: somebody else who pays for one pet, and sees nothing else."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.payments.states import PayerEnd
from portal.kernel import db, types


class Payer(db.Base):
    """The owner's invitation to pay for one policy; ends when the owner or the payer says so."""

    __tablename__ = "payer"
    __table_args__ = (
        types.one_of("end_reason", PayerEnd),
        sa.CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="end_has_reason"),
        sa.Index(
            "uq_payer_active",
            "policy_id",
            unique=True,
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
        sa.Index(None, "customer_id"),
    )

    id: orm.Mapped[types.Id]
    number: orm.Mapped[str] = orm.mapped_column(unique=True)
    customer_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("customer.id"))
    policy_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("policy.id"))
    name: orm.Mapped[str]  # as the owner calls them
    email: orm.Mapped[str]
    language: orm.Mapped[str]
    stripe_ref: orm.Mapped[str | None] = orm.mapped_column(unique=True)  # a customer of their own
    link_version: orm.Mapped[int] = orm.mapped_column(server_default="1")  # of the one that works
    invited_at: orm.Mapped[types.Moment]  # when that link was mailed
    first_seen_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(
        sa.DateTime(timezone=True)
    )
    ended_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(sa.DateTime(timezone=True))
    end_reason: orm.Mapped[PayerEnd | None] = orm.mapped_column(types.EnumText(PayerEnd))
