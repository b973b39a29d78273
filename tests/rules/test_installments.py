"""Payment plans: days, amounts, fees."""

from __future__ import annotations

import datetime
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.billing.rules import installments
from portal.domain.billing.rules.installments import (
    IN_FULL,
    MONTHLY12,
    QUARTERLY,
    Installment,
    PaymentPlan,
    PlanDoesNotFit,
)
from portal.kernel import calendars
from tests import oracles

START, END = date(2026, 1, 1), date(2027, 1, 1)
FEES = {"installment_fee_cents": 300, "policy_fee_cents": 1000}


def cut(plan: PaymentPlan, premium: int = 74929, tax: int = 749, **more) -> tuple[Installment, ...]:
    given_ = {"effective_on": START, "expires_on": END, **FEES, **more}
    return installments.schedule(plan=plan, premium_cents=premium, tax_cents=tax, **given_)


def test_the_worked_twelve_installments_come_out():
    given_, expected = oracles.load("installment_split_12_equal")
    parts = cut(MONTHLY12, premium=oracles.cents(given_["annual_premium"]))
    assert [p.premium_cents for p in parts] == [oracles.cents(c) for c in expected["installments"]]


def test_tax_is_rounded_once_on_the_term_and_split_like_the_premium():
    tax = installments.term_tax(74929, 10_000)
    assert tax == 749
    assert [p.tax_cents for p in cut(MONTHLY12, tax=tax)] == [63] * 5 + [62] * 7


def test_the_second_monthly_bill_is_that_of_the_books():
    second = cut(MONTHLY12, premium=74928, tax=744)[1]
    assert (second.premium_cents, second.installment_fee_cents) == (6244, 300)
    assert second.tax_cents == 62
    assert second.total_cents == 6606


def test_the_policy_fee_stands_on_the_first_installment_only():
    assert [p.policy_fee_cents for p in cut(QUARTERLY)] == [1000, 0, 0, 0]


def test_paying_in_full_is_one_installment_without_a_fee():
    (only,) = cut(IN_FULL)
    assert (only.period_start_on, only.period_end_on, only.due_on) == (START, END, START)
    assert only.total_cents == 74929 + 749 + 1000


def test_quarterly_bills_come_every_three_months_each_with_its_fee():
    parts = cut(QUARTERLY)
    assert [p.due_on.month for p in parts] == [1, 4, 7, 10]
    assert [p.installment_fee_cents for p in parts] == [300] * 4


def test_a_down_payment_is_rounded_and_the_rest_is_split():
    down = installments.down_payment_cents(74929, Decimal("0.25"))
    parts = cut(installments.named("down_payment", parts=3, down_cents=down))
    assert [p.premium_cents for p in parts] == [18732, 18733, 18732, 18732]
    assert [p.tax_cents for p in parts] == [187, 188, 187, 187]
    assert [p.installment_fee_cents for p in parts] == [0, 300, 300, 300]
    assert [p.is_down_payment for p in parts] == [True, False, False, False]
    assert [p.due_on for p in parts] == [date(2026, m, 1) for m in (1, 2, 3, 4)]
    assert parts[-1].period_end_on == END


def test_a_term_from_the_thirty_first_is_due_at_each_months_end():
    parts = cut(MONTHLY12, effective_on=date(2026, 1, 31), expires_on=date(2027, 1, 31))
    assert [p.due_on.day for p in parts] == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


def test_a_bill_is_issued_twenty_days_before_it_is_due():
    assert cut(MONTHLY12)[1].issue_on == date(2026, 1, 12)
    assert cut(MONTHLY12, lead_days=5)[1].issue_on == date(2026, 1, 27)


@pytest.mark.parametrize(
    ("name", "plan"), [("in_full", IN_FULL), ("quarterly", QUARTERLY), ("monthly", MONTHLY12)]
)
def test_a_term_names_its_plan(name, plan):
    assert installments.named(name) == plan


@pytest.mark.parametrize(
    "asked", [{"name": "weekly"}, {"name": "down_payment", "parts": 3}, {"name": ""}]
)
def test_a_plan_that_is_none_is_refused(asked):
    with pytest.raises(ValueError, match="no payment plan"):
        installments.named(**asked)


@pytest.mark.parametrize("wrong", [{"parts": 0}, {"parts": 1, "every_months": 0}])
def test_a_plan_without_parts_is_refused(wrong):
    with pytest.raises(ValueError, match="no plan"):
        PaymentPlan(**wrong)


def test_a_plan_longer_than_the_term_is_refused_in_words():
    with pytest.raises(PlanDoesNotFit):
        cut(MONTHLY12, expires_on=date(2026, 12, 1))


def test_a_down_payment_above_the_premium_is_refused():
    with pytest.raises(ValueError, match="down of a premium"):
        cut(installments.named("down_payment", parts=2, down_cents=74930))


PLANS = st.sampled_from([IN_FULL, QUARTERLY, MONTHLY12]) | st.builds(
    PaymentPlan, parts=st.integers(1, 11), down_cents=st.integers(1, 10**4)
)


@given(
    PLANS,
    st.integers(10**4, 10**7),
    st.integers(0, 10**6),
    st.dates(date(2020, 1, 1), date(2040, 1, 1)),
)
def test_a_schedule_sums_to_the_term_and_tiles_it(plan, premium, tax, start):
    end = calendars.add_months(start, 12)
    parts = cut(plan, premium=premium, tax=tax, effective_on=start, expires_on=end)
    assert sum(p.premium_cents for p in parts) == premium
    assert sum(p.tax_cents for p in parts) == tax
    assert min(p.premium_cents for p in parts) >= 0
    assert min(p.tax_cents for p in parts) >= 0
    assert sum(p.policy_fee_cents for p in parts) == 1000
    assert [p.sequence for p in parts] == list(range(1, len(parts) + 1))
    edges = [parts[0].period_start_on, *(p.period_end_on for p in parts)]
    assert edges[0] == start
    assert edges[-1] == end
    assert edges[:-1] == [p.period_start_on for p in parts] == [p.due_on for p in parts]
    assert all(p.due_on - p.issue_on == datetime.timedelta(20) for p in parts)
