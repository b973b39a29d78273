"""Terms that follow each other: written once, at the rates of their day, none over another."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from portal.domain.billing import models as billing
from portal.domain.billing.rules import installments, pro_rata
from portal.domain.policies import changing, models, operations
from portal.journeys import new_term, run_billing, term_changes
from portal.kernel import actor
from tests.support import bills, jobs, paying

D = datetime.date
WHO = actor.system("test")
PLAN = models.PaymentPlan
STARTS = D(2026, 8, 1)
ENDS = D(2027, 8, 1)


@pytest.fixture
def bill(database, clock):
    return bills.make_bill(database, effective_on=STARTS)


def ask(bill, key: str = "one", **given) -> term_changes.Ask:
    return term_changes.Ask(policy_no=bill.policy.number, once_key=key, who=WHO, **given)


def wanted(**given) -> new_term.NewTerm:
    values = {"effective_on": ENDS, "expires_on": D(2028, 8, 1), "premium_cents": 80_000}
    return new_term.NewTerm(**(values | given))


def terms(database, bill) -> list[models.Term]:
    with database.reading() as session:
        return list(
            session.scalars(
                sa.select(models.Term)
                .where(models.Term.policy_id == bill.policy.id)
                .order_by(models.Term.number)
            )
        )


def parts(database, term) -> list[billing.Installment]:
    with database.reading() as session:
        return list(
            session.scalars(
                sa.select(billing.Installment)
                .where(billing.Installment.term_id == term.id)
                .order_by(billing.Installment.sequence)
            )
        )


def test_a_term_is_written_with_its_rate_tax_fees_and_bills(quiet_ctx, database, bill):
    made = new_term.begin(quiet_ctx, ask=ask(bill), wanted=wanted())
    first, second = terms(database, bill)
    assert (second.number, second.effective_on, second.expires_on) == (2, ENDS, D(2028, 8, 1))
    assert (second.premium_cents, second.tax_cents, second.tax_ppm) == (80_000, 800, 10_000)
    assert second.installment_fee_cents == 300
    planned = parts(database, second)
    assert len(planned) == 12
    assert sum(part.premium_cents for part in planned) == 80_000
    assert sum(part.tax_cents for part in planned) == 800
    with database.reading() as session:
        assert changing.segments(session, term_id=second.id) == ((ENDS, D(2028, 8, 1), 80_000),)
    assert made.kind is models.EventKind.TERM_BEGUN
    assert made.facts["term_days"] == 366  # 29 February 2028 is inside
    assert made.facts["before_cents"] == first.premium_cents
    assert made.facts["bills"][0] == ["2027-08-01", planned[0].premium_cents + 67 + 300 + 1_000]
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_its_bills_go_out_and_its_days_are_earned_like_any_others(quiet_ctx, database, clock, bill):
    new_term.begin(quiet_ctx, ask=ask(bill), wanted=wanted(payment_plan=PLAN.IN_FULL))
    clock.set(bills.at(D(2027, 7, 13)))
    run_billing.run(quiet_ctx, on=clock.today())
    *_, last = bills.invoices_of(database, policy_id=bill.policy.id)
    assert (last.due_on, last.total_cents) == (ENDS, 81_800)
    paying.assert_books(quiet_ctx, with_stripe=False)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"effective_on": D(2027, 7, 31)}, operations.TermOverlaps),
        ({"effective_on": D(2026, 1, 1), "expires_on": D(2028, 1, 1)}, operations.TermOverlaps),
        ({"effective_on": D(2025, 8, 1), "expires_on": STARTS}, new_term.TermBeforeLast),
        ({"expires_on": ENDS}, operations.TermEmpty),
        ({"expires_on": D(2027, 1, 1)}, operations.TermEmpty),
        ({"premium_cents": 0}, operations.PremiumMissing),
        ({"premium_cents": -1}, operations.PremiumMissing),
        ({"expires_on": D(2028, 7, 1)}, installments.PlanDoesNotFit),
        (
            {"expires_on": D(2028, 5, 1), "payment_plan": PLAN.QUARTERLY},
            installments.PlanDoesNotFit,
        ),
        ({"installments": 3}, operations.InstallmentsWrong),
        (
            {"payment_plan": PLAN.DOWN_PAYMENT, "installments": 13, "down_payment_cents": 100},
            operations.InstallmentsWrong,
        ),
    ],
)
def test_a_term_that_can_not_be_is_refused_and_leaves_nothing(
    quiet_ctx, database, bill, given, error
):
    with pytest.raises(error):
        new_term.begin(quiet_ctx, ask=ask(bill), wanted=wanted(**given))
    assert len(terms(database, bill)) == 1
    assert paying.mails(quiet_ctx, "renewal_letter") == 0


def test_a_cancelled_policy_gets_none(quiet_ctx, database, bill):
    term_changes.cancel(quiet_ctx, ask=ask(bill, "end"), on=D(2027, 1, 1))
    with pytest.raises(operations.PolicyCancelled):
        new_term.begin(quiet_ctx, ask=ask(bill), wanted=wanted())


def test_the_same_form_writes_it_once_and_a_trial_not_at_all(quiet_ctx, database, bill):
    tried = new_term.begin(quiet_ctx, ask=ask(bill), wanted=wanted(), is_trial=True)
    assert len(terms(database, bill)) == 1
    made = new_term.begin(quiet_ctx, ask=ask(bill, expects=tried.version), wanted=wanted())
    again = new_term.begin(quiet_ctx, ask=ask(bill), wanted=wanted())
    assert made.number == again.number
    assert len(terms(database, bill)) == 2
    assert paying.mails(quiet_ctx, "renewal_letter") == 1


def test_a_down_payment_comes_first_and_a_single_day_has_one_bill(quiet_ctx, database, bill):
    new_term.begin(
        quiet_ctx,
        ask=ask(bill),
        wanted=wanted(payment_plan=PLAN.DOWN_PAYMENT, installments=3, down_payment_cents=20_000),
    )
    new_term.begin(
        quiet_ctx,
        ask=ask(bill, "two"),
        wanted=wanted(
            effective_on=D(2028, 8, 1), expires_on=D(2028, 8, 2), payment_plan=PLAN.IN_FULL
        ),
    )
    _, second, third = terms(database, bill)
    planned = parts(database, second)
    assert [part.premium_cents for part in planned] == [20_000] * 4
    assert [part.installment_fee_cents for part in planned] == [0, 300, 300, 300]
    assert len(parts(database, third)) == 1


def test_the_next_term_costs_something_else_from_a_day_in_it(quiet_ctx, database, bill):
    new_term.begin(quiet_ctx, ask=ask(bill), wanted=wanted())
    made = term_changes.change_premium(
        quiet_ctx, ask=ask(bill, "two"), effective_on=ENDS, premium_cents=90_000
    )
    first, second = terms(database, bill)
    assert (first.premium_cents, second.premium_cents) == (bills.PREMIUM_CENTS, 90_000)
    assert made.facts["parts"] == 12
    assert made.facts["billed_now_cents"] == 0
    assert sum(part.premium_cents for part in parts(database, second)) == 90_000
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_a_policy_that_ends_before_takes_its_next_term_along_and_brings_it_back(
    quiet_ctx, database, clock, bill
):
    new_term.begin(quiet_ctx, ask=ask(bill), wanted=wanted())
    clock.set(bills.at(D(2027, 7, 20)))
    run_billing.run(quiet_ctx, on=clock.today())
    made = term_changes.cancel(quiet_ctx, ask=ask(bill, "end"), on=D(2027, 7, 25))
    _, second = terms(database, bill)
    assert (second.premium_cents, second.tax_cents, second.ended_on) == (0, 0, ENDS)
    assert [part.invoice_id is not None for part in parts(database, second)] == [True]
    open_cents = {
        invoice.due_on: invoice.open_cents
        for invoice in bills.invoices_of(database, policy_id=bill.policy.id)
    }
    assert open_cents[ENDS] == 0  # its fee too
    assert made.facts["returned_cents"] > 6_667
    paying.assert_books(quiet_ctx, with_stripe=False)
    term_changes.reinstate(quiet_ctx, ask=ask(bill, "back"))
    _, second = terms(database, bill)
    assert (second.premium_cents, second.tax_cents, second.ended_on) == (80_000, 800, None)
    later = [part for part in parts(database, second) if part.invoice_id is None]
    assert len(later) == 11
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_a_policy_that_ends_with_its_term_leaves_this_year_as_it_is(quiet_ctx, database, bill):
    new_term.begin(quiet_ctx, ask=ask(bill), wanted=wanted())
    first, second = terms(database, bill)
    before = len(parts(database, first))
    made = term_changes.cancel(quiet_ctx, ask=ask(bill, "end"), on=ENDS)
    assert made.facts["billed_now_cents"] == made.facts["returned_cents"] == 0
    assert len(parts(database, first)) == before
    assert parts(database, second) == []
    jobs.run_all(quiet_ctx)
    paying.assert_books(quiet_ctx, with_stripe=False)


@pytest.fixture
def followed(quiet_ctx, database, clock):
    """A year that is paid, and the first bill of the next one, which is out 19 days before."""
    bill = bills.make_bill(
        database, effective_on=STARTS, through=ENDS - datetime.timedelta(days=40)
    )
    bills.pay(database, *bill.invoices)
    new_term.begin(quiet_ctx, ask=ask(bill), wanted=wanted())
    clock.set(bills.at(D(2027, 7, 13)))
    run_billing.run(quiet_ctx, on=clock.today())
    return bill


def newest(database, bill) -> billing.Invoice:
    return bills.invoices_of(database, policy_id=bill.policy.id)[-1]


@pytest.mark.parametrize("basis", ["pro_rata", "short_rate"])
@pytest.mark.parametrize("ends", [D(2027, 7, 31), ENDS])
def test_who_ends_with_the_term_owes_nothing_for_the_next_one(
    quiet_ctx, database, followed, basis, ends
):
    assert newest(database, followed).open_cents == 6_667 + 67 + 1000 + 300
    made = term_changes.cancel(
        quiet_ctx, ask=ask(followed, "end"), on=ends, basis=pro_rata.CancellationBasis(basis)
    )
    first, second = terms(database, followed)
    assert (first.ended_on, second.ended_on, second.kept_cents) == (ends, ENDS, 0)
    assert made.facts["days_in_force"] == (ends - STARTS).days
    assert newest(database, followed).open_cents == 0  # its fee too
    paying.assert_books(quiet_ctx, with_stripe=False)
    term_changes.reinstate(quiet_ctx, ask=ask(followed, "back"))
    first, second = terms(database, followed)
    assert (first.ended_on, second.ended_on, second.premium_cents) == (None, None, 80_000)
    paying.assert_books(quiet_ctx, with_stripe=False)


def asked(database, bill) -> dict[str, int]:
    """What bills have asked for and will ask for, less what went back, by charge."""
    found = dict.fromkeys(("premium", "tax", "policy_fee", "installment_fee"), 0)
    for invoice in bills.invoices_of(database, policy_id=bill.policy.id):
        if invoice.state is not billing.InvoiceState.VOIDED:
            for line in bills.lines_of(database, invoice.number):
                found[str(line.kind)] += line.amount_cents - line.returned_cents
    for term in terms(database, bill):
        for part in parts(database, term):
            if part.invoice_id is None:
                for kind in found:
                    found[kind] += getattr(part, f"{kind}_cents")
    return found


@pytest.mark.parametrize(
    ("basis", "ends"),
    [("pro_rata", D(2027, 7, 25)), ("pro_rata", ENDS), ("flat", ENDS), ("flat", STARTS)],
)
def test_a_reinstated_policy_owes_the_fees_that_went_back(
    quiet_ctx, database, followed, basis, ends
):
    before = asked(database, followed)
    assert before["policy_fee"] == 1000
    term_changes.cancel(
        quiet_ctx, ask=ask(followed, "end"), on=ends, basis=pro_rata.CancellationBasis(basis)
    )
    assert asked(database, followed)["policy_fee"] == 0
    term_changes.reinstate(quiet_ctx, ask=ask(followed, "back"))
    assert asked(database, followed) == before
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_a_flat_end_on_the_first_day_of_a_term_takes_back_that_term(quiet_ctx, database, followed):
    flat = pro_rata.CancellationBasis.FLAT
    term_changes.cancel(quiet_ctx, ask=ask(followed, "end"), on=ENDS, basis=flat)
    first, second = terms(database, followed)
    assert (first.ended_on, second.ended_on, second.kept_cents) == (None, ENDS, 0)
    assert newest(database, followed).open_cents == 0
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_bills_to_come_of_a_year_that_runs_out_stay_planned_when_it_goes_on(
    quiet_ctx, database, bill
):
    new_term.begin(quiet_ctx, ask=ask(bill), wanted=wanted())
    first, _ = terms(database, bill)
    before = [part.due_on for part in parts(database, first)]
    term_changes.cancel(quiet_ctx, ask=ask(bill, "end"), on=ENDS)
    made = term_changes.reinstate(quiet_ctx, ask=ask(bill, "back"))
    assert made.facts["billed_now_cents"] == 0
    assert [part.due_on for part in parts(database, first)] == before
    paying.assert_books(quiet_ctx, with_stripe=False)
