"""Planning anew: nothing is lost or made up, nothing falls below zero, the periods still tile."""

from __future__ import annotations

import dataclasses
import datetime
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.billing.rules import endorsing, installments, replanning, term_premium

START = datetime.date(2026, 1, 1)
END = datetime.date(2027, 1, 1)
DAY = datetime.timedelta(days=1)
PREMIUM, TAX = 74_929, 749
TERM = term_premium.level(effective_on=START, expires_on=END, premium_cents=PREMIUM)


def parts(billed: int = 0, *, plan=installments.MONTHLY12, start=START, fee: int = 300):
    """What is left of a term after so many bills."""
    made = installments.schedule(
        plan=plan,
        effective_on=start,
        expires_on=start.replace(year=start.year + 1),
        premium_cents=PREMIUM,
        tax_cents=TAX,
        installment_fee_cents=fee,
        policy_fee_cents=1_000,
    )
    names = [field.name for field in dataclasses.fields(replanning.Part)]
    rows = [replanning.Part(**{name: getattr(one, name) for name in names}) for one in made]
    return tuple(rows[billed:])


def premium(rows) -> int:
    return sum(row.premium_cents for row in rows)


def tax(rows) -> int:
    return sum(row.tax_cents for row in rows)


def tiles(rows, start, end) -> bool:
    ends = [start, *(row.period_end_on for row in rows)]
    return ends[-1] == end and all(
        row.period_start_on == before and row.period_start_on < row.period_end_on
        for row, before in zip(rows, ends[:-1], strict=True)
    )


