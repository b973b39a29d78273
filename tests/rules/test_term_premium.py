"""What is earned, how far premium reaches, what goes back."""

from __future__ import annotations

import datetime
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.billing.rules import (
    earning,
    endorsing,
    equity,
    free_look,
    pro_rata,
    term_premium,
)
from portal.domain.billing.rules.pro_rata import CancellationBasis
from portal.domain.billing.rules.term_premium import Segment, TermPremium
from tests import oracles

START, END = date(2026, 1, 1), date(2027, 1, 1)
YEAR = term_premium.level(effective_on=START, expires_on=END, premium_cents=74929)
JULY = date(2026, 7, 2)
CHANGED = TermPremium((Segment(START, JULY, 74929), Segment(JULY, END, 98000)), 86498)


@st.composite
def terms(draw) -> TermPremium:
    """A term of up to four segments whose charge is the exact cost, rounded."""
    start = draw(st.dates(date(2020, 1, 1), date(2035, 1, 1)))
    spans = draw(st.lists(st.integers(1, 120), min_size=1, max_size=4))
    days, segments, exact = sum(spans), [], Fraction(0)
    for span in spans:
        premium = draw(st.integers(0, 10**6))
        segments.append(Segment(start, start + timedelta(span), premium))
        exact += Fraction(premium * span, days)
        start += timedelta(span)
    return TermPremium(tuple(segments), int(exact + Fraction(1, 2)))


def test_the_worked_cancellation_comes_out():
    given_, expected = oracles.load("pro_rata_cancellation_365")
    term = term_premium.level(
        effective_on=date.fromisoformat(given_["effective"]),
        expires_on=date.fromisoformat(given_["expiration"]),
        premium_cents=oracles.cents(given_["term_premium"]),
    )
    found = pro_rata.return_premium(
        term, cancelled_on=date.fromisoformat(given_["cancel_effective"])
    )
    assert found.term_days == expected["term_days"]
    assert found.days_in_force == expected["days_in_force"]
    assert found.days_unexpired == expected["days_unexpired"]
    assert found.return_cents == oracles.cents(expected["return_premium"])
    assert found.earned_cents == oracles.cents(expected["earned_premium"])
    factor = Decimal(found.days_unexpired) / Decimal(found.term_days)
    assert str(round(factor, 6)) == expected["unearned_factor"]
    assert found.basis is CancellationBasis.PRO_RATA


def test_a_leap_day_inside_the_term_makes_it_366_days():
    leap = term_premium.level(
        effective_on=date(2027, 6, 1), expires_on=date(2028, 6, 1), premium_cents=36600
    )
    assert leap.days == 366
    assert pro_rata.return_premium(leap, cancelled_on=date(2028, 5, 31)).return_cents == 100


def test_a_short_rate_is_applied_before_the_rounding():
    found = pro_rata.return_premium(
        YEAR, cancelled_on=date(2026, 4, 11), basis=CancellationBasis.SHORT_RATE
    )
    assert found.return_cents == 48960  # 54400.5068 x 0.90 = 48960.456
    assert found.earned_cents == 25969


def test_a_flat_cancellation_gives_all_back():
    found = pro_rata.return_premium(
        YEAR, cancelled_on=date(2026, 1, 10), basis=CancellationBasis.FLAT
    )
    assert (found.return_cents, found.earned_cents) == (74929, 0)


@pytest.mark.parametrize("day", [START - timedelta(1), END + timedelta(1)])
def test_a_cancellation_outside_the_term_is_refused_in_words(day):
    with pytest.raises(pro_rata.CancellationOutsideTerm, match="2026-01-01 to 2027-01-01"):
        pro_rata.return_premium(YEAR, cancelled_on=day)


@pytest.mark.parametrize("rate", ["-0.1", "1.1"])
def test_a_short_rate_that_is_no_share_is_refused(rate):
    with pytest.raises(ValueError, match="short rate"):
        pro_rata.return_premium(
            YEAR,
            cancelled_on=JULY,
            basis=CancellationBasis.SHORT_RATE,
            short_rate=Decimal(rate),
        )


@pytest.mark.parametrize(
    ("facts", "basis"),
    [
        ((True, True, True), CancellationBasis.FLAT),
        ((False, True, True), CancellationBasis.SHORT_RATE),
        ((False, True, False), CancellationBasis.PRO_RATA),
        ((False, False, True), CancellationBasis.PRO_RATA),
    ],
)
def test_the_basis_follows_who_asked_and_what_was_filed(facts, basis):
    look, asked, filed = facts
    found = pro_rata.basis(free_look=look, customer_asked=asked, short_rate_filed=filed)
    assert found is basis


