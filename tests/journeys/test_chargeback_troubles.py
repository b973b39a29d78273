"""Chargebacks when answers are lost, refunds cross them, banks change their mind, processes die."""

from __future__ import annotations

import contextlib

import pytest
import sqlalchemy as sa

from portal.domain.payments import rules
from portal.journeys import answer_chargeback, recheck_refunds, stripe_events
from tests.journeys import test_kills
from tests.support import bills, cases, charging, jobs, paying, people

CHARGED = 66_08
PENDING_REFUND = "4000000000007726"


@pytest.fixture
def grace(database):
    return people.make_staff(database, "specialist", name="Grace Okonjo")


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


@pytest.fixture
def payment(ctx, sandbox, bill):
    return charging.pay(ctx, sandbox, bill.customer)


def refund(ctx, grace, bill, payment, cents=2_000):
    """A refund of a part that a specialist decided; its job waits."""
    case = cases.raise_case(ctx, bill.customer, payment_no=payment)
    cases.take(ctx, case, grace)
    cases.resolve(ctx, case, grace, cases.refund(payment, cents, freed_by="credit"))


def refunds(ctx):
    with ctx.database.reading() as session:
        rows = session.execute(sa.text("SELECT state, failure_code FROM refund ORDER BY id"))
        return [tuple(row) for row in rows]


def events(ctx, sandbox):
    for hook in sandbox.take_webhooks():
        paying.receive(ctx, hook)
    jobs.run_all(ctx, only=("handle_stripe_event",))


def submissions(sandbox, ref):
    return sandbox.client().v1.disputes.retrieve(ref).evidence_details.submission_count


def test_evidence_whose_answer_was_lost_is_sent_once(ctx, sandbox, clock, payment, grace):
    number = charging.claim(ctx, sandbox, payment)
    ref = charging.row(ctx, number).stripe_ref
    answer_chargeback.release(ctx, number=number, words="It was her.", who=cases.staff(grace))
    sandbox.fault("drop_after", f"/v1/disputes/{ref}", times=1)
    jobs.run_all(ctx)
    answer_chargeback.recheck(ctx)
    found = charging.row(ctx, number)
    assert (found.state, found.evidence_attempt) == ("under_review", 1)
    assert found.evidence_submitted_at is not None
    assert submissions(sandbox, ref) == 1
    with pytest.raises(rules.AnsweredAlready):
        answer_chargeback.release(ctx, number=number, words="Again.", who=cases.staff(grace))


def test_what_the_bank_reads_is_what_was_written_with_the_facts_beside_it(
    ctx, sandbox, bill, payment, grace
):
    number = charging.claim(ctx, sandbox, payment)
    answer_chargeback.release(ctx, number=number, words=" It was her.\r\n", who=cases.staff(grace))
    jobs.run_all(ctx)
    there = sandbox.client().v1.disputes.retrieve(charging.row(ctx, number).stripe_ref)
    assert there.evidence.uncategorized_text == "It was her."
    assert there.evidence.customer_email_address == bill.customer.email
    assert bill.number in there.evidence.product_description


@pytest.mark.parametrize(
    ("words", "refusal"), [(" \n", rules.EvidenceMissing), ("x" * 20_001, rules.EvidenceTooLong)]
)
def test_evidence_that_says_nothing_or_too_much_is_not_released(
    ctx, sandbox, payment, grace, words, refusal
):
    number = charging.claim(ctx, sandbox, payment)
    with pytest.raises(refusal):
        answer_chargeback.release(ctx, number=number, words=words, who=cases.staff(grace))
    assert charging.row(ctx, number).evidence_asked_at is None


def test_evidence_that_comes_too_late_is_refused_and_the_loss_is_posted(
    ctx, sandbox, payment, grace
):
    number = charging.claim(ctx, sandbox, payment)
    answer_chargeback.release(ctx, number=number, words="Late.", who=cases.staff(grace))
    sandbox.expire_dispute(charging.row(ctx, number).stripe_ref)
    jobs.run_all(ctx)
    found = charging.row(ctx, number)
    assert (found.state, found.evidence_submitted_at) == ("lost", None)
    charging.hear(ctx, sandbox)
    paying.assert_books(ctx)


