"""Money: what may be typed, how it is split and rounded."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel import errors, money
from portal.kernel.money import Money
from tests import oracles

CENTS = st.integers(-(10**11), 10**11)


@pytest.mark.parametrize(
    ("typed", "cents"),
    [
        ("1,234.56", 123456),
        ("$62.44", 6244),
        (" $ 62.44 ", 6244),
        ("62", 6200),
        ("62.4", 6240),
        ("0", 0),
        ("0062.44", 6244),
        ("1,234,567", 123456700),
        ("999,999,999.99", money.MOST_CENTS),
    ],
)
def test_a_plainly_written_amount_is_read(typed, cents):
    assert Money.parse(typed) == Money(cents)


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ("", money.AmountMissing),
        ("   ", money.AmountMissing),
        ("-5.00", money.AmountNegative),
        ("-$5.00", money.AmountNegative),
        ("\N{MINUS SIGN}5.00", money.AmountNegative),
        ("62.444", money.AmountTooFine),
        ("1000000000", money.AmountTooLarge),
        ("9" * 5000, money.AmountTooLarge),
        ("€5.00", money.OtherCurrency),
        ("5.00 EUR", money.OtherCurrency),
        ("£5", money.OtherCurrency),
    ],
)
def test_each_refusal_of_an_amount_has_its_own_sentence(typed, refusal):
    with pytest.raises(refusal) as caught:
        Money.parse(typed)
    assert type(caught.value) is refusal
    assert caught.value.code == refusal.code


@pytest.mark.parametrize(
    "typed",
    [
        *("1e3", "1E3", "12,34.56", "1,2345", ",123", "62,44", "1,234,56", "62.", ".50"),
        *("--5", "$$5", "$", "-", "-$", "5 5", "5-", "+5", "5%", "0x10", "1_000"),
        *("NaN", "Infinity", "five", "\u0666\u0662", "\uff16\uff12", "1\u00a0000"),
    ],
)
def test_what_is_no_amount_is_refused(typed):
    with pytest.raises(money.MoneyError):
        Money.parse(typed, allow_negative=True)


def test_a_refused_amount_is_an_expected_failure():
    assert issubclass(money.MoneyError, errors.DomainError)


@pytest.mark.parametrize("typed", ["-5.00", "-$5.00", "\N{MINUS SIGN}$5.00"])
def test_a_negative_amount_is_read_where_it_is_allowed(typed):
    assert Money.parse(typed, allow_negative=True) == Money(-500)


@given(st.integers(0, money.MOST_CENTS))
def test_an_amount_written_with_commas_is_read_back(cents):
    assert Money.parse(f"${cents // 100:,}.{cents % 100:02}") == Money(cents)


@given(st.text(max_size=12))
def test_any_text_is_read_or_refused_and_never_crashes(text):
    try:
        amount = Money.parse(text)
    except money.MoneyError:
        return
    assert 0 <= amount.cents <= money.MOST_CENTS


@given(CENTS, CENTS)
def test_money_adds_compares_and_takes_away_like_its_cents(a, b):
    assert Money(a) + Money(b) == Money(a + b)
    assert Money(a) - Money(b) == Money(a) + -Money(b)
    assert (Money(a) < Money(b), Money(a) <= Money(b)) == (a < b, a <= b)
    assert (Money(a) > Money(b), Money(a) >= Money(b)) == (a > b, a >= b)
    assert Money.total([Money(a), Money(b)]) == Money(a + b)


def test_two_currencies_never_meet():
    pesos = Money(1, "MXN")
    for meeting in (
        lambda: Money(1) + pesos,
        lambda: Money(1) - pesos,
        lambda: Money(1) < pesos,
        lambda: Money.total([Money(1), pesos]),
    ):
        with pytest.raises(money.CurrencyMismatch):
            meeting()


@pytest.mark.parametrize("cents", [1.0, True, "1", Decimal(1)])
def test_only_whole_cents_are_money(cents):
    with pytest.raises(TypeError):
        Money(cents)


def test_money_does_not_meet_bare_numbers():
    with pytest.raises(TypeError):
        Money(1) + 1


def test_money_writes_itself_for_logs():
    assert [str(Money(c)) for c in (6244, -5, 0)] == ["62.44 USD", "-0.05 USD", "0.00 USD"]


def test_the_worked_split_into_twelve_comes_out():
    given_, expected = oracles.load("installment_split_12_equal")
    parts = money.split(oracles.cents(given_["annual_premium"]), given_["installments"])
    assert parts == [oracles.cents(p) for p in expected["installments"]]
    assert sum(parts) == oracles.cents(expected["sum"])


@given(CENTS, st.integers(1, 400))
def test_a_split_sums_to_its_total_with_the_odd_cents_first(total, n):
    parts = money.split(total, n)
    assert len(parts) == n
    assert sum(parts) == total
    assert sorted(parts, key=abs, reverse=True) == parts
    assert abs(parts[0] - parts[-1]) <= 1


def test_a_split_into_nothing_is_refused():
    with pytest.raises(ValueError, match="0 parts"):
        money.split(100, 0)


@pytest.mark.parametrize(
    ("value", "whole"),
    [("0.5", 1), ("-0.5", -1), ("2.5", 3), ("1.4999999999999999999999999999999", 1), ("7", 7)],
)
def test_a_half_goes_away_from_zero(value, whole):
    assert money.round_half_up(Decimal(value)) == whole


@given(CENTS, st.integers(-(10**6), 10**6), st.integers(1, 10**6))
def test_a_share_is_within_half_a_cent_of_the_exact_one(cents, numerator, denominator):
    share = money.pro_rata(cents, numerator, denominator)
    exact = Fraction(cents * numerator, denominator)
    assert abs(share - exact) <= Fraction(1, 2)
    assert money.pro_rata(-cents, numerator, denominator) == -share


def test_a_share_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no share"):
        money.pro_rata(100, 1, 0)


def test_a_rate_is_applied_exactly_and_rounded_once():
    assert Money(74929).times(Decimal("0.01")) == Money(749)
    assert Money(6250).times(Decimal("0.0332")) == Money(208)  # 207.5
    assert Money(10**11).times(Decimal("1.000000000004999999999999999999")) == Money(10**11)
