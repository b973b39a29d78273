"""Customers who have the bills of all their pets demanded together."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.kernel import db, types


class JointBilling(db.Base):
    """One bill a month for all pets, due on `day`, from when it was chosen until it was left."""

    __tablename__ = "joint_billing"
    __table_args__ = (
        sa.CheckConstraint("day BETWEEN 1 AND 28", name="day_in_every_month"),
        sa.Index(
            "uq_joint_billing_running",
            "customer_id",
            unique=True,
            postgresql_where=sa.text("left_at IS NULL"),
        ),
    )

    id: orm.Mapped[types.Id]
    customer_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("customer.id"))
    day: orm.Mapped[int]
    joined_at: orm.Mapped[types.Moment]
    left_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(sa.DateTime(timezone=True))
