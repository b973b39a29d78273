"""Tables of the daily earning: its runs, and the terms that changed since the last."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.kernel import db, types


class EarningRun(db.Base):
    """One run: what it posted of what the whole book earned through a day, in cents."""

    __tablename__ = "earning_run"

    id: orm.Mapped[types.Id]
    through_on: orm.Mapped[datetime.date]
    at: orm.Mapped[types.Moment]
    cents: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)  # below zero where more went back
    last_term_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)  # 0 without any term


class RestatedTerm(db.Base):
    """A term that changed after the last run, and what it had earned by then, in cents.

    The next run posts the difference and forgets the row.
    """

    __tablename__ = "restated_term"

    term_id: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("term.id"), primary_key=True, autoincrement=False
    )
    earned_cents: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
