"""A bank claims a payment: books, case, lock and mail when it opens, and each way it ends."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from portal.domain.billing.rules import paying as wishes
from portal.domain.disputes import categories
from portal.domain.payments import models, rules
from portal.domain.payments.states import IfLost
from portal.journeys import answer_chargeback, pay_invoices, stripe_events, work_dispute
from tests.support import bills, cases, charging, jobs, paying, people

FRAUDULENT = "4000000000000259"
NOT_RECEIVED = "4000000000002685"
INQUIRY = "4000000000001976"
WARNED = "4000000000005423"
CHARGED = 66_08


@pytest.fixture
def grace(database):
    return people.make_staff(database, "specialist", name="Grace Okonjo")


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


@pytest.fixture
def payment(ctx, sandbox, bill):
    return charging.pay(ctx, sandbox, bill.customer)


@pytest.fixture(autouse=True)
def books(ctx, sandbox):
    yield
    sandbox.advance(2)
    charging.hear(ctx, sandbox)
    paying.assert_books(ctx)


def invoice(database, bill):
    return bills.invoices_of(database, policy_id=bill.policy.id)[0]


def answer(ctx, sandbox, number, grace, words):
    answer_chargeback.release(ctx, number=number, words=words, who=cases.staff(grace))
    jobs.run_all(ctx)
    sandbox.advance(10)
    charging.hear(ctx, sandbox)


@pytest.mark.parametrize(
    ("card", "reason"), [(FRAUDULENT, "fraudulent"), (NOT_RECEIVED, "product_not_received")]
)
@pytest.mark.parametrize("backwards", [False, True])
def test_a_card_that_charges_back_opens_one_case_and_posts_what_stripe_took(
    ctx, sandbox, database, bill, card, reason, backwards
):
    begun = paying.begin(ctx, bill.customer)
    paying.confirm(sandbox, begun.client_secret, card)
    sandbox.advance(2)
    charging.hear(ctx, sandbox, backwards=backwards, times=2)
    found = charging.only(ctx)
    assert (found.state, found.reason, found.amount_cents) == ("needs_response", reason, CHARGED)
    assert (found.fee_cents, found.held_cents) == (charging.FEE, CHARGED)
    assert charging.balance(ctx, "1030") == CHARGED
    assert charging.balance(ctx, "5200") == charging.FEE
    case = cases.row(database, found.case_no)
    assert (case.priority, case.payment_no) == (categories.Priority.P1, begun.number)
    assert paying.mails(ctx, "chargeback_opened") == 1
    assert paying.mails(ctx, "dispute_received") == 0
    assert invoice(database, bill).state == "paid"


def test_hearing_of_it_again_changes_nothing(ctx, sandbox, payment):
    number = charging.claim(ctx, sandbox, payment)
    before = charging.row(ctx, number)
    ref = before.stripe_ref
    for _ in range(2):
        stripe_events.HANDLERS["charge.dispute.updated"](ctx, ref)
    after = charging.row(ctx, number)
    assert (after.held_cents, after.fee_cents, after.case_no) == (
        before.held_cents,
        before.fee_cents,
        before.case_no,
    )
    assert paying.entries(ctx, "chargeback_opened") == 1
    assert paying.mails(ctx, "chargeback_opened") == 1


def test_a_chargeback_joins_the_open_case_about_its_payment(ctx, sandbox, database, bill, payment):
    case = cases.raise_case(ctx, bill.customer, payment_no=payment)
    assert cases.row(database, case).priority == categories.Priority.P2
    number = charging.claim(ctx, sandbox, payment, reason="duplicate")
    assert charging.row(ctx, number).case_no == case
    assert cases.row(database, case).priority == categories.Priority.P1


def test_evidence_wins_the_money_back_and_unlocks_refunds(
    ctx, sandbox, database, bill, payment, grace
):
    number = charging.claim(ctx, sandbox, payment)
    case = charging.row(ctx, number).case_no
    cases.take(ctx, case, grace)
    with pytest.raises(rules.RefundLocked):
        cases.resolve(ctx, case, grace, cases.refund(payment, 1_000, freed_by="credit"))
    answer(ctx, sandbox, number, grace, "winning_evidence")
    found = charging.row(ctx, number)
    assert (found.state, found.outcome, found.held_cents) == ("won", "won", 0)
    assert charging.balance(ctx, "1030") == 0
    assert charging.balance(ctx, "5200") == charging.FEE
    assert invoice(database, bill).state == "paid"
    assert paying.mails(ctx, "chargeback_ended") == 1
    cases.resolve(ctx, case, grace, cases.refund(payment, 1_000, freed_by="credit"))
    jobs.run_all(ctx)
    assert paying.entries(ctx, "refund_sent") == 1


def test_a_lost_chargeback_opens_the_bill_again_with_its_own_due_day(
    ctx, sandbox, database, clock, bill, payment, grace
):
    number = charging.claim(ctx, sandbox, payment)
    clock.advance(datetime.timedelta(days=7))
    sandbox.set_clock(clock.now())
    answer(ctx, sandbox, number, grace, "losing_evidence")
    found = charging.row(ctx, number)
    assert (found.state, found.outcome) == ("lost", "due_again")
    assert (found.taken_cents, found.absorbed_cents, found.held_cents) == (CHARGED, 0, 0)
    reopened = invoice(database, bill)
    assert (reopened.state, reopened.open_cents) == ("issued", CHARGED)
    assert reopened.due_on == bill.invoice.due_on
    assert paying.mails(ctx, "chargeback_ended") == 1
    assert paying.row(ctx, payment).state == "settled"
    with pytest.raises(rules.ChargebackOver):
        answer_chargeback.choose_if_lost(
            ctx, number=number, if_lost=IfLost.ABSORBED, who=cases.staff(grace)
        )
    again = charging.pay(ctx, sandbox, bill.customer)
    assert paying.row(ctx, again).amount_cents == CHARGED


def test_a_lost_chargeback_that_we_bear_leaves_the_bill_paid(
    ctx, sandbox, database, bill, payment, grace
):
    number = charging.claim(ctx, sandbox, payment)
    answer_chargeback.choose_if_lost(
        ctx, number=number, if_lost=IfLost.ABSORBED, who=cases.staff(grace)
    )
    sandbox.expire_dispute(charging.row(ctx, number).stripe_ref)
    charging.hear(ctx, sandbox)
    found = charging.row(ctx, number)
    assert (found.outcome, found.absorbed_cents, found.taken_cents) == ("absorbed", CHARGED, 0)
    assert charging.balance(ctx, "5200") == CHARGED + charging.FEE
    assert invoice(database, bill).state == "paid"


def test_a_claim_on_a_part_takes_only_that_part(ctx, sandbox, database, bill, payment):
    number = charging.claim(ctx, sandbox, payment, amount=2_000)
    sandbox.settle_dispute(charging.row(ctx, number).stripe_ref, "lost")
    charging.hear(ctx, sandbox)
    assert charging.row(ctx, number).taken_cents == 2_000
    assert invoice(database, bill).open_cents == 2_000


def test_a_claim_that_is_lost_as_it_opens_is_posted_whole(ctx, sandbox, database, bill, payment):
    number = charging.claim(ctx, sandbox, payment, final=True)
    found = charging.row(ctx, number)
    assert (found.state, found.taken_cents, found.fee_cents) == ("lost", CHARGED, charging.FEE)
    assert invoice(database, bill).state == "issued"
    assert paying.mails(ctx, "chargeback_opened") == 0
    assert paying.mails(ctx, "chargeback_ended") == 1


def test_a_lost_claim_about_a_disputed_bill_is_paused_again(ctx, sandbox, database, bill, payment):
    case = cases.raise_case(ctx, bill.customer, invoice_no=bill.number)
    assert cases.holds(database, case) == []
    number = charging.claim(ctx, sandbox, payment, final=True)
    held = [cents for kind, *_, cents in cases.holds(database, case) if kind == "overdue"]
    assert sum(held) == charging.row(ctx, number).taken_cents == CHARGED


def test_money_that_waits_unapplied_goes_first_and_is_not_set_aside_any_more(
    ctx, sandbox, database, bill
):
    begun = pay_invoices.start(
        ctx,
        customer_id=bill.customer.id,
        order=pay_invoices.Order(
            invoice_nos=(bill.number,),
            expected_cents=CHARGED + 1_000,
            wish=wishes.Wish(cents=CHARGED + 1_000, pays_ahead=True),
        ),
        once_key="ahead",
        method_no=None,
        save_method=False,
        who=people.owner(bill.customer),
    )
    paying.confirm(sandbox, begun.client_secret)
    charging.hear(ctx, sandbox)
    assert paying.row(ctx, begun.number).unapplied_cents == 1_000
    case = cases.raise_case(ctx, bill.customer, payment_no=begun.number)
    assert [cents for *_, cents in cases.holds(database, case)] == [1_000]
    number = charging.claim(ctx, sandbox, begun.number, amount=1_500, final=True)
    assert charging.row(ctx, number).taken_cents == 1_500
    assert paying.row(ctx, begun.number).unapplied_cents == 0
    assert invoice(database, bill).open_cents == 500
    assert cases.holds(database, case) == []
    assert paying.mails(ctx, "chargeback_ended") == 1


def test_an_inquiry_moves_no_money_locks_nothing_and_ends_by_itself(
    ctx, sandbox, database, bill, grace
):
    payment = charging.pay(ctx, sandbox, bill.customer, card=INQUIRY)
    sandbox.advance(2)
    charging.hear(ctx, sandbox)
    found = charging.only(ctx)
    assert (found.state, found.is_inquiry) == ("warning_needs_response", True)
    assert charging.balance(ctx, "1030") == charging.balance(ctx, "5200") == 0
    assert cases.row(database, found.case_no).priority == categories.Priority.P1
    cases.take(ctx, found.case_no, grace)
    cases.resolve(ctx, found.case_no, grace, cases.refund(payment, 1_000, freed_by="credit"))
    jobs.run_all(ctx)
    sandbox.settle_dispute(found.stripe_ref, "warning_closed")
    charging.hear(ctx, sandbox)
    found = charging.only(ctx)
    assert (found.state, found.outcome) == ("warning_closed", "closed")
    assert paying.mails(ctx, "chargeback_opened") == paying.mails(ctx, "chargeback_ended") == 0


def test_an_inquiry_that_becomes_a_claim_is_the_same_chargeback(ctx, sandbox, payment):
    number = charging.claim(ctx, sandbox, payment, inquiry=True)
    sandbox.escalate_dispute(charging.row(ctx, number).stripe_ref)
    charging.hear(ctx, sandbox, backwards=True)
    found = charging.row(ctx, number)
    assert (found.state, found.is_inquiry, found.held_cents) == ("needs_response", False, CHARGED)
    assert paying.mails(ctx, "chargeback_opened") == 1


def test_an_early_fraud_warning_opens_a_case_once_and_locks_nothing(
    ctx, sandbox, database, bill, grace
):
    payment = charging.pay(ctx, sandbox, bill.customer, card=WARNED)
    sandbox.advance(2)
    charging.hear(ctx, sandbox, times=2)
    with database.reading() as session:
        warning = session.scalars(sa.select(models.FraudWarning)).one()
    case = cases.row(database, warning.case_no)
    assert (case.priority, case.payment_no) == (categories.Priority.P1, payment)
    cases.take(ctx, case.number, grace)
    cases.resolve(ctx, case.number, grace, cases.refund(payment, CHARGED, freed_by="credit"))
    jobs.run_all(ctx)
    assert paying.entries(ctx, "refund_sent") == 1


def test_a_warning_about_what_was_claimed_meanwhile_needs_no_case(ctx, sandbox, database, payment):
    charge = paying.row(ctx, payment).charge_ref
    sandbox.warn_of_fraud(charge)
    sandbox.open_dispute(charge)
    charging.hear(ctx, sandbox, backwards=True)
    with database.reading() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM dispute")) == 1


def test_the_banks_case_cannot_be_closed_before_the_bank_has_decided(
    ctx, sandbox, bill, payment, grace
):
    number = charging.claim(ctx, sandbox, payment)
    case_no = charging.row(ctx, number).case_no
    cases.take(ctx, case_no, grace)
    with pytest.raises(rules.BankDecides):
        cases.resolve(ctx, case_no, grace, cases.decision())
    with pytest.raises(rules.BankDecides):
        work_dispute.withdraw(
            ctx, number=case_no, customer_id=bill.customer.id, who=people.owner(bill.customer)
        )
    sandbox.settle_dispute(charging.row(ctx, number).stripe_ref, "won")
    charging.hear(ctx, sandbox)
    cases.resolve(ctx, case_no, grace, cases.decision())
