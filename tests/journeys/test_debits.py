"""Paying from a bank account: entered, on its way for days, arrived; never paid before."""

from __future__ import annotations

import datetime

import pytest

from portal.domain.payments import rules
from portal.domain.payments.queries import bills as open_bills
from portal.domain.reports.queries import evidence_facts
from portal.domain.wallet import consents
from portal.domain.wallet import rules as wallet_rules
from portal.journeys import draft_evidence, keep_method, sweep_intents
from tests.support import bills, charging, debits, jobs, paying, people


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


def invoice(database, bill):
    return bills.invoices_of(database, policy_id=bill.policy.id)[-1]


def test_a_debit_is_on_its_way_for_days_and_is_not_paid_before_it_arrives(
    ctx, sandbox, database, bill
):
    number = debits.pay(ctx, sandbox, bill.customer)
    payment = paying.row(ctx, number)
    assert payment.state == "processing"
    assert payment.method_label == "STRIPE TEST BANK 6789"
    assert payment.expected_on == datetime.date(2026, 12, 1)  # Thanksgiving and a weekend between
    assert invoice(database, bill).state == "issued"
    assert paying.entries(ctx, "payment_settled") == 0
    assert paying.mails(ctx, "receipt") == 0
    assert "usually arrives by Tuesday 1 December" in paying.mail(ctx, "debit_started")
    charging.hear(ctx, sandbox)
    paying.assert_books(ctx)
    debits.answer(ctx, sandbox, number)
    assert paying.row(ctx, number).state == "settled"
    assert invoice(database, bill).state == "paid"
    assert paying.mails(ctx, "debit_started") == 1
    assert paying.mails(ctx, "receipt") == 1
    assert paying.row(ctx, number).fee_cents == 53
    paying.assert_books(ctx)


def test_while_it_is_on_its_way_nothing_more_can_be_paid_on_the_bill(ctx, sandbox, bill):
    debits.pay(ctx, sandbox, bill.customer)
    card = paying.save_card(ctx, sandbox, bill.customer)
    with pytest.raises(rules.PaymentUnderWay):
        paying.begin(ctx, bill.customer, bill.number, method=card)
    assert paying.charges(sandbox) == []
    with ctx.database.reading() as session:
        owed = open_bills.open_bills(session, customer_id=bill.customer.id)
    assert owed.to_pay_cents == 0
    assert owed.owed_cents == 6608
    paying.assert_books(ctx)


def test_an_hour_sweeps_no_debit_that_is_on_its_way(ctx, sandbox, clock, bill):
    number = debits.pay(ctx, sandbox, bill.customer)
    clock.advance(datetime.timedelta(days=3))
    assert sweep_intents.run(ctx) == 0
    assert paying.row(ctx, number).state == "processing"


def test_what_was_agreed_to_is_kept_with_the_payment_as_of_its_moment(ctx, sandbox, clock, bill):
    begun = paying.begin(ctx, bill.customer, agreed=[debits.shown("store"), debits.shown("debit")])
    agreed_at = clock.now()
    clock.advance(datetime.timedelta(minutes=5))
    debits.confirm(sandbox, begun.client_secret)
    charging.hear(ctx, sandbox)
    debits.look(ctx, bill.customer, begun.number)
    with ctx.database.reading() as session:
        (given,) = consents.given(session, customer_id=bill.customer.id, subject=begun.number)
    assert (given.kind, given.text, given.given_at) == ("debit", "I agree.", agreed_at)
    assert given.method_label == "STRIPE TEST BANK 6789"
    assert (given.ip, given.device) == (people.owner(bill.customer).address, "")


def test_an_account_kept_while_paying_has_its_mandate_and_both_consents(ctx, sandbox, bill):
    number = debits.pay(
        ctx,
        sandbox,
        bill.customer,
        save=True,
        agreed=[debits.shown("store"), debits.shown("debit")],
    )
    charging.hear(ctx, sandbox)
    method = debits.method(ctx, paying.newest_method(ctx, bill.customer))
    assert method.mandate_ref.startswith("mandate_")
    assert (method.mandate_state, method.agreed_in) == ("active", number)
    with ctx.database.reading() as session:
        given = consents.given(session, customer_id=bill.customer.id, subject=number)
    assert {one.kind for one in given} == {"store", "debit"}
    assert paying.mails(ctx, "method_added") == 1


