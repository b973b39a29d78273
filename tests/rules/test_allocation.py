"""Where a payment goes, under rules A and B, and what a small shortfall does."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.billing.rules import allocation, charges, shortfall
from portal.domain.billing.rules.allocation import AllocationRule, OpenLine, allocate
from portal.domain.billing.rules.charges import ChargeKind
from tests import oracles

A, B = AllocationRule.A, AllocationRule.B


def line(line_id: int, kind: str = "premium", cents: int = 100, **more) -> OpenLine:
    given_ = {
        "invoice_no": "INV-1",
        "policy_no": "POL-1",
        "due_on": date(2026, 5, 1),
        "line_number": line_id,
        **more,
    }
    return OpenLine(line_id=line_id, kind=ChargeKind(kind), open_cents=cents, **given_)


def placed(lines: list[OpenLine], cents: int, rule: AllocationRule = B) -> list[tuple[int, int]]:
    return [(a.line_id, a.cents) for a in allocate(lines, cents, rule).allocated]


@pytest.mark.parametrize(
    ("rule", "worked"),
    [(A, "rule_A_oldest_invoice_first"), (B, "rule_B_premium_and_tax_first_across_invoices")],
)
def test_the_worked_partial_payment_comes_out(rule, worked):
    given_, expected = oracles.load("partial_payment_allocation")
    lines = [
        line(
            i,
            item["charge"],
            oracles.cents(item["amount"]),
            invoice_no=item["invoice"],
            due_on=date.fromisoformat(item["due"]),
        )
        for i, item in enumerate(given_["open_items"])
    ]
    found = allocate(lines, oracles.cents(given_["payment"]), rule)
    by_id = {x.line_id: x for x in lines}
    applied = {
        f"{by_id[a.line_id].invoice_no}.{by_id[a.line_id].kind}": a.cents for a in found.allocated
    }
    answer = expected[worked]
    assert applied == {k: oracles.cents(v) for k, v in answer["applied"].items()}
    assert found.unapplied_cents == oracles.cents(answer["unapplied"])
    for invoice_no, balance in answer["balances"].items():
        total = sum(x.open_cents for x in lines if x.invoice_no == invoice_no)
        paid = sum(a.cents for a in found.allocated if by_id[a.line_id].invoice_no == invoice_no)
        assert total - paid == oracles.cents(balance)
    assert {a.rule for a in found.allocated} == {rule}


def test_charges_are_paid_in_the_order_of_the_domain():
    assert [k.value for k in charges.ORDER] == [
        "tax",
        "premium",
        "policy_fee",
        "installment_fee",
        "late_fee",
        "nsf_fee",
    ]


@pytest.mark.parametrize("rule", [A, B])
def test_inside_an_invoice_money_follows_that_order(rule):
    lines = [line(i, kind) for i, kind in enumerate(reversed(ChargeKind))]
    assert [i for i, _ in placed(lines, 600, rule)] == [5, 4, 3, 2, 1, 0]


def test_a_fee_of_an_old_invoice_waits_for_the_premium_of_a_new_one_under_rule_b_only():
    lines = [
        line(1, "late_fee"),
        line(2, "premium", invoice_no="INV-2", due_on=date(2026, 6, 1)),
    ]
    assert placed(lines, 100, A) == [(1, 100)]
    assert placed(lines, 100, B) == [(2, 100)]


@pytest.mark.parametrize("rule", [A, B])
def test_an_invoice_that_the_payer_chose_comes_first(rule):
    lines = [
        line(1, "tax"),
        line(2, "late_fee", invoice_no="INV-2", due_on=date(2026, 6, 1), chosen=True),
        line(3, "premium", invoice_no="INV-2", due_on=date(2026, 6, 1), chosen=True),
    ]
    assert placed(lines, 250, rule) == [(3, 100), (2, 100), (1, 50)]


@pytest.mark.parametrize("rule", [A, B])
def test_ties_go_by_policy_number_then_line(rule):
    lines = [
        line(1, invoice_no="INV-1", policy_no="POL-2"),
        line(3, invoice_no="INV-2", policy_no="POL-1"),
        line(2, invoice_no="INV-2", policy_no="POL-1"),
    ]
    assert [i for i, _ in placed(lines, 300, rule)] == [2, 3, 1]


def test_an_invoice_with_two_policies_is_still_paid_tax_first():
    lines = [line(1, "premium", policy_no="POL-1"), line(2, "tax", policy_no="POL-2")]
    assert [i for i, _ in placed(lines, 200, A)] == [2, 1]


def test_what_is_disputed_gets_nothing_even_when_its_invoice_was_chosen():
    lines = [line(1, cents=457, disputed_cents=457, chosen=True)]
    found = allocate(lines, 457)
    assert found.allocated == ()
    assert found.unapplied_cents == 457


def test_the_undisputed_part_of_a_line_is_paid():
    assert placed([line(1, cents=500, disputed_cents=200)], 500) == [(1, 300)]


def test_a_disputed_line_that_was_named_is_paid_last_of_all():
    lines = [
        line(1, "tax", disputed_cents=60, named=True, chosen=True),
        line(2, "nsf_fee", due_on=date(2026, 7, 1), invoice_no="INV-2"),
    ]
    assert placed(lines, 150) == [(1, 50), (2, 100)]
    assert placed(lines, 200) == [(1, 100), (2, 100)]


def test_the_payable_amount_leaves_out_what_is_disputed_unless_it_is_named():
    lines = [line(1, cents=500, disputed_cents=200), line(2, cents=500, disputed_cents=999)]
    assert allocation.payable_cents(lines) == 300
    assert allocation.payable_cents([line(1, cents=500, disputed_cents=200, named=True)]) == 500


@pytest.mark.parametrize(
    ("lines", "cents", "why"),
    [
        ([line(1)], -1, "cannot place"),
        ([line(1, cents=-1)], 5, "below zero"),
        ([line(1, disputed_cents=-1)], 5, "below zero"),
        ([line(1), line(1)], 5, "given twice"),
    ],
)
def test_what_makes_no_sense_is_refused(lines, cents, why):
    with pytest.raises(ValueError, match=why):
        allocate(lines, cents)


LINES = st.lists(
    st.builds(
        OpenLine,
        line_id=st.integers(1, 50),
        invoice_no=st.sampled_from(["INV-1", "INV-2", "INV-3"]),
        policy_no=st.sampled_from(["POL-1", "POL-2"]),
        due_on=st.dates(date(2026, 1, 1), date(2026, 1, 5)),
        kind=st.sampled_from(ChargeKind),
        line_number=st.integers(1, 4),
        open_cents=st.integers(0, 10**4),
        disputed_cents=st.integers(0, 5000),
        chosen=st.booleans(),
        named=st.booleans(),
    ),
    max_size=12,
    unique_by=lambda x: x.line_id,
)
RULES = st.sampled_from(AllocationRule)


@given(LINES, st.integers(0, 10**5), RULES)
def test_no_cent_is_lost_and_no_line_gets_more_than_is_open(lines, cents, rule):
    found = allocate(lines, cents, rule)
    by_id = {x.line_id: x for x in lines}
    assert sum(a.cents for a in found.allocated) + found.unapplied_cents == cents
    assert len({a.line_id for a in found.allocated}) == len(found.allocated)
    for part in found.allocated:
        target = by_id[part.line_id]
        assert 0 < part.cents <= target.open_cents
        assert target.named or part.cents <= target.free_cents


@given(LINES, st.integers(0, 10**5), RULES)
def test_money_is_left_only_when_nothing_payable_is(lines, cents, rule):
    left = allocate(lines, cents, rule).unapplied_cents
    assert left == max(cents - allocation.payable_cents(lines), 0)


@given(LINES, st.integers(0, 10**5), RULES, st.randoms(use_true_random=False))
def test_the_order_in_which_lines_are_given_changes_nothing(lines, cents, rule, rng):
    mixed = list(lines)
    rng.shuffle(mixed)
    assert allocate(mixed, cents, rule) == allocate(lines, cents, rule)


@given(LINES, st.integers(0, 10**5))
def test_under_rule_b_no_fee_is_paid_while_premium_of_the_same_choice_is_open(lines, cents):
    plain = [dataclasses.replace(x, disputed_cents=0, named=False) for x in lines]
    paid = {a.line_id: a.cents for a in allocate(plain, cents, B).allocated}
    for choice in (True, False):
        group = [x for x in plain if x.chosen is choice]
        cover_open = any(
            paid.get(x.line_id, 0) < x.open_cents for x in group if x.kind in charges.COVER
        )
        fee_paid = any(paid.get(x.line_id) for x in group if x.kind not in charges.COVER)
        assert not (cover_open and fee_paid)


@pytest.mark.parametrize("case", oracles.load("overpayment_suspense_and_shortfall")[0]["cases"])
def test_the_worked_overpayments_and_shortfalls_come_out(case):
    expected = oracles.load("overpayment_suspense_and_shortfall")[1][case["id"]]
    received = oracles.cents(case["received"])
    known = [line(1, cents=oracles.cents(case["open"]))] if case["account_known"] else []
    found = allocate(known, received)
    applied = sum(a.cents for a in found.allocated)
    assert applied == oracles.cents(expected["applied"])
    if not case["account_known"]:
        assert found.unapplied_cents == oracles.cents(expected["suspense"])
        return
    left = known[0].open_cents - applied
    credit = shortfall.credit_cents(
        open_cents=left,
        received_cents=applied,
        tolerance_cents=oracles.cents(case.get("tolerance", "1.00")),
        by_stripe=False,
    )
    assert found.unapplied_cents == oracles.cents(expected.get("unapplied_fund", "0"))
    assert credit == oracles.cents(expected.get("shortfall_writeoff", "0"))
    assert left - credit == oracles.cents(expected["invoice_balance"])


def test_an_unknown_deposit_is_applied_like_any_other_once_it_is_matched():
    expected = oracles.load("overpayment_suspense_and_shortfall")[1]["unidentified_after_match"]
    found = allocate([line(1, cents=6244)], 6244)
    assert found.allocated[0].cents == oracles.cents(expected["applied"])
    assert found.unapplied_cents == oracles.cents(expected["suspense"])


SHORT = {"open_cents": 44, "received_cents": 6200, "by_stripe": False}


@pytest.mark.parametrize(
    "but",
    [
        {"by_stripe": True},
        {"credited_before": True},
        {"disputed_cents": 1},
        {"received_cents": 0},
        {"open_cents": 0},
        {"open_cents": 101},
    ],
)
def test_a_shortfall_is_not_credited_where_the_domain_forbids_it(but):
    assert shortfall.credit_cents(**SHORT) == 44
    assert shortfall.credit_cents(**(SHORT | but)) == 0


def test_a_shortfall_of_exactly_the_tolerance_is_credited():
    assert shortfall.credit_cents(**(SHORT | {"open_cents": 100})) == 100
