"""A statement joins the one before and after it, months sum to their year, pets to the whole."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.billing.rules import statement
from portal.domain.ledger.rules import Event

YEAR = statement.Period(2026)
MONTHS = [statement.Period(2026, month) for month in range(1, 13)]
CENTS = st.integers(-(10**7), 10**7)
BILLS = st.dictionaries(st.integers(1, 6), CENTS, max_size=4)
MOVES = st.lists(
    st.tuples(st.integers(0, 364), st.sampled_from(list(Event)), BILLS, CENTS), max_size=40
)
OPENING = st.tuples(BILLS, CENTS)


def movements(drawn):
    """What was drawn, in the order of the books."""
    found = [
        statement.Movement(
            id=number,
            booked_on=YEAR.starts_on + datetime.timedelta(days=day),
            event=str(event),
            subject="PAY-1",
            bills=bills,
            unapplied_cents=unapplied,
        )
        for number, (day, event, bills, unapplied) in enumerate(drawn)
    ]
    return sorted(found, key=lambda move: (move.booked_on, move.id))


def standing(drawn):
    bills, unapplied = drawn
    still_open = {bill: cents for bill, cents in bills.items() if cents}
    return statement.Standing(bills=still_open, unapplied_cents=unapplied)


def of(period, opening, moves):
    inside = [move for move in moves if period.starts_on <= move.booked_on < period.ends_on]
    return statement.statement(opening, inside)


@given(OPENING, MOVES)
def test_each_month_begins_where_the_one_before_ended_and_they_sum_to_the_year(drawn, drawn_moves):
    opening, moves = standing(drawn), movements(drawn_moves)
    year, now, told = of(YEAR, opening, moves), opening, []
    for month in MONTHS:
        told.append(of(month, now, moves))
        now = told[-1].closing
    assert now == year.closing
    assert [line for month in told for line in month.lines] == list(year.lines)
    assert sum(month.charged_cents for month in told) == year.charged_cents
    assert sum(month.paid_cents for month in told) == year.paid_cents


@given(OPENING, MOVES)
def test_the_balance_runs_from_the_opening_to_the_closing_to_the_cent(drawn, drawn_moves):
    opening, moves = standing(drawn), movements(drawn_moves)
    found = statement.statement(opening, moves)
    balance = opening.balance_cents
    for line in found.lines:
        assert line.balance_cents == balance + line.charged_cents - line.paid_cents
        balance = line.balance_cents
    assert found.closing.balance_cents == balance
    assert balance == opening.balance_cents + sum(move.cents for move in moves)
    assert all(found.closing.bills.values())


@given(OPENING, MOVES)
def test_the_pets_and_the_money_on_no_bill_sum_to_the_whole(drawn, drawn_moves):
    found = statement.statement(standing(drawn), movements(drawn_moves))
    shares = statement.shares(found, lambda bill: bill % 2)
    assert [share.group for share in shares if share.group is None] in ([], [None])
    assert sum(share.opening_cents for share in shares) == found.opening.balance_cents
    assert sum(share.charged_cents for share in shares) == found.charged_cents
    assert sum(share.paid_cents for share in shares) == found.paid_cents
    for share in shares:
        closing = -found.closing.unapplied_cents
        if share.group is not None:
            mine = found.closing.bills.items()
            closing = sum(cents for bill, cents in mine if bill % 2 == share.group)
        assert share.closing_cents == closing


def test_what_is_billed_and_what_is_paid_stand_in_columns_of_their_own():
    facts = [
        (0, Event.INVOICE_ISSUED, {1: 6606}, 0),
        (1, Event.PAYMENT_SETTLED, {1: -6606}, 2000),
        (2, Event.REFUND_APPROVED, {}, -2000),
        (3, Event.ALLOCATION_TAKEN_BACK, {1: 6606}, 6606),
        (4, Event.CORRECTION, {1: -606}, 0),
    ]
    found = statement.statement(standing(({}, 0)), movements(facts))
    columns = [(x.charged_cents, x.paid_cents, x.balance_cents) for x in found.lines]
    assert columns == [
        (6606, 0, 6606),
        (0, 8606, -2000),
        (0, -2000, 0),
        (0, 0, 0),
        (0, 606, -606),
    ]
    assert found.closing == statement.Standing(bills={1: 6000}, unapplied_cents=6606)


@pytest.mark.parametrize(
    ("name", "starts_on", "ends_on", "before", "after"),
    [
        ("2026", "2026-01-01", "2027-01-01", "2025", "2027"),
        ("2026-11", "2026-11-01", "2026-12-01", "2026-10", "2026-12"),
        ("2026-12", "2026-12-01", "2027-01-01", "2026-11", "2027-01"),
        ("2027-01", "2027-01-01", "2027-02-01", "2026-12", "2027-02"),
        ("2999-12", "2999-12-01", "3000-01-01", "2999-11", "3000-01"),
    ],
)
def test_a_period_knows_its_days_and_its_neighbours(name, starts_on, ends_on, before, after):
    period = statement.named(name)
    assert (period.starts_on.isoformat(), period.ends_on.isoformat()) == (starts_on, ends_on)
    assert (period.name, period.before.name, period.after.name) == (name, before, after)


@pytest.mark.parametrize(
    "name",
    [
        *("", "26", "2026-", "2026-0", "2026-00", "2026-13", "2026-1", "2026-11-01", "02026"),
        *("9999", "0000", "-2026", "2026 ", "2026-11\n", "٢٠٢٦", "2026-١١", "2026-11.pdf"),
        "x" * 5000,
    ],
)
def test_what_is_no_period_is_none(name):
    assert statement.named(name) is None
