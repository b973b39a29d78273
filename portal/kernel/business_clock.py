"""Time as the office counts it: opening hours of business days; refuses moments without a zone.

Every working day is turned into two UTC moments first and counted between them, so a change to or
from daylight saving time can neither add nor lose an hour. A clock that pauses is kept by its
owner as time used: on resuming, `due_after_used` says when the rest runs out.
"""

from __future__ import annotations

import dataclasses
import datetime
import itertools
import zoneinfo
from collections.abc import Iterator

from portal.kernel import calendars

NOTHING = datetime.timedelta(0)


@dataclasses.dataclass(frozen=True)
class BusinessClock:
    """Opening hours in `zone`, on the business days of `calendar`."""

    zone: zoneinfo.ZoneInfo
    opens: datetime.time = datetime.time(9)
    closes: datetime.time = datetime.time(17)
    calendar: calendars.Calendar = calendars.WORK

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            raise ValueError("a business day opens before it closes")

    def due_at(
        self, opened_at: datetime.datetime, target: int | datetime.timedelta
    ) -> datetime.datetime:
        """The first moment (UTC) by which `target` of business time has passed since `opened_at`.

        `target` is whole business hours or a timedelta. It may be negative: then the last moment
        from which that much business time leads up to `opened_at`.
        """
        if isinstance(target, int):
            target = datetime.timedelta(hours=target)
        start = _utc(opened_at)
        if target < NOTHING:
            return self._back(start, -target)
        return self._forward(start, target)

    def due_after_used(
        self,
        now: datetime.datetime,
        target: int | datetime.timedelta,
        used: datetime.timedelta,
    ) -> datetime.datetime:
        """When `target` runs out if `used` of it is gone at `now` and the clock runs from here.

        When more than the target is used, the moment lies before `now`, as far as it is over.
        """
        if isinstance(target, int):
            target = datetime.timedelta(hours=target)
        return self.due_at(now, target - used)

    def business_time_between(
        self, start: datetime.datetime, end: datetime.datetime
    ) -> datetime.timedelta:
        """The business time from `start` to `end`; negative when `end` comes first."""
        first, last = _utc(start), _utc(end)
        if last < first:
            return -self.business_time_between(end, start)
        passed = NOTHING
        days = itertools.takewhile(lambda d: d[0] < last, self._days(first, calendars.DAY))
        for opens, closes in days:
            passed += max(min(closes, last) - max(opens, first), NOTHING)
        return passed

    def is_open(self, moment: datetime.datetime) -> bool:
        """Whether the office is open at `moment` (the closing moment is closed)."""
        opens, closes = next(self._days(_utc(moment), calendars.DAY))
        return opens <= moment < closes

    def _forward(self, start: datetime.datetime, left: datetime.timedelta) -> datetime.datetime:
        if not left:
            return start
        days = self._days(start, calendars.DAY)
        opens, closes = next(days)
        while left > (room := max(closes - max(opens, start), NOTHING)):
            left -= room
            opens, closes = next(days)
        return max(opens, start) + left

    def _back(self, start: datetime.datetime, left: datetime.timedelta) -> datetime.datetime:
        days = self._days(start, -calendars.DAY)
        opens, closes = next(days)
        while left > (room := max(min(closes, start) - opens, NOTHING)):
            left -= room
            opens, closes = next(days)
        return min(closes, start) - left

    def _days(
        self, start: datetime.datetime, step: datetime.timedelta
    ) -> Iterator[tuple[datetime.datetime, datetime.datetime]]:
        """Opening and closing of the business days from `start`'s own local day on, in UTC."""
        day = start.astimezone(self.zone).date()
        while True:
            if self.calendar.is_business_day(day):
                yield self._moment(day, self.opens), self._moment(day, self.closes)
            day += step

    def _moment(self, day: datetime.date, time: datetime.time) -> datetime.datetime:
        local = datetime.datetime.combine(day, time, tzinfo=self.zone)
        return local.astimezone(datetime.UTC)


def _utc(moment: datetime.datetime) -> datetime.datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone is no moment")
    return moment.astimezone(datetime.UTC)
