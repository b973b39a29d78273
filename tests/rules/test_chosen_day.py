"""Which days may be chosen, how they may be written, and what promises leave to plan."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.billing.rules import allocation, chosen_day
from portal.domain.billing.rules.allocation import AllocationRule
from tests.rules.test_paying import TWO_BILLS

TODAY = datetime.date(2026, 11, 24)


@pytest.mark.parametrize("typed", ["2026-12-04", "12/4/2026", " 12/04/2026 "])
def test_a_day_may_be_written_as_the_field_or_as_people_write_it(typed):
    assert chosen_day.read(typed, example=TODAY) == datetime.date(2026, 12, 4)


@pytest.mark.parametrize(
    "typed",
    ["", "soon", "2026-02-30", "31/12/2026", "20261204", "2026-W49-5", "٢٠٢٦-١٢-٠٤", "0000-01-01"],
)
def test_what_is_no_day_is_refused_with_an_example(typed):
    with pytest.raises(chosen_day.DayUnreadable, match="11/24/2026"):
        chosen_day.read(typed, example=TODAY)


@given(st.integers(-400, 400))
def test_a_day_from_tomorrow_to_sixty_days_ahead_may_be_chosen_and_no_other(ahead):
    day = TODAY + datetime.timedelta(days=ahead)
    if ahead < 1:
        with pytest.raises(chosen_day.DayTooSoon):
            chosen_day.check(day, today=TODAY)
    elif ahead > 60:
        with pytest.raises(chosen_day.DayTooLate):
            chosen_day.check(day, today=TODAY)
    else:
        chosen_day.check(day, today=TODAY)


def promise(cents, *numbers):
    return chosen_day.Promise(invoice_nos=frozenset(numbers), cents=cents)


def test_a_promise_takes_what_the_rule_would_give_it():
    left = chosen_day.left_after(TWO_BILLS, [promise(6100, "INV-1")], AllocationRule.B)
    assert [(line.line_id, line.open_cents) for line in left] == [(2, 200), (3, 6000), (4, 300)]


@given(
    st.lists(
        st.builds(
            promise,
            st.integers(1, 9000),
            st.sampled_from(["INV-1", "INV-2", "INV-9"]),
            st.sampled_from(["INV-1", "INV-2"]),
        ),
        max_size=4,
    ),
    st.sampled_from(AllocationRule),
)
def test_promises_never_leave_less_than_nothing_nor_take_more_than_they_are(promises, rule):
    left = chosen_day.left_after(TWO_BILLS, promises, rule)
    taken = allocation.payable_cents(TWO_BILLS) - allocation.payable_cents(left)
    assert 0 <= taken <= sum(p.cents for p in promises)
    assert all(line.open_cents > 0 for line in left)