def test_a_mid_term_change_returns_what_its_segments_did_not_earn():
    # 182 days at 749.29 and 92 at 980.00: 37361.858 + 24701.370 earned of 864.98 charged.
    found = pro_rata.return_premium(CHANGED, cancelled_on=date(2026, 10, 2))
    assert found.return_cents == 24435
    assert found.earned_cents == 62063


@given(terms(), st.data())
def test_return_and_earned_sum_to_the_charge_on_any_day(term, data):
    day = data.draw(st.dates(term.effective_on, term.expires_on))
    basis = data.draw(st.sampled_from(CancellationBasis))
    found = pro_rata.return_premium(term, cancelled_on=day, basis=basis)
    assert found.return_cents + found.earned_cents == term.charged_cents
    assert 0 <= found.return_cents <= term.charged_cents
    assert found.days_in_force + found.days_unexpired == found.term_days


@given(terms())
def test_a_term_cancelled_on_its_first_day_comes_back_whole_and_on_its_last_not_at_all(term):
    first = pro_rata.return_premium(term, cancelled_on=term.effective_on)
    last = pro_rata.return_premium(term, cancelled_on=term.expires_on)
    assert first.return_cents == term.charged_cents
    assert last.return_cents == 0


@given(st.integers(0, 10**7), st.integers(0, 365))
def test_at_one_rate_the_return_is_premium_times_unexpired_days(premium, days):
    term = term_premium.level(effective_on=START, expires_on=END, premium_cents=premium)
    found = pro_rata.return_premium(term, cancelled_on=START + timedelta(days))
    assert abs(found.return_cents - Fraction(premium * (365 - days), 365)) <= Fraction(1, 2)


def test_a_day_is_earned_when_it_is_over():
    assert earning.earned_through(YEAR, START - timedelta(1)) == 0
    assert earning.earned_through(YEAR, START) == 205
    assert earning.earned_through(YEAR, date(2026, 4, 10)) == 20528
    assert earning.earned_through(YEAR, END - timedelta(1)) == 74929
    assert earning.earned_through(YEAR, END + timedelta(400)) == 74929


def test_a_changed_rate_earns_from_its_own_day():
    assert earning.earned_on(CHANGED, JULY - timedelta(1)) == 205
    assert earning.earned_on(CHANGED, JULY) == 268  # 37361.857 to 37630.351


@given(terms())
def test_the_days_of_a_term_earn_exactly_its_charge(term):
    days = [term.effective_on + timedelta(d) for d in range(-2, term.days + 2)]
    assert sum(earning.earned_on(term, day) for day in days) == term.charged_cents


@given(terms(), st.data())
def test_after_a_cancellation_the_days_earn_what_was_not_returned(term, data):
    day = data.draw(st.dates(term.effective_on, term.expires_on))
    back = pro_rata.return_premium(term, cancelled_on=day)
    days = [term.effective_on + timedelta(d) for d in range(-1, term.days + 2)]
    earned = [earning.earned_on(term, d, ending=back.ending) for d in days]
    assert sum(earned) == term.charged_cents - back.return_cents
    assert not any(earned[i] for i, d in enumerate(days) if d > day)
    assert abs(earned[days.index(day)]) <= 1


@pytest.mark.parametrize(
    ("paid", "day"),
    [
        (0, START),
        (-500, START),
        (6245, date(2026, 1, 31)),
        (205, START),
        (206, date(2026, 1, 2)),
        (74928, date(2026, 12, 31)),
        (74929, END),
        (99999, END),
    ],
)
def test_premium_paid_buys_whole_days(paid, day):
    found = equity.equity_on(
        effective_on=START, expires_on=END, premium_cents=74929, paid_cents=paid
    )
    assert found == day
    assert equity.equity_on_by_segments(YEAR, paid_cents=paid) == day


def test_a_dearer_segment_uses_the_same_money_up_sooner():
    # The first 182 days cost 37361.86 of 40000; 2638.14 buy 9 days at 268.49.
    assert equity.equity_on_by_segments(CHANGED, paid_cents=40000) == JULY + timedelta(9)


@pytest.mark.parametrize(
    ("on", "cents", "charged"),
    [
        (date(2026, 7, 1), 90_000, 82_526),  # its days cost 825.2644 exactly
        (date(2026, 1, 5), 0, 821),  # and here 8.2114, then nothing
    ],
)
def test_all_that_was_charged_buys_the_whole_term(on, cents, charged):
    _, changed = endorsing.endorse(YEAR, effective_on=on, premium_cents=cents)
    assert changed.charged_cents == charged
    assert equity.equity_on_by_segments(changed, paid_cents=charged) == END
    assert equity.equity_on_by_segments(changed, paid_cents=charged - 1) < END


