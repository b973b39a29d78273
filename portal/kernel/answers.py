"""What a page asks, cheaply: several questions in one statement, and that written out once.

A round trip costs a page more than reading the rows does, so the rows of each question come back
as one JSON array of arrays. Days and moments arrive in it as ISO text; whole numbers, texts and
nulls as they are. Knows no table.
"""

from __future__ import annotations

import datetime
import functools
from collections.abc import Mapping
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql


class Written:
    """A statement that is made into text once, where SQLAlchemy would look it up each time.

    That look-up goes through every part of the statement: a page's whole one takes longer to find
    than to send. Values go to the driver and come from it as they are: no type of ours changes
    them on the way, so enums are asked for as texts.
    """

    def __init__(self, statement: sa.Select) -> None:
        self._statement = statement

    @functools.cached_property
    def _made(self) -> tuple[str, dict[str, Any]]:
        """Its text, and the values that are part of it. Raises ValueError for a list of values."""
        compiled = self._statement.compile(dialect=postgresql.psycopg.dialect())
        if compiled.post_compile_params or compiled.literal_execute_params:
            raise ValueError("a statement that is written out has no lists of values")
        given = {
            name: value
            for name, value in compiled.params.items()
            if not compiled.binds[name].required
        }
        return str(compiled), given

    def row(self, session: orm.Session, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The first row, or None, with a value for each named parameter.

        Sees what the session has changed. A statement that fails is sent again by SQLAlchemy, which
        tells what is wrong in its own words and throws a broken connection away: it only reads.
        """
        text, given = self._made
        if session.autoflush:
            session.flush()
        connection, asked = session.connection(), {**given, **values}
        cursor = connection.connection.cursor()
        try:
            cursor.execute(text, asked)
            return cursor.fetchone()
        except psycopg.Error:
            found = connection.exec_driver_sql(text, asked).first()
            return None if found is None else tuple(found)
        finally:
            cursor.close()

    def value(self, session: orm.Session, values: Mapping[str, Any]) -> Any:
        """The first column of the first row, None for no row."""
        found = self.row(session, values)
        return None if found is None else found[0]


def rows(query: sa.Select | sa.CompoundSelect) -> sa.ScalarSelect:
    """The rows of `query`, in its order, as one column of another statement; [] for none."""
    inner = query.subquery()
    row = sa.func.json_build_array(*inner.c)
    return sa.select(
        sa.func.coalesce(sa.func.json_agg(row), sa.literal_column("'[]'::json"))
    ).scalar_subquery()


def whole(query: sa.Select) -> sa.Select:
    """The one row of `query` as one JSON array: describing thirty columns takes longer."""
    inner = query.subquery()
    return sa.select(sa.func.json_build_array(*inner.c))


def day(text: str | None) -> datetime.date | None:
    """The day that a row holds as text."""
    return None if text is None else datetime.date.fromisoformat(text)


def moment(text: str) -> datetime.datetime:
    """The moment that a row holds as text, in UTC."""
    return datetime.datetime.fromisoformat(text).astimezone(datetime.UTC)
