"""What a bank is answered: once a round, and nothing about the payer that is not proven."""

from __future__ import annotations

import dataclasses
import datetime

import pytest
import sqlalchemy as sa

from portal.domain.payments import rules
from portal.domain.reports.queries import evidence_facts
from portal.gateways import ports
from portal.journeys import (
    answer_chargeback,
    confirm_draft,
    confirm_link,
    draft_evidence,
    follow_chargeback,
    guest_pay,
)
from tests.support import bills, cases, charging, drafting, jobs, paying, people


@pytest.fixture
def grace(database):
    return people.make_staff(database, "specialist", name="Grace Okonjo")


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


def release(ctx, number, grace, words):
    answer_chargeback.release(ctx, number=number, words=words, who=cases.staff(grace))
    jobs.run_all(ctx)


def drafted(ctx, number):
    """The draft and the fields beside it."""
    with ctx.database.reading() as session:
        facts = evidence_facts.of(session, number=number)
    zone = ctx.clock.zone
    return draft_evidence.text(facts, zone=zone), draft_evidence.fields(facts, zone=zone)


def claimed(ctx, sandbox, payment_no):
    """The chargeback of a payment that is settled first."""
    charging.hear(ctx, sandbox)
    return charging.claim(ctx, sandbox, payment_no)


def assert_no_sign_in(text, fields):
    assert "signed in" not in text.lower()
    assert "Sign-ins" not in text
    assert text.startswith("The bills listed here were paid by this card.")
    assert not {"customer_purchase_ip", "access_activity_log"} & set(fields)


def signed_in(database, clock, sandbox, customer):
    """The customer's browser is signed in when the payment is made an hour later."""
    people.begin_session(database, customer)
    clock.advance(datetime.timedelta(hours=1))
    sandbox.set_clock(clock.now())


def test_an_inquiry_that_was_answered_and_became_a_claim_is_answered_once_more(
    ctx, sandbox, bill, grace
):
    number = charging.claim(ctx, sandbox, charging.pay(ctx, sandbox, bill.customer), inquiry=True)
    release(ctx, number, grace, "It was her.")
    charging.hear(ctx, sandbox)
    assert charging.row(ctx, number).state == "warning_under_review"
    with pytest.raises(rules.AnsweredAlready):
        release(ctx, number, grace, "Again.")
    sandbox.escalate_dispute(charging.row(ctx, number).stripe_ref)
    charging.hear(ctx, sandbox)
    asked = charging.row(ctx, number)
    assert (asked.state, asked.evidence_submitted_at) == ("needs_response", None)
    release(ctx, number, grace, "It was her, and here is more.")
    found = charging.row(ctx, number)
    assert (found.state, found.evidence_attempt) == ("under_review", 2)
    assert found.evidence_submitted_at is not None
    there = sandbox.client().v1.disputes.retrieve(found.stripe_ref)
    assert there.evidence.uncategorized_text == "It was her, and here is more."
    with pytest.raises(rules.AnsweredAlready):
        release(ctx, number, grace, "And more.")


def test_hearing_again_that_the_bank_asks_does_not_take_back_what_was_released(
    ctx, sandbox, bill, grace
):
    number = charging.claim(ctx, sandbox, charging.pay(ctx, sandbox, bill.customer))
    answer_chargeback.release(ctx, number=number, words="Mine.", who=cases.staff(grace))
    before = charging.row(ctx, number)
    follow_chargeback.read(ctx, chargeback_ref=before.stripe_ref, who=charging.WHO)
    assert charging.row(ctx, number).evidence_asked_at == before.evidence_asked_at is not None


def test_a_payment_by_an_owners_new_card_names_the_browser_that_was_signed_in(
    ctx, sandbox, database, clock, bill
):
    signed_in(database, clock, sandbox, bill.customer)
    number = charging.claim(ctx, sandbox, charging.pay(ctx, sandbox, bill.customer))
    text, fields = drafted(ctx, number)
    assert text.startswith("The payment was made from our customer's account")
    assert "still signed in when the payment was made" in fields["access_activity_log"]


