"""When a card expires and how early its owner is told; pure, knows no row."""

from __future__ import annotations

import datetime

from portal.kernel import calendars

WARN_DAYS = (45, 15, 3)  # before the card's last day, once each


def last_day(*, year: int, month: int) -> datetime.date:
    """The last day on which a card that expires in this month can be used."""
    first = datetime.date(year, month, 1)
    return calendars.add_months(first, 1) - datetime.timedelta(days=1)


def warning(*, last_on: datetime.date, today: datetime.date, warned: int | None) -> int | None:
    """Which of the warnings is due now: its days ahead; None when there is nothing to say.

    `warned` is the last one that was given. One that was missed is made good by the next.
    """
    left = (last_on - today).days
    if left < 0:
        return None
    stage = min((days for days in WARN_DAYS if left <= days), default=None)
    return stage if stage is not None and (warned is None or stage < warned) else None
