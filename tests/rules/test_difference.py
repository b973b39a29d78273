"""Why a bill changed: the causes add up to the cent for any two bills, and name what happened."""

from __future__ import annotations

import dataclasses
import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.billing.rules import difference, endorsing, installments, replanning
from portal.domain.billing.rules import term_premium as terms
from portal.domain.billing.rules.charges import ChargeKind
from portal.domain.billing.rules.difference import Sort, Why

D = datetime.date
START, END = D(2026, 1, 1), D(2027, 1, 1)
PREMIUM = 74_929
TERM = terms.level(effective_on=START, expires_on=END, premium_cents=PREMIUM)


def at(day: D) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(12), tzinfo=datetime.UTC)


def plan(premium_cents=PREMIUM, *, start=START, plan=installments.MONTHLY12, policy_fee=1_000):
    """The bills of a term as they are planned, each as a Part."""
    made = installments.schedule(
        plan=plan,
        effective_on=start,
        expires_on=start.replace(year=start.year + 1),
        premium_cents=premium_cents,
        tax_cents=installments.term_tax(premium_cents, 10_000),
        installment_fee_cents=300,
        policy_fee_cents=policy_fee,
    )
    return tuple(
        replanning.Part(
            sequence=one.sequence,
            period_start_on=one.period_start_on,
            period_end_on=one.period_end_on,
            issue_on=one.issue_on,
            due_on=one.due_on,
            premium_cents=one.premium_cents,
            tax_cents=one.tax_cents,
            policy_fee_cents=one.policy_fee_cents,
            installment_fee_cents=one.installment_fee_cents,
        )
        for one in made
    )


def side(part: replanning.Part, *, term=1, last=12, **given) -> difference.Side:
    """A planned bill as one of the two."""
    cents = {
        ChargeKind.PREMIUM: part.premium_cents,
        ChargeKind.TAX: part.tax_cents,
        ChargeKind.POLICY_FEE: part.policy_fee_cents,
        ChargeKind.INSTALLMENT_FEE: part.installment_fee_cents,
    }
    return difference.Side(
        number=f"INV-{term}-{part.sequence}",
        made_at=at(part.issue_on),
        due_on=part.due_on,
        cents={kind: value for kind, value in cents.items() if value},
        term=term,
        sequence=part.sequence,
        bills_left=last - part.sequence + 1,
        **{"rate_cents": PREMIUM, "tax_ppm": 10_000, **given},
    )


def told(before, after, history=None) -> dict[Why, int]:
    """The causes by name."""
    found: dict[Why, int] = {}
    for cause in difference.causes(before, after, history or difference.History()):
        found[cause.why] = found.get(cause.why, 0) + cause.cents
    assert sum(found.values()) == after.total_cents - before.total_cents
    return found


def dearer(parts, *, on: D, premium_cents: int):
    """What is left of the plan after a change of the premium, and the change as it is kept."""
    found, after = endorsing.endorse(TERM, effective_on=on, premium_cents=premium_cents)
    tax = installments.term_tax(after.charged_cents, 10_000) - installments.term_tax(
        PREMIUM, 10_000
    )
    spread, left = replanning.respread(parts, premium_cents=found.change_cents, tax_cents=tax)
    assert left == replanning.Leftover()
    made = difference.PremiumChange(
        at=at(on),
        term=1,
        effective_on=on,
        before_cents=found.before_cents,
        after_cents=found.after_cents,
        change_cents=found.change_cents,
        days_left=found.days_left,
        term_days=found.term_days,
    )
    return spread, made


def test_bills_of_one_term_differ_by_odd_cents_alone():
    parts = plan(policy_fee=0)
    assert told(side(parts[0]), side(parts[1])) == {Why.ODD_CENTS: -1}
    assert told(side(parts[2]), side(parts[3])) == {}


def test_the_policy_fee_is_only_on_the_first_bill():
    parts = plan()
    assert told(side(parts[0]), side(parts[1])) == {Why.POLICY_FEE: -1_000, Why.ODD_CENTS: -1}


def test_a_change_of_the_premium_is_its_share_on_this_bill_and_the_tax_on_it():
    parts = plan()
    spread, made = dearer(parts[4:], on=D(2026, 4, 5), premium_cents=90_000)
    found = told(side(parts[3]), side(spread[0]), difference.History(premiums=[made]))
    assert made.change_cents == 11_190  # 150.71 × 271 ÷ 365 = 111.897…
    assert found[Why.PREMIUM_CHANGED] == 1_399  # 111.90 over 8 bills, odd cents first
    assert found[Why.TAX] == spread[0].tax_cents - parts[3].tax_cents
    causes = difference.causes(side(parts[3]), side(spread[0]), difference.History(premiums=[made]))
    assert [(c.about, c.bills) for c in causes if c.why is Why.PREMIUM_CHANGED] == [(made, 8)]


