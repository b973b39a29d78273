"""Arrangements: parts, days and limits; who agrees; when one is kept or broken."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.billing.rules import arranging
from portal.domain.billing.rules.arranging import Event, Every
from portal.domain.billing.states import ArrangementState
from portal.kernel import transitions

TODAY = datetime.date(2026, 11, 24)
A_WEEK_ON = TODAY + datetime.timedelta(days=7)


def parts(total, **given_):
    chosen = {"count": 3, "first_on": A_WEEK_ON, "every": Every.MONTH} | given_
    return arranging.parts(total, today=TODAY, **chosen)


@given(
    total=st.integers(2000, 500_000),
    count=st.integers(2, 6),
    ahead=st.integers(1, 14),
    every=st.sampled_from(Every),
    today=st.dates(datetime.date(2026, 1, 1), datetime.date(2030, 12, 31)),
)
def test_parts_sum_to_the_debt_and_their_days_rise_within_the_limits(
    total, count, ahead, every, today
):
    asked = {"count": count, "first_on": today + datetime.timedelta(days=ahead), "every": every}
    if total // count < arranging.LEAST_PART_CENTS:
        with pytest.raises(arranging.PartTooSmall):
            arranging.parts(total, today=today, **asked)
        return
    found = arranging.parts(total, today=today, **asked)
    assert sum(part.cents for part in found) == total
    assert len(found) == count
    assert found[0].cents - found[-1].cents in (0, 1)
    days = [part.on for part in found]
    assert days == sorted(set(days))
    assert today < days[0]
    assert days[-1] <= today + datetime.timedelta(days=180)


def test_odd_cents_come_first():
    assert [part.cents for part in parts(10_000)] == [3334, 3333, 3333]


def test_months_are_counted_from_the_first_day_and_clipped():
    today = datetime.date(2027, 1, 25)
    found = arranging.parts(
        9000, count=3, first_on=datetime.date(2027, 1, 31), every=Every.MONTH, today=today
    )
    assert [part.on.isoformat() for part in found] == ["2027-01-31", "2027-02-28", "2027-03-31"]


@pytest.mark.parametrize("count", [-1, 0, 1, 7, 100])
def test_there_are_two_to_six_parts(count):
    with pytest.raises(arranging.PartsOutOfRange, match="from 2 to 6"):
        parts(60_000, count=count)


@pytest.mark.parametrize("ahead", [-1, 0, 15, 400])
def test_the_first_part_is_within_fourteen_days_and_not_today(ahead):
    with pytest.raises(arranging.FirstDayOutOfRange):
        parts(10_000, first_on=TODAY + datetime.timedelta(days=ahead))


def test_days_beyond_half_a_year_are_refused(monkeypatch):
    monkeypatch.setattr(arranging, "LAST_WITHIN_DAYS", 60)
    with pytest.raises(arranging.LastDayTooLate):
        parts(10_000, count=4)


@pytest.mark.parametrize(("total", "most"), [(1999, 1), (2000, 2), (5999, 5), (600_000, 6)])
def test_as_many_parts_as_the_debt_gives(total, most):
    assert arranging.most_parts(total) == most


def ago(days):
    return TODAY - datetime.timedelta(days=days)


@pytest.mark.parametrize(
    ("total", "is_disputed", "broken_on", "agrees"),
    [
        (50_000, False, None, True),
        (50_001, False, None, False),
        (50_000, True, None, False),
        (50_000, False, ago(365), False),
        (50_000, False, ago(366), True),
    ],
)
def test_the_rule_agrees_to_a_small_undisputed_debt_of_somebody_who_keeps_to_it(
    total, is_disputed, broken_on, agrees
):
    found = arranging.approved_by_rule(
        total, is_disputed=is_disputed, broken_on=broken_on, today=TODAY
    )
    assert found is agrees


@pytest.mark.parametrize(
    ("role", "total", "may"),
    [
        ("specialist", 200_000, True),
        ("specialist", 200_001, False),
        ("supervisor", 200_001, True),
        ("finance", 1000, False),
        ("", 1000, False),
    ],
)
def test_a_supervisor_decides_on_much(role, total, may):
    assert arranging.may_decide(role, total) is may


@pytest.mark.parametrize(
    ("left", "waiting", "failed", "event"),
    [
        (0, 2, 0, Event.KEEP),
        (0, 0, 2, Event.KEEP),
        (100, 1, 1, None),
        (100, 1, 2, Event.BREAK),
        (100, 0, 1, Event.BREAK),
        (100, 0, 0, Event.KEEP),
        (100, 3, 0, None),
    ],
)
def test_what_the_parts_come_to(left, waiting, failed, event):
    found = arranging.outcome(open_cents=left, waiting=waiting, failed=failed)
    assert found is event


EDGES = {
    ("proposed", "agree"): "active",
    ("proposed", "decline"): "declined",
    ("proposed", "cancel"): "cancelled",
    ("active", "keep"): "kept",
    ("active", "break"): "broken",
    ("active", "cancel"): "cancelled",
}


def test_every_state_with_every_event():
    found = {
        (str(state), str(event)): str(to)
        for state, event, to in arranging.ARRANGEMENTS.full_product()
        if to is not None
    }
    assert found == EDGES
    for state in arranging.ENDED:
        for event in Event:
            with pytest.raises(transitions.NotAllowed):
                arranging.ARRANGEMENTS.next(ArrangementState(state), event)


@given(st.dates(), st.integers(-400, 400))
def test_a_debt_is_overdue_or_due_within_thirty_days(today, ahead):
    try:
        due_on = today + datetime.timedelta(days=ahead)
        today + datetime.timedelta(days=30)
    except OverflowError:
        return
    assert arranging.is_debt(due_on, today=today) is (ahead <= 30)
