"""The segments of a term inside another statement, and as the rules want them."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from portal.domain.billing.rules import term_premium
from portal.domain.policies import models as policies

_segment = policies.Segment.__table__


def of(term_id: sa.ColumnElement[int]) -> sa.ColumnElement[list]:
    """The segments of a term, first first: a JSON list of [first day, last day, cents]."""
    one = sa.func.json_build_array(
        _segment.c.starts_on, _segment.c.ends_on, _segment.c.premium_cents
    )
    return (
        sa.select(sa.func.json_agg(postgresql.aggregate_order_by(one, _segment.c.starts_on)))
        .where(_segment.c.term_id == term_id)
        .correlate_except(_segment)
        .scalar_subquery()
    )


def read(rows: Sequence[Sequence], *, charged_cents: int) -> term_premium.TermPremium:
    """What `of` gave, as a term; `charged_cents` is what was charged for all of it."""
    return term_premium.TermPremium(
        tuple(
            term_premium.Segment(_day(start), _day(end), int(cents)) for start, end, cents in rows
        ),
        charged_cents,
    )


def _day(value: str) -> datetime.date:
    return datetime.date.fromisoformat(value)