def test_a_payment_by_a_guest_is_not_said_to_come_from_who_was_signed_in(
    ctx, sandbox, database, clock, bill
):
    signed_in(database, clock, sandbox, bill.customer)
    begun = guest_pay.start(
        ctx,
        token=guest_pay.link(ctx, invoice_no=bill.number).rpartition("/")[2],
        expected_cents=6608,
        once_key="g" * 24,
        who=people.visitor(),
    )
    paying.confirm(sandbox, begun.client_secret)
    text, fields = drafted(ctx, claimed(ctx, sandbox, begun.number))
    assert_no_sign_in(text, fields)


def test_a_new_card_from_before_guests_were_told_apart_names_no_sign_in(
    ctx, sandbox, database, clock, bill
):
    signed_in(database, clock, sandbox, bill.customer)
    paid = charging.pay(ctx, sandbox, bill.customer)
    with database.unit_of_work() as session:  # as the migration leaves older payments
        session.execute(sa.text("UPDATE payment SET by_guest = false, agreed = NULL"))
    assert_no_sign_in(*drafted(ctx, charging.claim(ctx, sandbox, paid)))


def test_a_payment_by_a_mailed_link_of_the_bank_names_no_sign_in(
    ctx, sandbox, database, clock, bill
):
    card = paying.save_card(ctx, sandbox, bill.customer, "4000002760003184")
    draft = drafting.plan(ctx, bill, card)
    drafting.collect(ctx)  # the bank asks for its payer
    signed_in(database, clock, sandbox, bill.customer)
    link = confirm_link.link(ctx, draft_no=draft, until_on=drafting.row(ctx, draft).due_on)
    begun = confirm_draft.start(
        ctx,
        token=link.rpartition("/")[2],
        expected_cents=6608,
        once_key="c" * 24,
        who=people.visitor(),
    )
    ref = paying.row(ctx, begun.number).stripe_ref
    sandbox.authenticate(sandbox.client().v1.payment_intents.retrieve(ref))
    assert_no_sign_in(*drafted(ctx, claimed(ctx, sandbox, begun.number)))


def test_a_payment_by_a_saved_card_names_the_browser_that_was_signed_in(
    ctx, sandbox, database, clock, bill
):
    card = paying.save_card(ctx, sandbox, bill.customer)
    signed_in(database, clock, sandbox, bill.customer)
    begun = paying.begin(ctx, bill.customer, method=card)
    charging.hear(ctx, sandbox)
    text, fields = drafted(ctx, charging.claim(ctx, sandbox, begun.number))
    assert text.startswith("The payment was made from our customer's account")
    assert "still signed in when the payment was made" in fields["access_activity_log"]


def test_a_loss_is_told_only_once_its_money_is_listed(ctx, sandbox, bill, monkeypatch):
    number = charging.claim(ctx, sandbox, charging.pay(ctx, sandbox, bill.customer))
    ref = charging.row(ctx, number).stripe_ref
    sandbox.settle_dispute(ref, "lost")
    whole = ctx.payments.read_chargeback(ref)
    with monkeypatch.context() as early:
        bare = dataclasses.replace(whole, moves=())
        early.setattr(ctx.payments, "read_chargeback", lambda _ref: bare)
        with pytest.raises(ports.GatewayUnknown):
            follow_chargeback.read(ctx, chargeback_ref=ref, who=charging.WHO)
    assert paying.mails(ctx, "chargeback_ended") == 0
    assert charging.row(ctx, number).state == "needs_response"
    follow_chargeback.read(ctx, chargeback_ref=ref, who=charging.WHO)
    assert charging.row(ctx, number).outcome == "due_again"
    assert paying.mails(ctx, "chargeback_ended") == 1
