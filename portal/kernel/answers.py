"""Several questions in one statement: the rows of each come back as one JSON array of arrays.

A round trip costs a page more than reading the rows does. Days and moments arrive as ISO text;
whole numbers, texts and nulls as they are. Knows no table.
"""

from __future__ import annotations

import datetime

import sqlalchemy as sa


def rows(query: sa.Select | sa.CompoundSelect) -> sa.ScalarSelect:
    """The rows of `query`, in its order, as one column of another statement; [] for none."""
    inner = query.subquery()
    row = sa.func.json_build_array(*inner.c)
    return sa.select(
        sa.func.coalesce(sa.func.json_agg(row), sa.literal_column("'[]'::json"))
    ).scalar_subquery()


def day(text: str | None) -> datetime.date | None:
    """The day that a row holds as text."""
    return None if text is None else datetime.date.fromisoformat(text)


def moment(text: str) -> datetime.datetime:
    """The moment that a row holds as text, in UTC."""
    return datetime.datetime.fromisoformat(text).astimezone(datetime.UTC)
