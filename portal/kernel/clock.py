"""The clock that is passed in; nothing below web, jobs and cli reads the time by itself."""

from __future__ import annotations

import datetime
import zoneinfo
from typing import Protocol


class Clock(Protocol):
    """Tells the moment in aware UTC and the day in the insurer's zone."""

    zone: zoneinfo.ZoneInfo

    def now(self) -> datetime.datetime:
        """The moment, aware, in UTC."""

    def today(self) -> datetime.date:
        """The day in the insurer's zone."""


class SystemClock:
    """The machine's time; with `fixed_day` the same time of day on that day (demo, test)."""

    def __init__(self, *, zone: zoneinfo.ZoneInfo, fixed_day: datetime.date | None = None) -> None:
        self.zone = zone
        self._shift = datetime.timedelta(0)
        if fixed_day is not None:
            real = datetime.datetime.now(zone).date()
            self._shift = fixed_day - real

    def now(self) -> datetime.datetime:
        """The moment, aware, in UTC."""
        return datetime.datetime.now(datetime.UTC) + self._shift

    def today(self) -> datetime.date:
        """The day in the insurer's zone."""
        return self.now().astimezone(self.zone).date()


class SetClock:
    """A clock that stands until it is moved; for history made day by day, and for tests."""

    def __init__(self, *, zone: zoneinfo.ZoneInfo, at: datetime.datetime) -> None:
        self.zone = zone
        self.set(at)

    def set(self, at: datetime.datetime) -> None:
        """Stand at `at`, an aware moment."""
        if at.tzinfo is None:
            raise ValueError("a moment needs a zone")
        self._at = at.astimezone(datetime.UTC)

    def advance(self, step: datetime.timedelta) -> None:
        """Move by `step`."""
        self._at += step

    def now(self) -> datetime.datetime:
        """The moment, aware, in UTC."""
        return self._at

    def today(self) -> datetime.date:
        """The day in the insurer's zone."""
        return self._at.astimezone(self.zone).date()


def start_of(day: datetime.date, zone: zoneinfo.ZoneInfo) -> datetime.datetime:
    """The first moment of `day` in `zone`, in UTC."""
    local = datetime.datetime.combine(day, datetime.time(), tzinfo=zone)
    return local.astimezone(datetime.UTC)
