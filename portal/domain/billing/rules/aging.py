"""How long money is past due, in buckets; knows no invoice. Due today is current."""

from __future__ import annotations

import datetime
import enum
from collections.abc import Iterable


class Bucket(enum.StrEnum):
    """Days past due."""

    CURRENT = "current"
    DAYS_1_30 = "1-30"
    DAYS_31_60 = "31-60"
    DAYS_61_90 = "61-90"
    OVER_90 = "90+"


# The last day past due that each bucket holds; what is later is over 90.
LAST_DAY = {
    Bucket.CURRENT: 0,
    Bucket.DAYS_1_30: 30,
    Bucket.DAYS_31_60: 60,
    Bucket.DAYS_61_90: 90,
}


def days_past_due(due_on: datetime.date, as_of: datetime.date) -> int:
    """Days from the due day to `as_of`; negative before it."""
    return (as_of - due_on).days


def bucket(days: int) -> Bucket:
    """The bucket of something `days` past due."""
    return next((b for b, last in LAST_DAY.items() if days <= last), Bucket.OVER_90)


def totals(
    items: Iterable[tuple[datetime.date, int]], *, as_of: datetime.date
) -> dict[Bucket, int]:
    """Cents per bucket, all five in order, of (due day, open cents)."""
    sums = dict.fromkeys(Bucket, 0)
    for due_on, cents in items:
        sums[bucket(days_past_due(due_on, as_of))] += cents
    return sums