def test_a_saved_account_pays_without_asking_again(ctx, sandbox, database, bill):
    account = debits.save(ctx, sandbox, bill.customer)
    begun = paying.begin(ctx, bill.customer, method=account)
    assert begun.state == "processing"
    debits.answer(ctx, sandbox, begun.number)
    assert invoice(database, bill).state == "paid"
    paying.assert_books(ctx)


def test_a_card_kept_while_paying_keeps_the_consent_to_store_it_only(ctx, sandbox, bill):
    agreed = [debits.shown("store"), debits.shown("debit")]
    begun = paying.begin(ctx, bill.customer, save=True, agreed=agreed)
    paying.confirm(sandbox, begun.client_secret)
    debits.look(ctx, bill.customer, begun.number)
    with ctx.database.reading() as session:
        (given,) = consents.given(session, customer_id=bill.customer.id, subject=begun.number)
    assert (given.kind, given.method_label) == ("store", "visa 4242")


def test_a_mandate_taken_back_before_ends_in_a_clear_refusal(ctx, sandbox, bill):
    account = debits.save(ctx, sandbox, bill.customer)
    sandbox.end_mandate(debits.method(ctx, account).mandate_ref)
    charging.hear(ctx, sandbox)
    assert debits.method(ctx, account).mandate_state == "revoked"
    assert paying.mails(ctx, "mandate_ended") == 1
    with pytest.raises(wallet_rules.MandateOver):
        paying.begin(ctx, bill.customer, method=account)
    assert paying.entries(ctx, "payment_settled") == 0


def test_a_mandate_taken_back_in_the_middle_of_paying_takes_nothing(ctx, sandbox, bill):
    account = debits.save(ctx, sandbox, bill.customer)
    sandbox.end_mandate(debits.method(ctx, account).mandate_ref)
    with pytest.raises(wallet_rules.MandateOver):
        paying.begin(ctx, bill.customer, method=account)
    assert debits.method(ctx, account).mandate_state == "revoked"
    charging.hear(ctx, sandbox, times=2)
    assert paying.mails(ctx, "mandate_ended") == 1
    with ctx.database.reading() as session:
        owed = open_bills.open_bills(session, customer_id=bill.customer.id)
    assert owed.to_pay_cents == 6608
    paying.assert_books(ctx)


def test_the_mandate_of_a_removed_account_is_told_of_no_more(ctx, sandbox, bill):
    account = debits.save(ctx, sandbox, bill.customer)
    charging.hear(ctx, sandbox)
    from_here = paying.mails(ctx, "mandate_ended")
    wallet_remove(ctx, bill.customer, account)
    charging.hear(ctx, sandbox)
    charging.hear(ctx, sandbox)
    assert paying.mails(ctx, "mandate_ended") == from_here == 0
    assert paying.mails(ctx, "method_removed") == 1


def wallet_remove(ctx, customer, number: str) -> None:
    keep_method.remove(ctx, customer_id=customer.id, number=number, who=people.owner(customer))
    jobs.run_all(ctx)


def test_the_evidence_for_a_kept_card_quotes_what_was_agreed_to(ctx, sandbox, clock, bill):
    agreed = [debits.shown("store", "I allow it to be kept.")]
    begun = paying.begin(ctx, bill.customer, save=True, agreed=agreed)
    paying.confirm(sandbox, begun.client_secret)
    debits.look(ctx, bill.customer, begun.number)
    number = charging.claim(ctx, sandbox, begun.number)
    with ctx.database.reading() as session:
        facts = evidence_facts.of(session, number=number)
    text = draft_evidence.text(facts, zone=clock.zone)
    assert "What was agreed to about it:" in text
    assert '"I allow it to be kept."' in text
    assert "Visa 4242" in text