def test_a_change_that_did_not_come_out_as_planned_takes_all_and_names_no_number():
    parts = plan()
    spread, made = dearer(parts[4:], on=D(2026, 4, 5), premium_cents=90_000)
    last = side(spread[0], last=5)  # the bills after it were called off since
    causes = difference.causes(side(parts[3]), last, difference.History(premiums=[made]))
    assert [(c.why, c.cents, c.bills) for c in causes if c.about] == [
        (Why.PREMIUM_CHANGED, spread[0].premium_cents - parts[3].premium_cents, 0)
    ]


def test_a_moved_day_is_the_days_between_and_the_rest_split_again_and_then_falls_away():
    parts = plan()
    moved = replanning.move_day(
        parts[4:], day=15, term=TERM, tax_cents=749, lead_days=20, earliest_on=parts[4].due_on
    )
    move = difference.DayMove(
        at=at(D(2026, 4, 5)),
        term=1,
        due_on=moved.parts[0].due_on,
        day=15,
        days=moved.bridge_days,
        cents=moved.bridge_cents,
    )
    history = difference.History(moves=[move])
    found = told(side(parts[3]), side(moved.parts[0]), history)
    assert (moved.bridge_days, found[Why.BRIDGE]) == (14, 2_874)  # 749.29 × 14 ÷ 365
    assert found[Why.SPLIT_AGAIN] < 0
    assert found.keys() == {Why.BRIDGE, Why.SPLIT_AGAIN, Why.TAX}
    after = told(side(moved.parts[0]), side(moved.parts[1]), history)
    assert after[Why.BRIDGE] == -2_874
    assert after.keys() <= {Why.BRIDGE, Why.TAX, Why.ODD_CENTS}


def test_a_new_year_names_its_premium_and_its_policy_fee():
    last = side(plan()[-1])
    first = plan(84_127, start=END)[0]
    found = told(last, side(first, term=2, rate_cents=84_127))
    assert found == {
        Why.RENEWAL: 766,  # 62.44 × 91.98 ÷ 749.29 = 7.665…
        Why.TAX: first.tax_cents - last.cents[ChargeKind.TAX],
        Why.POLICY_FEE: 1_000,
        Why.ODD_CENTS: 1,
    }


def test_a_new_year_at_the_same_premium_is_no_cause():
    last, first = side(plan()[-1]), side(plan(start=END, policy_fee=0)[0], term=2)
    assert told(last, first).keys() == {Why.ODD_CENTS}


def test_a_new_year_in_other_bills_names_both_the_premium_and_the_plan():
    last = side(plan()[-1])
    first = plan(84_127, start=END, plan=installments.QUARTERLY, policy_fee=0)[0]
    found = told(last, side(first, term=2, parts=4, rate_cents=84_127))
    assert found[Why.RENEWAL] == 766
    assert found[Why.PLAN] == first.premium_cents - 6_244 - 766


def test_a_new_year_ends_what_a_change_had_added_to_the_bills_before():
    parts = plan()
    spread, made = dearer(parts[4:], on=D(2026, 4, 5), premium_cents=90_000)
    first = side(plan(90_000, start=END)[0], term=2, rate_cents=90_000)
    found = told(side(spread[-1], rate_cents=90_000), first, difference.History(premiums=[made]))
    assert found[Why.SPREAD_OVER] == 7_500 - spread[-1].premium_cents


@pytest.mark.parametrize(
    ("sort", "why"),
    [(Sort.ALL_THE_REST, Why.ALL_THE_REST), (Sort.EXTRA, Why.EXTRA), (Sort.DOWN_PAYMENT, None)],
)
def test_a_bill_that_is_not_like_the_others_is_the_cause_on_either_side(sort, why):
    parts = plan(policy_fee=0)
    one = replanning.as_one(parts[4:], due_on=parts[4].due_on, lead_days=20)
    odd, usual = side(one, sort=sort), side(parts[3])
    why = why or Why.DOWN_PAYMENT
    more = one.premium_cents - parts[3].premium_cents
    assert told(usual, odd)[why] == more
    assert told(odd, usual)[why] == -more
    assert told(usual, odd)[Why.INSTALLMENT_FEE] == -300