@given(
    st.lists(st.integers(0, 10**7), max_size=12),
    st.integers(-(10**8), 10**8),
    st.integers(-(10**6), 10**6),
)
def test_a_change_is_spread_or_left_over_to_the_cent(amounts, change, tax_change):
    rows = [
        dataclasses.replace(parts()[0], premium_cents=cents, tax_cents=cents // 100)
        for cents in amounts
    ]
    made, left = replanning.respread(rows, premium_cents=change, tax_cents=tax_change)
    assert premium(made) + left.premium_cents == premium(rows) + change
    assert tax(made) + left.tax_cents == tax(rows) + tax_change
    assert all(row.premium_cents >= 0 and row.tax_cents >= 0 for row in made)
    if left.premium_cents < 0:
        assert premium(made) == 0
    if rows:
        assert left.premium_cents <= 0


def test_odd_cents_come_first():
    made, left = replanning.respread(parts(9), premium_cents=5, tax_cents=0)
    before = [row.premium_cents for row in parts(9)]
    assert [b.premium_cents - a for a, b in zip(before, made, strict=True)] == [2, 2, 1]
    assert left == replanning.Leftover()


def test_what_they_do_not_hold_is_given_back():
    rows = parts(11)
    made, left = replanning.respread(rows, premium_cents=-10_000, tax_cents=0)
    assert premium(made) == 0
    assert left.premium_cents == premium(rows) - 10_000


def test_a_move_asks_for_no_more_and_no_fewer_fees():
    rows = parts(3)
    back = replanning.Fees(policy_fee_cents=1_000, installment_fee_cents=300)
    rows, _ = replanning.with_fees(rows, back)
    moved = replanning.move_day(
        rows, day=15, term=TERM, tax_cents=TAX, lead_days=20, earliest_on=START
    )
    assert [part.installment_fee_cents for part in moved.parts] == [600, *[300] * 8]
    assert moved.parts[0].policy_fee_cents == 1_000


def test_a_down_payment_carries_no_installment_fee_after_a_move_either():
    plan = installments.named("down_payment", parts=3, down_cents=18_732)
    moved = replanning.move_day(
        parts(plan=plan), day=15, term=TERM, tax_cents=TAX, lead_days=20, earliest_on=START
    )
    assert moved.parts[0].installment_fee_cents == 0
    assert moved.parts[1].installment_fee_cents == 300


def test_the_first_bill_after_a_move_carries_the_days_between():
    rows = parts(3)  # due from 1 April on
    moved = replanning.move_day(
        rows, day=15, term=TERM, tax_cents=TAX, lead_days=20, earliest_on=START
    )
    assert moved.bridge_days == 14
    assert moved.bridge_cents == 2_874  # 749.29 × 14 ÷ 365 = 28.740…
    assert premium(moved.parts) == premium(rows)
    assert tax(moved.parts) == tax(rows)
    first, second, *_ = moved.parts
    assert (first.due_on, second.due_on) == (datetime.date(2026, 4, 15), datetime.date(2026, 5, 15))
    rest = premium(rows) - 2_874
    assert first.premium_cents == rest // 9 + (1 if rest % 9 else 0) + 2_874
    assert second.premium_cents in (rest // 9, rest // 9 + 1)


@given(
    st.integers(0, 11),
    st.integers(1, 28),
    st.sampled_from([installments.MONTHLY12, installments.QUARTERLY]),
    st.dates(datetime.date(2023, 1, 1), datetime.date(2028, 12, 31)),
)
def test_a_move_keeps_the_total_and_the_cover(billed, day, plan, start):
    if (start.month, start.day) == (2, 29):
        start = start.replace(day=28)
    rows = parts(billed, plan=plan, start=start)
    end = start.replace(year=start.year + 1)
    term = term_premium.level(effective_on=start, expires_on=end, premium_cents=PREMIUM)
    if not rows:
        with pytest.raises(replanning.NothingToPlan):
            replanning.move_day(
                rows, day=day, term=term, tax_cents=TAX, lead_days=20, earliest_on=START
            )
        return
    if rows[0].due_on.day == day:
        with pytest.raises(replanning.SameDay):
            replanning.move_day(
                rows, day=day, term=term, tax_cents=TAX, lead_days=20, earliest_on=START
            )
        return
    made = replanning.move_day(
        rows, day=day, term=term, tax_cents=TAX, lead_days=20, earliest_on=START
    ).parts
    assert (premium(made), tax(made)) == (premium(rows), tax(rows))
    assert sum(row.policy_fee_cents for row in made) == sum(row.policy_fee_cents for row in rows)
    assert {row.due_on.day for row in made} == {day}
    assert all(a.due_on < b.due_on for a, b in itertools.pairwise(made))
    assert min(row.premium_cents for row in made) >= 0
    assert tiles(made, rows[0].period_start_on, end)


def move(rows, day, *, earliest_on=START):
    return replanning.move_day(
        rows, day=day, term=TERM, tax_cents=TAX, lead_days=20, earliest_on=earliest_on
    )


@given(st.integers(0, 11), st.lists(st.integers(1, 28), min_size=2, max_size=6))
def test_several_moves_come_to_the_same_as_the_last_alone(billed, days):
    rows = parts(billed)
    for day in days:
        if rows[0].due_on.day != day:
            rows = move(rows, day).parts
    alone = parts(billed)
    if alone[0].due_on.day != days[-1]:
        alone = move(alone, days[-1]).parts
    assert [(p.due_on, p.total_cents) for p in rows] == [(p.due_on, p.total_cents) for p in alone]


def test_moved_back_the_bills_are_as_they_were_planned():
    back = move(move(parts(3), 15).parts, 1)
    assert (back.bridge_days, back.bridge_cents) == (0, 0)
    assert [p.due_on for p in back.parts] == [p.due_on for p in parts(3)]


def test_no_bill_is_put_off_by_moving_it_again_and_none_comes_unannounced():
    rows = move(parts(3), 28).parts  # planned for 1 April, now due on the 28th
    today = datetime.date(2026, 4, 7)
    earliest = today + 20 * DAY  # the 27th
    assert move(rows, 27, earliest_on=earliest).parts[0].due_on == earliest
    with pytest.raises(replanning.DayOutOfReach) as refused:
        move(rows, 26, earliest_on=earliest)
    assert refused.value.params == {"first": earliest, "last": datetime.date(2026, 4, 30)}


def test_bills_keep_their_distance_where_others_between_are_out():
    second, *_, fifth, sixth = parts(1)[:5]
    moved = move((second, fifth, sixth), 15).parts
    assert [p.due_on for p in moved] == [
        datetime.date(2026, 2, 15),
        datetime.date(2026, 5, 15),
        datetime.date(2026, 6, 15),
    ]
    assert moved[0].period_end_on == second.period_end_on, "what lies between is on other bills"
    assert moved[1].period_start_on == fifth.period_start_on
    assert moved[1].period_end_on == moved[2].due_on
    assert moved[2].period_end_on == sixth.period_end_on


@pytest.mark.parametrize("day", [0, 29, 31, -1])
def test_a_day_that_not_every_month_has_is_refused(day):
    with pytest.raises(replanning.DayUnreadable):
        replanning.move_day(
            parts(2), day=day, term=TERM, tax_cents=TAX, lead_days=20, earliest_on=START
        )


def test_all_at_once_asks_for_no_more_installment_fee():
    rows = parts(4)
    one = replanning.as_one(rows, due_on=datetime.date(2026, 5, 1), lead_days=20)
    assert one.total_cents == sum(row.total_cents - 300 for row in rows)
    assert (one.period_start_on, one.period_end_on) == (rows[0].period_start_on, END)
    with pytest.raises(replanning.NothingToPlan):
        replanning.as_one((), due_on=START, lead_days=20)


def test_a_change_costs_its_share_of_the_days_left():
    found, term = endorsing.endorse(
        TERM, effective_on=datetime.date(2026, 7, 1), premium_cents=90_000
    )
    assert (found.days_left, found.term_days) == (184, 365)
    assert found.change_cents == 7_597  # 150.71 × 184 ÷ 365 = 75.974…
    assert term.charged_cents == PREMIUM + 7_597
    assert [segment.premium_cents for segment in term.segments] == [PREMIUM, 90_000]


def test_a_change_in_a_leap_term_counts_366_days():
    term = term_premium.level(
        effective_on=datetime.date(2028, 1, 1),
        expires_on=datetime.date(2029, 1, 1),
        premium_cents=36_600,
    )
    found, _ = endorsing.endorse(
        term, effective_on=datetime.date(2028, 2, 29), premium_cents=73_200
    )
    assert (found.days_left, found.change_cents) == (307, 30_700)


def test_a_change_from_the_first_day_replaces_the_only_segment():
    found, term = endorsing.endorse(TERM, effective_on=START, premium_cents=60_000)
    assert found.change_cents == 60_000 - PREMIUM
    assert [segment.premium_cents for segment in term.segments] == [60_000]


@pytest.mark.parametrize("on", [START - DAY, END, END + DAY])
def test_a_change_outside_the_term_is_refused(on):
    with pytest.raises(endorsing.ChangeOutsideTerm):
        endorsing.endorse(TERM, effective_on=on, premium_cents=1)


def test_a_change_before_another_or_to_the_same_is_refused():
    _, term = endorsing.endorse(TERM, effective_on=datetime.date(2026, 7, 1), premium_cents=90_000)
    with pytest.raises(endorsing.ChangeBeforeAnother):
        endorsing.endorse(term, effective_on=datetime.date(2026, 6, 30), premium_cents=1)
    with pytest.raises(endorsing.NothingChanges):
        endorsing.endorse(term, effective_on=datetime.date(2026, 8, 1), premium_cents=90_000)


@given(st.lists(st.tuples(st.integers(0, 364), st.integers(0, 200_000)), min_size=1, max_size=6))
def test_what_is_charged_is_what_every_rate_earns_but_for_rounding(changes):
    term, made = TERM, 0
    for days, cents in sorted(changes):
        try:
            _, term = endorsing.endorse(term, effective_on=START + days * DAY, premium_cents=cents)
        except (endorsing.NothingChanges, endorsing.ChangeBeforeAnother):
            continue
        made += 1
    exact = term.earned_numerator(term.days)
    assert abs(term.charged_cents * term.days - exact) * 2 <= made * term.days
