"""Deadlines in business hours, across holidays and changes of the clock."""

from __future__ import annotations

import datetime
import zoneinfo
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel import business_clock, calendars
from tests import oracles

ZONE = zoneinfo.ZoneInfo("America/New_York")
CLOCK = business_clock.BusinessClock(ZONE)


class EveryDay(calendars.Calendar):
    """A calendar without weekends, for an office that is open when the clocks change."""

    def is_business_day(self, day: datetime.date) -> bool:
        return True


EVERY_DAY = EveryDay("every day", lambda year: ())
WORKED, EXPECTED = oracles.load("sla_business_hours_holiday_and_dst")

MOMENTS = st.datetimes(
    datetime.datetime.fromisoformat("2025-01-01"),
    datetime.datetime.fromisoformat("2029-01-01"),
    timezones=st.just(datetime.UTC),
)
SPANS = st.timedeltas(timedelta(0), timedelta(days=6))
MONTHS = st.timedeltas(timedelta(0), timedelta(days=30))


def local(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize("case", WORKED["cases"], ids=lambda c: c["id"])
def test_the_worked_deadlines_come_out(case):
    opened = datetime.datetime.fromisoformat(case["opened_local"])
    expected = EXPECTED[case["id"]]
    due = CLOCK.due_at(opened, case["business_hours"])
    assert due.isoformat() == expected["due_utc"]
    assert due.astimezone(ZONE).isoformat() == expected["due_local"]
    assert opened.astimezone(datetime.UTC).isoformat() == expected["opened_utc"]


def test_veterans_day_is_left_out():
    due = CLOCK.due_at(local("2026-11-10T15:30"), 16)
    assert due == local("2026-11-13T15:30")


def test_independence_day_closes_the_office_on_the_friday_before():
    due = CLOCK.due_at(local("2026-07-02T16:00"), 2)
    assert due == local("2026-07-06T10:00")


def test_the_spring_change_takes_no_business_hour():
    due = CLOCK.due_at(local("2026-03-06T16:00"), 8)
    assert due == local("2026-03-09T16:00")
    assert due.utcoffset() == timedelta(0)


def test_an_office_open_at_night_counts_the_hour_that_is_there_twice():
    night = business_clock.BusinessClock(
        ZONE, opens=datetime.time(0), closes=datetime.time(8), calendar=EVERY_DAY
    )
    change = night.business_time_between(local("2026-11-01T00:00"), local("2026-11-01T12:00"))
    assert change == timedelta(hours=9)


def test_a_deadline_may_fall_on_closing_time():
    assert CLOCK.due_at(local("2026-06-22T09:00"), 8) == local("2026-06-22T17:00")


def test_nothing_to_wait_for_is_due_at_once():
    assert CLOCK.due_at(local("2026-06-20T03:00"), 0) == local("2026-06-20T03:00")


def test_a_pause_keeps_the_time_used():
    due = CLOCK.due_after_used(local("2026-06-24T10:00"), 16, timedelta(hours=10))
    assert due == local("2026-06-24T16:00")


def test_a_target_that_shrank_below_the_time_used_was_due_before():
    due = CLOCK.due_after_used(local("2026-06-24T10:00"), 16, timedelta(hours=20))
    assert due == local("2026-06-23T14:00")


def test_the_office_is_open_from_nine_until_before_five():
    asked = ["08:59", "09:00", "16:59", "17:00"]
    assert [CLOCK.is_open(local(f"2026-06-22T{t}")) for t in asked] == [False, True, True, False]
    assert not CLOCK.is_open(local("2026-07-03T12:00"))


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="no moment"):
        CLOCK.due_at(datetime.datetime.fromisoformat("2026-06-22T09:00"), 8)


def test_hours_that_end_before_they_begin_are_refused():
    with pytest.raises(ValueError, match="opens before"):
        business_clock.BusinessClock(ZONE, opens=datetime.time(17), closes=datetime.time(9))


@given(MOMENTS, SPANS)
def test_counting_undoes_the_deadline(opened, target):
    assert CLOCK.business_time_between(opened, CLOCK.due_at(opened, target)) == target
    assert CLOCK.business_time_between(CLOCK.due_at(opened, -target), opened) == target


@given(MOMENTS, SPANS, SPANS)
def test_deadlines_add_up(opened, a, b):
    assert CLOCK.due_at(CLOCK.due_at(opened, a), b) == CLOCK.due_at(opened, a + b)


@given(MOMENTS, MOMENTS, SPANS)
def test_who_comes_later_is_due_no_earlier(one, other, target):
    earlier, later = sorted([one, other])
    assert CLOCK.due_at(earlier, target) <= CLOCK.due_at(later, target)


@given(MOMENTS, MONTHS, MONTHS)
def test_business_time_of_neighbouring_stretches_adds_up(start, a, b):
    between = CLOCK.business_time_between
    assert between(start, start + a + b) == between(start, start + a) + between(
        start + a, start + a + b
    )
    assert between(start + a, start) == -between(start, start + a)


@given(MOMENTS, SPANS, SPANS)
def test_pausing_and_resuming_at_once_changes_no_deadline(opened, target, passed):
    now = opened + passed
    used = CLOCK.business_time_between(opened, now)
    due = CLOCK.due_after_used(now, target, used)
    assert CLOCK.business_time_between(opened, due) == target
    assert due == CLOCK.due_at(opened, target) or used >= target
