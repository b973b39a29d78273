"""Which days are business days, in the office and at the bank; knows no hour and no clock.

Two calendars, because they part: when a holiday falls on a Saturday federal offices close on the
Friday before, the Federal Reserve does not. 4 July 2026 is a Saturday: on Friday the 3rd nobody
is at the desk, and money still moves.
"""

from __future__ import annotations

import calendar
import dataclasses
import datetime
import functools
from collections.abc import Callable, Iterable

import holidays

DAY = datetime.timedelta(days=1)
SATURDAY = 5


@dataclasses.dataclass(frozen=True)
class Calendar:
    """Monday to Friday without the holidays that `holidays_of` gives for a year.

    `holidays_of` must give a year's closed days as they are observed, the 31st of December before
    a New Year's Day on a Saturday included; each year is asked for once.
    """

    name: str
    holidays_of: Callable[[int], Iterable[datetime.date]]

    def is_business_day(self, day: datetime.date) -> bool:
        """Whether the office or bank is open on `day`."""
        return day.weekday() < SATURDAY and day not in _closed(self, day.year)

    def on_or_after(self, day: datetime.date) -> datetime.date:
        """`day` itself when it is a business day, else the next one."""
        while not self.is_business_day(day):
            day += DAY
        return day

    def add_business_days(self, day: datetime.date, n: int) -> datetime.date:
        """The n-th business day after `day` (before it, when n is negative); `day` is day 0.

        With n = 0 it is `day`, open or not.
        """
        step = DAY if n > 0 else -DAY
        left = abs(n)
        while left:
            day += step
            left -= self.is_business_day(day)
        return day

    def business_days_between(self, start: datetime.date, end: datetime.date) -> int:
        """How many business days after `start` come up to and with `end`.

        Undoes `add_business_days` in both directions: with `end` before `start` it is minus the
        business days from `end` up to the day before `start`.
        """
        first, last = (start + DAY, end) if start <= end else (end, start - DAY)
        days = (last - first).days + 1
        count = sum(self.is_business_day(first + datetime.timedelta(d)) for d in range(days))
        return count if start <= end else -count


@functools.cache
def _closed(of: Calendar, year: int) -> frozenset[datetime.date]:
    return frozenset(of.holidays_of(year))


def _federal_offices(year: int) -> Iterable[datetime.date]:
    return holidays.US(years=year)


def _federal_reserve(year: int) -> Iterable[datetime.date]:
    return holidays.FederalReserve(years=year)


WORK = Calendar("work", _federal_offices)
BANKING = Calendar("banking", _federal_reserve)


def add_months(anchor: datetime.date, n: int) -> datetime.date:
    """The same day of the month `n` months after `anchor`, clipped to that month's end.

    Always count from the anchor, never from an earlier result: from 31 January the months run
    28 February, 31 March, 30 April, and not 28 March.
    """
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + n, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return datetime.date(year, month + 1, min(anchor.day, last))
