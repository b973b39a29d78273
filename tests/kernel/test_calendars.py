"""Business days of the office and of the bank, and months counted from an anchor."""

from __future__ import annotations

import datetime
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel import calendars
from portal.kernel.calendars import BANKING, WORK, Calendar
from tests import oracles

DAYS = st.dates(date(2000, 1, 1), date(2040, 12, 31))
BOTH = st.sampled_from([WORK, BANKING])


def closed_weekdays(calendar: Calendar, first: date, last: date) -> list[date]:
    days = [first + datetime.timedelta(d) for d in range((last - first).days + 1)]
    return [d for d in days if d.weekday() < 5 and not calendar.is_business_day(d)]


def test_the_office_closes_on_the_federal_holidays_as_observed():
    given_, _ = oracles.load("sla_business_hours_holiday_and_dst")
    listed = [date.fromisoformat(d) for d in given_["holidays_observed_2026"]]
    assert closed_weekdays(WORK, date(2026, 1, 1), date(2027, 1, 1)) == listed


def test_a_saturday_holiday_closes_the_office_on_friday_and_never_the_bank():
    friday = date(2026, 7, 3)
    assert not WORK.is_business_day(friday)
    assert BANKING.is_business_day(friday)


def test_a_saturday_new_year_closes_the_office_in_the_year_before():
    assert not WORK.is_business_day(date(2021, 12, 31))
    assert BANKING.is_business_day(date(2021, 12, 31))


@pytest.mark.parametrize("calendar", [WORK, BANKING])
def test_a_sunday_holiday_closes_both_on_monday(calendar):
    assert not calendar.is_business_day(date(2027, 7, 5))
    assert not calendar.is_business_day(date(2022, 12, 26))


@pytest.mark.parametrize("calendar", [WORK, BANKING])
def test_a_weekend_is_closed(calendar):
    assert not calendar.is_business_day(date(2026, 6, 20))
    assert not calendar.is_business_day(date(2026, 6, 21))
    assert calendar.on_or_after(date(2026, 6, 20)) == date(2026, 6, 22)
    assert calendar.on_or_after(date(2026, 6, 22)) == date(2026, 6, 22)


def test_three_business_days_after_a_long_weekend_part_office_and_bank():
    thursday = date(2026, 7, 2)
    assert WORK.add_business_days(thursday, 3) == date(2026, 7, 8)
    assert BANKING.add_business_days(thursday, 3) == date(2026, 7, 7)


def test_no_business_days_after_a_day_is_that_day():
    assert WORK.add_business_days(date(2026, 6, 20), 0) == date(2026, 6, 20)


@given(BOTH, DAYS, st.integers(-60, 60))
def test_counting_undoes_adding(calendar, day, n):
    assert calendar.business_days_between(day, calendar.add_business_days(day, n)) == n


@given(BOTH, DAYS, st.integers(1, 60))
def test_adding_always_lands_on_a_business_day(calendar, day, n):
    assert calendar.is_business_day(calendar.add_business_days(day, n))


@given(BOTH, DAYS, st.integers(0, 60), st.integers(0, 60))
def test_counts_of_neighbouring_stretches_add_up(calendar, day, a, b):
    middle = day + datetime.timedelta(a)
    end = middle + datetime.timedelta(b)
    between = calendar.business_days_between
    assert between(day, end) == between(day, middle) + between(middle, end)


@pytest.mark.parametrize(
    ("anchor", "n", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 1, 31), 2, date(2026, 3, 31)),
        (date(2026, 1, 31), 3, date(2026, 4, 30)),
        (date(2028, 1, 30), 1, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 3, 31), 0, date(2026, 3, 31)),
    ],
)
def test_months_are_counted_from_the_anchor_and_clipped(anchor, n, expected):
    assert calendars.add_months(anchor, n) == expected


@given(DAYS, st.integers(0, 48))
def test_every_month_after_the_anchor_comes_exactly_once(anchor, n):
    later = calendars.add_months(anchor, n)
    assert (later.year - anchor.year) * 12 + later.month - anchor.month == n
    assert later < calendars.add_months(anchor, n + 1)
