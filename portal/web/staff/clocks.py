"""The clock of a case in words: business hours left, over, or paused; reads no clock itself."""

from __future__ import annotations

import dataclasses
import datetime
import zoneinfo
from typing import Protocol

import flask_babel

from portal.kernel import business_clock

HOUR = datetime.timedelta(hours=1)
BUSINESS_DAY = 8 * HOUR
IN_HOURS_UP_TO = 16 * HOUR  # longer is said in business days
SOON = 2 * HOUR
DAY = datetime.timedelta(days=1)


class Clocked(Protocol):
    """What a clock is read from: the deadlines of a case."""

    state: str
    due_at: datetime.datetime
    first_reply_due_at: datetime.datetime
    resolve_due_at: datetime.datetime
    closed_at: datetime.datetime | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Words:
    """A clock as it is shown; `state` is late, soon or ""."""

    text: str
    state: str


def words(
    case: Clocked, *, runs: bool, replied: bool, now: datetime.datetime, zone: zoneinfo.ZoneInfo
) -> Words:
    """How much business time is left to the nearest deadline that runs."""
    if case.closed_at is not None:
        return Words(text=flask_babel.gettext("Closed"), state="")
    over = case.due_at < now
    if not runs and not over:
        return Words(text=flask_babel.gettext("Paused, customer"), state="")
    hours = business_clock.BusinessClock(zone)
    left = hours.business_time_between(now, case.due_at)
    if over:
        return Words(
            text=flask_babel.gettext("%(time)s over", time=business_span(-left)), state="late"
        )
    state = "soon" if left <= SOON else ""
    span = business_span(left)
    if not replied and case.due_at == case.first_reply_due_at:
        return Words(text=flask_babel.gettext("%(time)s to reply", time=span), state=state)
    return Words(text=flask_babel.gettext("%(time)s left", time=span), state=state)


def business_span(time: datetime.timedelta) -> str:
    """Business time in its two largest units, a day being eight hours: "10 h 50 min", "2 d 3 h"."""
    minutes = max(int(time.total_seconds() // 60), 0)
    if time <= IN_HOURS_UP_TO:
        hours, rest = divmod(minutes, 60)
        if not hours:
            return f"{rest} min"
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days, rest = divmod(minutes, int(BUSINESS_DAY.total_seconds() // 60))
    hours = rest // 60
    return f"{days} d {hours} h" if hours else f"{days} d"


def age(raised_at: datetime.datetime, now: datetime.datetime) -> str:
    """How long ago, in one unit: "<1 h", "7 h", "3 d"."""
    passed = now - raised_at
    if passed < HOUR:
        return "<1 h"
    if passed < DAY:
        return f"{int(passed / HOUR)} h"
    return f"{passed.days} d"
