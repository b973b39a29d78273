"""What follows when a debit comes back: one table from the codes to retries, methods and cases."""

from __future__ import annotations

import datetime

import pytest

from portal.domain.billing.rules import nsf_fee
from portal.domain.payments import returns


@pytest.mark.parametrize(
    ("code", "means"),
    [
        ("insufficient_funds", "R01"),
        ("account_closed", "R02"),
        ("bank_account_closed", "R02"),
        ("no_account", "R03"),
        ("bank_account_invalid_details", "R03"),
        ("debit_not_authorized", "R10"),
        ("bank_account_frozen", "R16"),
        ("bank_account_restricted", "R20"),
        ("R09", "R09"),
        ("bank_ownership_changed", ""),
        ("", ""),
    ],
)
def test_a_code_of_stripe_means_one_of_the_network(code, means):
    assert returns.meaning(code).code == means


@pytest.mark.parametrize("code", sorted(returns.ReturnCode))
def test_only_lack_of_money_is_tried_again(code):
    assert returns.meaning(code).may_retry == (code in ("R01", "R09"))


@pytest.mark.parametrize(
    ("code", "ends", "revokes", "case"),
    [
        ("R01", False, False, False),
        ("R09", False, False, False),
        ("R02", True, True, False),
        ("R03", False, True, False),
        ("R08", False, True, False),
        ("R07", False, True, True),
        ("R10", False, True, True),
        ("R29", False, True, True),
        ("never heard of", False, False, True),
    ],
)
def test_what_becomes_of_the_account(code, ends, revokes, case):
    found = returns.meaning(code)
    assert (found.ends_method, found.revokes_mandate, found.opens_case) == (ends, revokes, case)


@pytest.mark.parametrize(
    ("reason", "voids"),
    [
        ("insufficient_funds", False),
        ("bank_cannot_process", False),
        ("incorrect_account_details", True),
        ("debit_not_authorized", True),
        ("general", True),
    ],
)
def test_a_claim_voids_the_mandate_unless_money_only_lacked(reason, voids):
    assert returns.voids_mandate(reason) is voids


def test_a_debit_arrives_on_the_fourth_banking_day():
    wednesday_before_thanksgiving = datetime.date(2026, 11, 25)
    assert returns.arrives_on(wednesday_before_thanksgiving) == datetime.date(2026, 12, 2)


@pytest.mark.parametrize(
    ("code", "cap", "victim", "cents"),
    [
        ("R01", None, False, 2500),
        ("R09", None, False, 2500),
        ("R01", 1500, False, 1500),
        ("R01", 3000, False, 2500),
        ("R01", 0, False, 0),
        ("R01", None, True, 0),
        ("R02", None, False, 0),
        ("R10", None, False, 0),
        ("", None, False, 0),
    ],
)
def test_the_fee_is_the_lower_of_ours_and_the_states(code, cap, victim, cents):
    fee = nsf_fee.nsf_fee_cents(
        return_code=code, configured_cents=2500, state_cap_cents=cap, was_fraud_victim=victim
    )
    assert fee == cents
