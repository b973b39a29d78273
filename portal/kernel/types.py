"""Column types in one place: moments, enums with their CHECK, JSON; knows no table."""

from __future__ import annotations

import datetime
import enum
import re
from typing import Annotated

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

_WORD = re.compile("[a-z_:]*")

Id = Annotated[int, orm.mapped_column(sa.BigInteger, sa.Identity(always=False), primary_key=True)]
Moment = Annotated[datetime.datetime, orm.mapped_column(sa.DateTime(timezone=True))]
Cents = Annotated[int, orm.mapped_column(sa.BigInteger)]
Json = Annotated[dict, orm.mapped_column(postgresql.JSONB)]
Text = Annotated[str, orm.mapped_column(sa.Text)]


class EnumText(sa.TypeDecorator):
    """A StrEnum stored as text and read back as the enum."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, states: type[enum.StrEnum]) -> None:
        super().__init__()
        self.states = states

    def process_bind_param(self, value, dialect):
        """Text of the enum; refuses what is no member."""
        return None if value is None else str(self.states(value))

    def process_result_value(self, value, dialect):
        """The enum of the text."""
        return None if value is None else self.states(value)


def constant(value: str | int) -> sa.ColumnElement:
    """`value` written into the statement itself, for what is the same in every call of a query.

    PostgreSQL then uses partial indexes and keeps its plan, where a parameter would make it plan
    anew each time. Only for small words and numbers of our own; raises ValueError otherwise.
    """
    if isinstance(value, int):
        return sa.literal_column(str(int(value)), sa.BigInteger)
    if not _WORD.fullmatch(value):
        raise ValueError(f"{value!r} is no constant of a query")
    return sa.literal_column(f"'{value}'", sa.Text)


def one_of(column: str, states: type[enum.StrEnum]) -> sa.CheckConstraint:
    """The CHECK that keeps `column` among the members of `states`."""
    members = ", ".join(f"'{s.value}'" for s in states)
    return sa.CheckConstraint(f"{column} IN ({members})", name=f"{column}_known")