def test_an_event_that_never_came_is_made_good_by_reading_again(ctx, sandbox, payment):
    number = charging.claim(ctx, sandbox, payment)
    sandbox.settle_dispute(charging.row(ctx, number).stripe_ref, "won")
    sandbox.take_webhooks()  # lost on the way
    answer_chargeback.recheck(ctx)
    assert charging.row(ctx, number).state == "won"
    paying.assert_books(ctx)


def test_an_approved_refund_is_held_and_goes_once_the_chargeback_is_won(
    ctx, sandbox, bill, payment, grace
):
    refund(ctx, grace, bill, payment)
    charge = paying.row(ctx, payment).charge_ref
    ref = sandbox.open_dispute(charge, amount=CHARGED)["id"]
    jobs.run_all(ctx, only=("send_refund",))  # Stripe refuses before we have heard of it
    assert refunds(ctx) == [("approved", "")]
    events(ctx, sandbox)
    recheck_refunds.run(ctx)
    assert refunds(ctx) == [("approved", "")]
    sandbox.settle_dispute(ref, "won")
    charging.hear(ctx, sandbox)
    assert refunds(ctx)[0][0] == "succeeded"
    assert paying.mails(ctx, "refund_failed") == 0
    sandbox.advance(2)
    paying.assert_books(ctx)


def test_a_refund_that_the_bank_made_by_a_lost_chargeback_is_not_owed_twice(
    ctx, sandbox, database, bill, payment, grace
):
    refund(ctx, grace, bill, payment)
    charge = paying.row(ctx, payment).charge_ref
    sandbox.open_dispute(charge, amount=CHARGED, final=True)
    events(ctx, sandbox)
    jobs.run_all(ctx)
    found = charging.only(ctx)
    assert (found.owed_cents, found.taken_cents) == (2_000, CHARGED - 2_000)
    assert refunds(ctx) == [("failed", rules.PAID_BY_THE_BANK)]
    assert charging.balance(ctx, "2300") == 0
    assert paying.mails(ctx, "refund_failed") == 0
    recheck_refunds.run(ctx)
    assert not list(sandbox.client().v1.refunds.list({"limit": 1}))
    sandbox.advance(2)
    charging.hear(ctx, sandbox)
    paying.assert_books(ctx)


def test_a_refund_that_was_pending_when_the_bank_claimed_is_not_owed_after_the_loss(
    ctx, sandbox, bill, grace
):
    payment = charging.pay(ctx, sandbox, bill.customer, card=PENDING_REFUND)
    refund(ctx, grace, bill, payment)
    jobs.run_all(ctx)
    charging.hear(ctx, sandbox)
    assert refunds(ctx)[0][0] == "sent"
    number = charging.claim(ctx, sandbox, payment)
    assert refunds(ctx)[0][0] == "failed"
    sandbox.settle_dispute(charging.row(ctx, number).stripe_ref, "lost")
    charging.hear(ctx, sandbox)
    assert charging.row(ctx, number).owed_cents == 2_000
    assert charging.balance(ctx, "2300") == 0
    sandbox.advance(2)
    charging.hear(ctx, sandbox)
    paying.assert_books(ctx)


def test_money_claimed_beyond_what_the_payment_still_holds_is_our_loss(
    ctx, sandbox, bill, payment, grace
):
    refund(ctx, grace, bill, payment)
    jobs.run_all(ctx)
    charging.hear(ctx, sandbox)
    number = charging.claim(ctx, sandbox, payment, amount=CHARGED, final=True)
    found = charging.row(ctx, number)
    assert (found.taken_cents, found.absorbed_cents) == (CHARGED - 2_000, 2_000)
    sandbox.advance(2)
    charging.hear(ctx, sandbox)
    paying.assert_books(ctx)


