"""How late something is, and what that costs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.billing.rules import aging, late_fee
from portal.domain.billing.rules.aging import Bucket
from portal.domain.billing.rules.late_fee import LateFeeTerms
from tests import oracles

AGING, AGED = oracles.load("aging_buckets")
AS_OF = date.fromisoformat(AGING["as_of"])


@pytest.mark.parametrize("row", AGED["rows"], ids=lambda r: r["due"])
def test_the_worked_rows_fall_into_their_buckets(row):
    days = aging.days_past_due(date.fromisoformat(row["due"]), AS_OF)
    assert days == row["days_past_due"]
    assert aging.bucket(days) == row["bucket"]


def test_the_worked_totals_come_out():
    items = [
        (date.fromisoformat(i["due"]), oracles.cents(i["amount"])) for i in AGING["open_items"]
    ]
    found = aging.totals(items, as_of=AS_OF)
    assert found == {Bucket(k): oracles.cents(v) for k, v in AGED["totals"].items()}
    assert list(found) == list(Bucket)


@given(st.lists(st.tuples(st.dates(), st.integers(0, 10**6))))
def test_the_buckets_hold_every_cent(items):
    assert sum(aging.totals(items, as_of=AS_OF).values()) == sum(cents for _, cents in items)


@given(st.integers(-400, 400), st.integers(0, 400))
def test_waiting_never_makes_a_debt_younger(days, more):
    order = list(Bucket)
    assert order.index(aging.bucket(days)) <= order.index(aging.bucket(days + more))


def test_the_worked_late_fees_come_out():
    given_, expected = oracles.load("late_fee_cap")
    terms = LateFeeTerms(
        share=Decimal(given_["pct"]),
        cap_cents=oracles.cents(given_["cap"]),
        from_day=given_["min_days_late"],
    )
    fees = [
        late_fee.late_fee_cents(open_cents=oracles.cents(due), days_late=days, terms=terms)
        for due, days in given_["cases"]
    ]
    assert fees == [oracles.cents(f) for f in expected["fees"]]
    assert terms == late_fee.DEFAULT


def test_an_installment_gets_one_late_fee():
    assert late_fee.late_fee_cents(open_cents=6244, days_late=45, charged_before=True) == 0


def test_nothing_open_costs_nothing():
    assert late_fee.late_fee_cents(open_cents=0, days_late=45) == 0


@pytest.mark.parametrize(
    ("terms", "fee"),
    [
        (LateFeeTerms(filed_cents=200), 200),
        (LateFeeTerms(state_cap_cents=150), 150),
        (LateFeeTerms(filed_cents=200, state_cap_cents=0), 0),
        (LateFeeTerms(filed_cents=900, state_cap_cents=900), 312),
    ],
)
def test_the_lowest_of_all_caps_holds(terms, fee):
    assert late_fee.late_fee_cents(open_cents=6244, days_late=10, terms=terms) == fee