def test_what_was_kept_of_an_ended_term_buys_no_more_than_its_days():
    ended = term_premium.TermPremium(YEAR.segments, charged_cents=20_528)  # 100 days of it
    assert equity.equity_on_by_segments(ended, paid_cents=20_528) == date(2026, 4, 10)


def test_a_free_term_is_covered_to_its_end():
    free = term_premium.level(effective_on=START, expires_on=END, premium_cents=0)
    assert equity.equity_on_by_segments(free, paid_cents=0) == END
    assert (
        equity.equity_on(effective_on=START, expires_on=END, premium_cents=0, paid_cents=0) == END
    )


@given(terms(), st.integers(0, 10**6))
def test_the_equity_date_is_the_first_day_not_paid_for(term, paid):
    day = equity.equity_on_by_segments(term, paid_cents=paid)
    covered = (day - term.effective_on).days
    is_whole = paid >= term.charged_cents and day == term.expires_on
    assert is_whole or term.earned_numerator(covered) <= paid * term.days
    assert day == term.expires_on or term.earned_numerator(covered + 1) > paid * term.days


@given(st.integers(1, 10**7), st.integers(-10, 10**7))
def test_one_segment_and_the_short_formula_agree(premium, paid):
    term = term_premium.level(effective_on=START, expires_on=END, premium_cents=premium)
    short = equity.equity_on(
        effective_on=START, expires_on=END, premium_cents=premium, paid_cents=paid
    )
    assert short == equity.equity_on_by_segments(term, paid_cents=paid)


@pytest.mark.parametrize(
    ("segments", "why"),
    [
        ((), "at least one"),
        ((Segment(START, START, 1),), "no segment"),
        ((Segment(START, END, -1),), "no segment"),
        ((Segment(START, JULY, 1), Segment(JULY + timedelta(1), END, 1)), "gap"),
    ],
)
def test_segments_that_make_no_term_are_refused(segments, why):
    with pytest.raises(ValueError, match=why):
        TermPremium(segments, 1)


def iso(text: str) -> datetime.date:
    return date.fromisoformat(text)


def test_the_worked_free_look_comes_out():
    given_, expected = oracles.load("free_look_window_and_refund")
    days = given_["state_windows_days"]

    def look(state: str, returned: str, *, claim: bool = False) -> free_look.FreeLook:
        return free_look.window(
            received_on=iso(given_["policy_received"]),
            window_days=days[state],
            returned_on=iso(returned),
            claim_filed=claim,
            refund_days=given_["refund_deadline_days"],
        )

    for state, last in expected["last_day"].items():
        assert look(state, "2026-03-03").last_on == iso(last)
    for returned, answer in expected["model_633"].items():
        found = look("MODEL_633", returned)
        assert found.eligible is answer["eligible"]
        due = found.refund_due_on
        assert due == (iso(answer["refund_due_by"]) if answer["eligible"] else None)
    with_claim = look("MODEL_633", "2026-03-17", claim=True)
    assert with_claim.eligible is expected["with_claim_filed"]["eligible"]
    refund = free_look.flat_refund_cents(
        premium_paid_cents=oracles.cents(given_["paid"]["premium"]),
        tax_paid_cents=0,
        policy_fee_paid_cents=oracles.cents(given_["paid"]["policy_fee"]),
        return_fee=given_["refund_policy_fee"],
    )
    assert refund == oracles.cents(expected["model_633"]["2026-03-17"]["refund"])
    flat = pro_rata.return_premium(YEAR, cancelled_on=JULY, basis=CancellationBasis.FLAT)
    assert flat.earned_cents == oracles.cents(expected["flat_cancel_earned_premium"])


def test_the_policy_fee_stays_where_the_product_says_so():
    refund = free_look.flat_refund_cents(
        premium_paid_cents=6245, tax_paid_cents=63, policy_fee_paid_cents=1000, return_fee=False
    )
    assert refund == 6308


@pytest.mark.parametrize(
    ("delivered", "mailed", "received"),
    [
        ("2026-03-02", "2026-03-01", "2026-03-02"),
        (None, "2026-03-01", "2026-03-06"),
        (None, None, None),
    ],
)
def test_a_policy_counts_as_received_on_delivery_or_five_days_after_mailing(
    delivered, mailed, received
):
    found = free_look.received_on(
        delivered_on=iso(delivered) if delivered else None,
        mailed_on=iso(mailed) if mailed else None,
    )
    assert found == (iso(received) if received else None)
