"""When an answer can be expected: the real median of like cases, or the day it is due."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.disputes import categories, models, rules
from portal.kernel import calendars

ENOUGH = 5
NEWEST = 200  # cases looked at, so that the answer stays current and cheap


def median_days(session: orm.Session, *, category: categories.Category) -> float | None:
    """The median of calendar days from raising to resolving a case of `category`.

    Over the newest resolved ones; None while there are fewer than five.
    """
    took = (
        sa.select(
            (
                sa.extract("epoch", models.Dispute.closed_at - models.Dispute.raised_at) / 86400
            ).label("days")
        )
        .where(
            models.Dispute.category == category,
            models.Dispute.state == rules.CaseState.RESOLVED,
            models.Dispute.reopened == 0,
        )
        .order_by(models.Dispute.id.desc())
        .limit(NEWEST)
        .subquery()
    )
    count, median = session.execute(
        sa.select(
            sa.func.count(), sa.func.percentile_cont(0.5).within_group(took.c.days)
        ).select_from(took)
    ).one()
    return float(median) if count >= ENOUGH else None


def answer_on(
    *,
    median: float | None,
    raised_on: datetime.date,
    due_on: datetime.date,
    today: datetime.date,
) -> datetime.date:
    """The day to expect the answer: the median's, on a business day, never after the due day.

    Once the median day is over it says nothing any more, and the due day stands.
    """
    if median is None:
        return due_on
    day = calendars.WORK.on_or_after(raised_on + datetime.timedelta(days=round(median)))
    return due_on if day < today else min(day, due_on)