def test_a_late_and_a_returned_payment_fee_stand_by_themselves():
    before, after = side(plan()[3]), side(plan()[4])
    late = {**after.cents, ChargeKind.LATE_FEE: 312, ChargeKind.NSF_FEE: 1_500}
    found = told(before, dataclasses.replace(after, cents=late))
    assert found == {Why.LATE_FEE: 312, Why.NSF_FEE: 1_500}


def test_what_was_not_billed_while_a_policy_was_cancelled_is_named():
    parts = plan()
    back, _ = replanning.respread(parts[6:], premium_cents=12_488, tax_cents=125)
    history = difference.History(returns=[difference.Return(at=at(D(2026, 6, 11)), term=1)])
    found = told(side(parts[5]), side(back[0]), history)
    assert found == {Why.REINSTATED: 2_082, Why.TAX: 21}


@given(
    premium=st.integers(1_200, 500_000),
    new=st.integers(0, 500_000),
    billed=st.integers(1, 11),
)
def test_a_change_of_any_size_is_named_with_its_bills_or_takes_all_of_it(premium, new, billed):
    """A dearer one always comes out as worked out; a cheaper one unless a bill would be below 0."""
    term = terms.level(effective_on=START, expires_on=END, premium_cents=premium)
    parts = plan(premium)
    on = parts[billed].issue_on
    if new == premium or on < START:
        return
    found, _ = endorsing.endorse(term, effective_on=on, premium_cents=new)
    spread, _ = replanning.respread(parts[billed:], premium_cents=found.change_cents, tax_cents=0)
    made = difference.PremiumChange(
        at=at(on),
        term=1,
        effective_on=on,
        before_cents=premium,
        after_cents=new,
        change_cents=found.change_cents,
        days_left=found.days_left,
        term_days=found.term_days,
    )
    before, after = side(parts[billed - 1]), side(spread[0])
    causes = difference.causes(before, after, difference.History(premiums=[made]))
    names = {c.why for c in causes if c.kind is ChargeKind.PREMIUM}
    assert names <= {Why.PREMIUM_CHANGED, Why.ODD_CENTS}
    if found.change_cents > 0:
        assert {c.bills for c in causes if c.about} <= {12 - billed}


CENTS = st.integers(0, 200_000) | st.integers(0, 9)
DAYS = st.dates(D(2026, 1, 1), D(2028, 12, 31))
SIDES = st.builds(
    difference.Side,
    number=st.just("INV-1"),
    made_at=DAYS.map(at),
    due_on=DAYS,
    cents=st.dictionaries(st.sampled_from(list(ChargeKind)), CENTS),
    term=st.integers(1, 2),
    sort=st.sampled_from([Sort.PART, *Sort]),
    parts=st.sampled_from([1, 4, 12]),
    has_down_payment=st.booleans(),
    bills_left=st.integers(1, 12),
    rate_cents=CENTS,
)
CHANGES = st.builds(
    difference.PremiumChange,
    at=DAYS.map(at),
    term=st.integers(1, 2),
    effective_on=DAYS,
    before_cents=CENTS,
    after_cents=CENTS,
    change_cents=st.integers(-200_000, 200_000),
    days_left=st.integers(1, 365),
    term_days=st.just(365),
)
MOVES = st.builds(
    difference.DayMove,
    at=DAYS.map(at),
    term=st.integers(1, 2),
    due_on=DAYS,
    day=st.integers(1, 28),
    days=st.integers(1, 30),
    cents=CENTS,
)
RETURNS = st.builds(difference.Return, at=DAYS.map(at), term=st.integers(1, 2))


@given(data=st.data(), before=SIDES, after=SIDES)
def test_the_causes_of_any_two_bills_add_up_to_each_charge_s_difference(data, before, after):
    moves = data.draw(st.lists(MOVES, max_size=3))
    for bill in data.draw(st.lists(st.sampled_from([before, after]), max_size=2)):
        moves.append(dataclasses.replace(data.draw(MOVES), due_on=bill.due_on, term=bill.term))
    changes = data.draw(st.lists(CHANGES, max_size=3))
    for made in data.draw(st.lists(CHANGES, max_size=3)):  # between the two, if they are in order
        changes.append(dataclasses.replace(made, at=after.made_at, term=after.term))
    history = difference.History(
        premiums=changes, moves=moves, returns=data.draw(st.lists(RETURNS, max_size=2))
    )
    causes = difference.causes(before, after, history)
    for kind in ChargeKind:
        change = after.cents.get(kind, 0) - before.cents.get(kind, 0)
        assert sum(cause.cents for cause in causes if cause.kind is kind) == change
    assert all(cause.cents for cause in causes)
    assert sum(cause.cents for cause in causes) == after.total_cents - before.total_cents
