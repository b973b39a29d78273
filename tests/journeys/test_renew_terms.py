"""Renewal: which policies, when, at which rate and by which plan; once, and one after the other."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from portal.domain.billing import models as billing
from portal.domain.billing.operations import holds
from portal.domain.policies import models
from portal.journeys import (
    choose_plan,
    new_term,
    renew_terms,
    run_billing,
    term_changes,
    term_scene,
)
from tests.journeys.test_new_term import ask, parts, terms
from tests.support import bills, jobs, paying, people

D = datetime.date
PLAN = models.PaymentPlan
STARTS = D(2026, 1, 8)
ENDS = D(2027, 1, 8)  # 45 days after the day of the tests, 24 November 2026


@pytest.fixture
def bill(database, clock):
    return bills.make_bill(database, effective_on=STARTS)


def run(ctx, **given) -> int:
    return renew_terms.run(ctx, on=ctx.clock.today(), **given)


def test_a_term_that_ends_in_45_days_is_followed_by_one_at_its_last_rate(quiet_ctx, database, bill):
    term_changes.change_premium(
        quiet_ctx, ask=ask(bill, "more"), effective_on=D(2026, 12, 1), premium_cents=90_000
    )
    assert run(quiet_ctx) == 1
    first, second = terms(database, bill)
    assert first.premium_cents < 90_000
    assert (second.effective_on, second.expires_on) == (ENDS, D(2028, 1, 8))
    assert (second.premium_cents, second.tax_cents) == (90_000, 900)
    assert second.payment_plan is first.payment_plan
    assert len(parts(database, second)) == 12
    jobs.run_all(quiet_ctx)
    assert paying.mails(quiet_ctx, "renewal_letter") == 1
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_a_change_after_the_renewal_says_that_the_next_term_stays(quiet_ctx, database, bill):
    run(quiet_ctx)
    made = term_changes.change_premium(
        quiet_ctx, ask=ask(bill, "more"), effective_on=D(2026, 12, 1), premium_cents=90_000
    )
    (_, following) = terms(database, bill)
    assert made.facts["following_cents"] == [following.premium_cents] != [90_000]


def test_it_is_renewed_once_however_often_the_run_comes(quiet_ctx, database, bill, clock):
    assert [run(quiet_ctx), run(quiet_ctx)] == [1, 0]
    clock.advance(datetime.timedelta(days=40))
    assert run(quiet_ctx) == 0
    assert len(terms(database, bill)) == 2


@pytest.mark.parametrize(("days", "count"), [(46, 0), (45, 1), (1, 1), (0, 1), (-1, 0)])
def test_the_first_day_is_45_before_the_end_and_the_last_is_the_end(
    quiet_ctx, bill, clock, days, count
):
    clock.set(bills.at(ENDS - datetime.timedelta(days=days)))
    assert run(quiet_ctx) == count


def test_how_many_days_ahead_is_a_setting_of_the_plan(quiet_ctx, owner_engine, bill):
    with owner_engine.begin() as connection:
        connection.execute(sa.text("UPDATE billing_plan SET renewal_days = 44"))
    try:
        assert run(quiet_ctx) == 0
    finally:
        with owner_engine.begin() as connection:
            connection.execute(sa.text("UPDATE billing_plan SET renewal_days = 45"))


def test_a_cancelled_policy_and_one_whose_bills_are_held_are_left_alone(quiet_ctx, database, bill):
    ended = bills.make_bill(database, customer=bill.customer, effective_on=STARTS)
    term_changes.cancel(quiet_ctx, ask=ask(ended, "end"), on=ENDS)
    with database.unit_of_work() as session:
        holds.place(
            session,
            kind=billing.HoldKind.INVOICING,
            customer_id=bill.customer.id,
            subject=bill.policy.number,
            line_number=None,
            amount_cents=0,
            reason="A pause.",
            owner=bill.policy.number,
            now=people.NOW,
        )
    assert run(quiet_ctx) == 0
    with pytest.raises(renew_terms.RenewalHeld):
        renew_terms.renew(quiet_ctx, ask=ask(bill))
    mine = ask(bill, "plan", customer_id=bill.customer.id)
    with pytest.raises(term_scene.PolicyHeld):
        choose_plan.choose(quiet_ctx, ask=mine, plan="in_full")
    with database.unit_of_work() as session:
        holds.lift(session, owner=bill.policy.number, now=people.NOW)
    assert run(quiet_ctx) == 1
    assert len(terms(database, ended)) == 1


def test_a_policy_of_a_pet_that_died_is_not_renewed(quiet_ctx, database, bill):
    with database.unit_of_work() as session:
        session.get_one(models.Pet, bill.pet.id).died_on = D(2026, 11, 20)
    assert run(quiet_ctx) == 0
    with pytest.raises(renew_terms.PetHasDied):
        renew_terms.renew(quiet_ctx, ask=ask(bill))


def test_one_that_can_not_be_renewed_stops_no_other(quiet_ctx, database, bill):
    broken = bills.make_bill(database, customer=bill.customer, effective_on=STARTS)
    third = bills.make_bill(database, customer=bill.customer, effective_on=STARTS)
    with database.unit_of_work() as session:
        session.execute(
            sa.update(models.Segment)
            .where(models.Segment.term_id == broken.term.id)
            .values(premium_cents=0)
        )
    assert run(quiet_ctx, batch=1) == 2
    assert [len(terms(database, one)) for one in (bill, broken, third)] == [2, 1, 2]
    with database.reading() as session:
        data = session.scalars(
            sa.text("SELECT data FROM audit_event WHERE action = :name"),
            {"name": renew_terms.FAILED},
        ).one()
    assert data == {"term": 1, "reason": "premium_missing"}


def test_a_run_that_died_between_two_policies_goes_on(quiet_ctx, database, bill):
    second = bills.make_bill(database, customer=bill.customer, effective_on=STARTS)
    renew_terms.renew(quiet_ctx, ask=ask(bill, f"renewal:{bill.policy.number}:1"), after_term=1)
    assert run(quiet_ctx) == 1
    assert [len(terms(database, one)) for one in (bill, second)] == [2, 2]


def test_the_desk_renews_with_another_premium_and_plan_and_not_twice(quiet_ctx, database, bill):
    how = {"premium_cents": 60_000, "payment_plan": PLAN.QUARTERLY}
    seen = renew_terms.renew(quiet_ctx, ask=ask(bill), is_trial=True, **how)
    assert len(terms(database, bill)) == 1
    renew_terms.renew(quiet_ctx, ask=ask(bill, expects=seen.version), **how)
    _, second = terms(database, bill)
    assert (second.premium_cents, second.payment_plan) == (60_000, PLAN.QUARTERLY)
    with pytest.raises(renew_terms.RenewedAlready):
        renew_terms.renew(quiet_ctx, ask=ask(bill, "two"), **how)
    assert run(quiet_ctx) == 0


def test_a_lapsed_policy_is_not_renewed(quiet_ctx, bill, clock):
    clock.set(bills.at(ENDS + datetime.timedelta(days=1)))
    with pytest.raises(renew_terms.TermIsOver):
        renew_terms.renew(quiet_ctx, ask=ask(bill))


def test_a_term_from_a_leap_day_and_one_of_half_a_year_keep_their_length():
    def follow(begins, ends):
        last = models.Term(
            effective_on=begins, expires_on=ends, payment_plan=PLAN.IN_FULL, premium_cents=1
        )
        return renew_terms.following(last, premium_cents=1, first_cents=1, plan=None).expires_on

    assert follow(D(2028, 2, 29), D(2029, 2, 28)) == D(2030, 2, 28)
    assert follow(D(2026, 7, 1), D(2027, 1, 1)) == D(2027, 7, 1)
    assert follow(D(2026, 1, 1), D(2026, 1, 11)) == D(2026, 1, 21)


@pytest.mark.parametrize("changed_to", [None, 120_000, 15_000])
def test_a_down_payment_stays_the_same_share(quiet_ctx, database, bill, changed_to):
    new_term.begin(
        quiet_ctx,
        ask=ask(bill, "new"),
        wanted=new_term.NewTerm(
            effective_on=ENDS,
            expires_on=D(2028, 1, 8),
            premium_cents=80_000,
            payment_plan=PLAN.DOWN_PAYMENT,
            installments=3,
            down_payment_cents=20_000,
        ),
    )
    quiet_ctx.clock.set(bills.at(D(2027, 6, 1)))
    if changed_to is not None:
        term_changes.change_premium(
            quiet_ctx, ask=ask(bill, "c"), effective_on=D(2027, 2, 1), premium_cents=changed_to
        )
    quiet_ctx.clock.set(bills.at(D(2028, 1, 1)))
    renew_terms.renew(quiet_ctx, ask=ask(bill), premium_cents=100_000)
    *_, third = terms(database, bill)
    assert [part.premium_cents for part in parts(database, third)] == [25_000] * 4


def test_the_owners_choice_waits_for_the_renewal(quiet_ctx, database, bill):
    made = choose_plan.choose(quiet_ctx, ask=ask(bill, "plan"), plan="in_full")
    assert made.facts["before_plan"] == "monthly"
    assert made.facts["fees_cents"] == 0
    with pytest.raises(choose_plan.SamePlan):
        choose_plan.choose(quiet_ctx, ask=ask(bill, "again"), plan="in_full")
    assert run(quiet_ctx) == 1
    _, second = terms(database, bill)
    planned = parts(database, second)
    assert [[part.due_on.isoformat(), _total(part)] for part in planned] == made.facts["bills"]
    with database.reading() as session:
        assert session.get_one(models.Policy, bill.policy.id).next_payment_plan is None


def test_a_term_that_is_written_is_planned_anew_until_a_bill_is_out(
    quiet_ctx, database, clock, bill
):
    run(quiet_ctx)
    term_changes.change_premium(
        quiet_ctx, ask=ask(bill, "more"), effective_on=ENDS, premium_cents=90_000
    )
    choose_plan.choose(quiet_ctx, ask=ask(bill, "plan"), plan="quarterly")
    _, second = terms(database, bill)
    planned = parts(database, second)
    assert (second.payment_plan, second.installments) == (PLAN.QUARTERLY, 4)
    assert [part.premium_cents for part in planned] == [22_500] * 4
    with pytest.raises(choose_plan.SamePlan):
        choose_plan.choose(quiet_ctx, ask=ask(bill, "same"), plan="quarterly")
    clock.set(bills.at(D(2026, 12, 19)))
    run_billing.run(quiet_ctx, on=clock.today())
    with pytest.raises(choose_plan.NextTermBilled):
        choose_plan.choose(quiet_ctx, ask=ask(bill, "late"), plan="monthly")
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_the_day_that_the_owner_chose_is_kept(quiet_ctx, database, clock):
    clock.set(bills.at(D(2026, 11, 1)))
    bill = bills.make_bill(database, effective_on=STARTS, through=D(2026, 11, 1))
    term_changes.move_day(quiet_ctx, ask=ask(bill, "day"), day=20)
    clock.set(bills.at(people.NOW.date()))
    chosen = choose_plan.choose(quiet_ctx, ask=ask(bill, "plan"), plan="quarterly")
    run(quiet_ctx)
    _, second = terms(database, bill)
    planned = parts(database, second)
    assert [part.due_on for part in planned] == [
        D(2027, 1, 20), D(2027, 4, 20), D(2027, 7, 20), D(2027, 10, 20),
    ]  # fmt: skip
    assert planned[0].premium_cents > planned[1].premium_cents  # the twelve days between
    assert sum(part.premium_cents for part in planned) == second.premium_cents
    assert [[part.due_on.isoformat(), _total(part)] for part in planned] == chosen.facts["bills"]
    again = choose_plan.choose(quiet_ctx, ask=ask(bill, "again"), plan="monthly")
    assert [on[-2:] for on, _ in again.facts["bills"]] == ["20"] * 12
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_the_day_of_all_pets_is_kept_and_a_single_bill_is_due_as_the_term_begins(
    quiet_ctx, database, bill
):
    single = bills.make_bill(database, customer=bill.customer, effective_on=STARTS, plan="in_full")
    with database.unit_of_work() as session:
        session.add(billing.JointBilling(customer_id=bill.customer.id, day=3, joined_at=people.NOW))
    run(quiet_ctx)
    _, second = terms(database, bill)
    assert {part.due_on.day for part in parts(database, second)} == {3}
    _, second = terms(database, single)
    assert [part.due_on for part in parts(database, second)] == [ENDS]


@pytest.mark.parametrize("plan", ["", "down_payment", "weekly"])
def test_a_plan_that_is_none_can_not_be_chosen(quiet_ctx, bill, plan):
    with pytest.raises(choose_plan.PlanUnknown):
        choose_plan.choose(quiet_ctx, ask=ask(bill), plan=plan)


def _total(part) -> int:
    return part.premium_cents + part.tax_cents + part.policy_fee_cents + part.installment_fee_cents