def test_money_that_a_bank_gives_back_after_a_loss_waits_for_the_customer(
    quiet_ctx, database, bill, books_hold
):
    payment = bills.pay(database, bill.invoice)
    event, cents = rules.ChargebackEvent, bill.invoice.total_cents
    taken, back = charging.taken(cents), charging.given_back(cents)
    charging.absorb(database, payment, charging.report(event.LOSE, taken, cents=cents))
    paying.assert_books(quiet_ctx, with_stripe=False)
    charging.absorb(database, payment, charging.report(event.WIN, taken, back, cents=cents))
    assert charging.only(quiet_ctx).outcome == "won"
    assert paying.row(quiet_ctx, payment).unapplied_cents == cents
    assert charging.balance(quiet_ctx, "1030") == 0
    charging.absorb(database, payment, charging.report(event.WIN, taken, back, cents=cents))
    assert paying.row(quiet_ctx, payment).unapplied_cents == cents


def test_an_older_word_about_a_chargeback_changes_nothing(quiet_ctx, database, bill, books_hold):
    payment = bills.pay(database, bill.invoice)
    event, cents = rules.ChargebackEvent, bill.invoice.total_cents
    taken, back = charging.taken(cents), charging.given_back(cents)
    told = charging.report(event.WIN, taken, back, cents=cents)
    charging.absorb(database, payment, told)
    charging.absorb(database, payment, charging.report(event.CLAIM, taken, cents=cents))
    assert charging.only(quiet_ctx).state == "won"


def test_a_chargeback_killed_at_any_commit_opens_one_case_and_is_posted_once(
    ctx, sandbox, clock, bill
):
    begun = paying.begin(ctx, bill.customer)
    paying.confirm(sandbox, begun.client_secret, "4000000000000259")
    sandbox.advance(2)
    hooks = list(reversed(sandbox.take_webhooks()))

    def act(_at):
        for hook in hooks:
            paying.receive(ctx, hook)
        with ctx.database.reading() as session:
            ids = session.scalars(sa.text("SELECT id FROM inbox_event ORDER BY id")).all()
        for event_id in ids:
            stripe_events.handle(ctx, event_id=event_id)

    assert len(list(test_kills.kill_points(ctx, act))) >= 6
    test_kills.repair(ctx, sandbox, clock)
    assert charging.only(ctx).state == "needs_response"
    with ctx.database.reading() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM dispute")) == 1
    assert paying.entries(ctx, "chargeback_opened") == 1
    assert paying.mails(ctx, "chargeback_opened") == paying.mails(ctx, "receipt") == 1
    paying.assert_books(ctx)


def test_evidence_killed_at_any_commit_is_sent_once(ctx, sandbox, clock, payment, grace):
    number = charging.claim(ctx, sandbox, payment)
    ref = charging.row(ctx, number).stripe_ref

    def act(_at):
        with contextlib.suppress(rules.AnsweredAlready):  # released before the kill
            answer_chargeback.release(ctx, number=number, words="Mine.", who=cases.staff(grace))
        answer_chargeback.send(ctx, chargeback_id=charging.row(ctx, number).id)

    assert len(list(test_kills.kill_points(ctx, act))) >= 2
    answer_chargeback.recheck(ctx)
    assert submissions(sandbox, ref) == 1
    assert charging.row(ctx, number).state == "under_review"


def test_a_chargeback_of_a_charge_that_is_not_ours_opens_nothing(ctx, sandbox):
    sandbox.client().v1.payment_intents.create(
        {
            "amount": 5_000,
            "currency": "usd",
            "confirm": True,
            "payment_method": sandbox.card("4000000000000259"),
            "return_url": "http://127.0.0.1/",
        }
    )
    sandbox.advance(2)
    charging.hear(ctx, sandbox)
    with ctx.database.reading() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM chargeback")) == 0
