"""What a payment of a size does to bills: shown before, made of the same figures."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from portal.domain.billing.rules import allocation, paying
from portal.domain.billing.rules.allocation import AllocationRule, OpenLine
from portal.domain.billing.rules.charges import ChargeKind

OCTOBER = {"invoice_no": "INV-1", "due_on": date(2026, 10, 1)}
NOVEMBER = {"invoice_no": "INV-2", "due_on": date(2026, 11, 1)}


def line(line_id, cents, kind="premium", *, held=0, **where):
    return OpenLine(
        line_id=line_id,
        policy_no="POL-1",
        kind=ChargeKind(kind),
        line_number=line_id,
        open_cents=cents,
        disputed_cents=held,
        chosen=True,
        **where,
    )


TWO_BILLS = (
    line(1, 6000, **OCTOBER),
    line(2, 300, "installment_fee", **OCTOBER),
    line(3, 6000, **NOVEMBER),
    line(4, 300, "installment_fee", **NOVEMBER),
)


def plan(lines=TWO_BILLS, *, credit=0, **wish):
    return paying.plan(lines, wish=paying.Wish(**wish), credit_cents=credit, rule=AllocationRule.B)


def effects(found):
    return {
        e.invoice_no: (e.from_credit_cents, e.from_payment_cents, e.left_cents)
        for e in found.effects
    }


def test_all_of_it_closes_every_bill():
    found = plan()
    assert (found.pay_cents, found.credit_cents, found.ahead_cents) == (12_600, 0, 0)
    assert effects(found) == {"INV-1": (0, 6300, 0), "INV-2": (0, 6300, 0)}


def test_a_part_pays_the_oldest_premium_first_and_fees_last():
    assert effects(plan(cents=7000)) == {"INV-1": (0, 6000, 300), "INV-2": (0, 1000, 5300)}


def test_credit_goes_first_and_the_payment_does_the_rest():
    found = plan(credit=1000, use_credit=True)
    assert (found.credit_cents, found.pay_cents) == (1000, 11_600)
    assert effects(found) == {"INV-1": (1000, 5300, 0), "INV-2": (0, 6300, 0)}


def test_credit_that_is_not_wanted_stays():
    assert plan(credit=1000).credit_cents == 0


def test_credit_beyond_what_is_asked_stays_and_nothing_is_charged():
    found = plan(credit=20_000, use_credit=True)
    assert (found.credit_cents, found.pay_cents) == (12_600, 0)


def test_credit_that_would_leave_too_little_to_pay_gives_way():
    found = plan(credit=12_590, use_credit=True)
    assert (found.credit_cents, found.pay_cents) == (12_550, 50)


def test_more_than_is_asked_is_refused_unless_it_is_for_later():
    with pytest.raises(paying.MoreThanOpen):
        plan(cents=12_601)
    found = plan(cents=15_000, pays_ahead=True)
    assert (found.pay_cents, found.ahead_cents) == (15_000, 2400)
    assert effects(found) == {"INV-1": (0, 6300, 0), "INV-2": (0, 6300, 0)}


@pytest.mark.parametrize("cents", [-100, 0, 1, 49])
def test_too_little_is_refused(cents):
    with pytest.raises(paying.TooLittle):
        plan(cents=cents)


@pytest.mark.parametrize("left", [1, 49])
def test_what_could_never_be_paid_is_not_left(left):
    with pytest.raises(paying.TooLittleLeft) as refused:
        plan(cents=12_600 - left)
    assert refused.value.params == {"left_cents": left}
    with pytest.raises(paying.TooLittleLeft):
        plan(cents=11_600 - left, credit=1000, use_credit=True)
    assert plan(cents=12_550).pay_cents == 12_550
    assert plan(cents=12_600).pay_cents == 12_600


def test_what_a_dispute_holds_is_neither_asked_nor_reached():
    lines = (line(1, 6000, held=2000, **OCTOBER),)
    found = plan(lines)
    assert found.pay_cents == 4000
    assert effects(found) == {"INV-1": (0, 4000, 0)}


def test_nothing_open_asks_for_nothing():
    assert plan(()) == paying.Plan(effects=(), credit_cents=0, pay_cents=0, ahead_cents=0)


amounts = st.lists(st.integers(1, 50_000), min_size=1, max_size=6)


@given(amounts=amounts, credit=st.integers(0, 100_000), wanted=st.integers(50, 300_000))
def test_every_cent_of_a_plan_has_its_place(amounts, credit, wanted):
    lines = tuple(
        line(i, cents, invoice_no=f"INV-{i}", due_on=date(2026, 1, 1 + i))
        for i, cents in enumerate(amounts)
    )
    rest = sum(amounts) - min(credit, sum(amounts))
    assume(not 0 < rest - wanted < paying.LEAST_CENTS)
    found = plan(lines, credit=credit, cents=wanted, use_credit=True, pays_ahead=True)
    assert sum(e.from_credit_cents for e in found.effects) == found.credit_cents <= credit
    placed = sum(e.from_payment_cents for e in found.effects)
    assert placed + found.ahead_cents == found.pay_cents == wanted
    left = sum(e.left_cents for e in found.effects)
    assert placed + found.credit_cents + left == allocation.payable_cents(lines)
    assert found.ahead_cents == 0 or left == 0
