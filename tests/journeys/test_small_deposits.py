"""Accounts that are verified by two small deposits: for later, and for a payment."""

from __future__ import annotations

import datetime

import pytest

from portal.domain.payments.queries import bills as open_bills
from portal.domain.wallet import queries as wallet
from portal.journeys import keep_method, sweep_intents
from portal.kernel import actor
from tests.support import bills, charging, debits, paying, people

WHO = actor.system("test")


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


def begin_saving(ctx, sandbox, customer, number=debits.GOOD):
    """The SetupIntent of an account that waits for its deposits."""
    begun = keep_method.start(
        ctx,
        customer_id=customer.id,
        agreed=[debits.shown("store"), debits.shown("debit")],
        who=people.owner(customer),
    )
    found = debits.confirm(sandbox, begun.client_secret, number, deposits=True)
    keep_method.finish(ctx, setup_ref=found.id, who=people.owner(customer))
    return found


def begin_paying(ctx, sandbox, customer, number=debits.GOOD):
    """(payment number, PaymentIntent) of a payment that waits for its deposits."""
    begun = paying.begin(ctx, customer)
    found = debits.confirm(sandbox, begun.client_secret, number, deposits=True)
    debits.look(ctx, customer, begun.number)
    return begun.number, found


def waiting(ctx, customer):
    with ctx.database.reading() as session:
        return wallet.waiting_accounts(session, customer_id=customer.id)


def saved(ctx, customer):
    with ctx.database.reading() as session:
        return wallet.methods(session, customer_id=customer.id)


def test_an_account_waits_with_its_name_and_where_to_tell(ctx, sandbox, bill):
    found = begin_saving(ctx, sandbox, bill.customer)
    (one,) = waiting(ctx, bill.customer)
    assert one.label == "STRIPE TEST BANK 6789"
    assert one.verify_url == found.next_action.verify_with_microdeposits.hosted_verification_url
    assert saved(ctx, bill.customer) == ()
    charging.hear(ctx, sandbox)
    assert paying.mails(ctx, "verify_account") == 1


def test_a_closed_browser_loses_no_account_that_waits(ctx, sandbox, bill):
    begun = keep_method.start(ctx, customer_id=bill.customer.id)
    debits.confirm(sandbox, begun.client_secret, deposits=True)
    charging.hear(ctx, sandbox)
    assert len(waiting(ctx, bill.customer)) == 1


def test_told_rightly_it_is_saved_with_its_mandate_and_consents(ctx, sandbox, bill):
    found = begin_saving(ctx, sandbox, bill.customer)
    sandbox.tell_deposits(found)
    charging.hear(ctx, sandbox)
    (method,) = saved(ctx, bill.customer)
    assert waiting(ctx, bill.customer) == ()
    assert (method.mandate_state, method.is_chargeable) == ("active", True)
    assert method.agreed_in.startswith("setup:")
    assert paying.mails(ctx, "method_added") == 1
    begun = paying.begin(ctx, bill.customer, method=method.number)
    assert begun.state == "processing"


def test_told_wrongly_too_often_it_is_not_saved_and_that_is_told(ctx, sandbox, bill):
    found = begin_saving(ctx, sandbox, bill.customer)
    sandbox.tell_deposits(found, 10, 11)
    charging.hear(ctx, sandbox, times=2)
    assert saved(ctx, bill.customer) == waiting(ctx, bill.customer) == ()
    assert paying.mails(ctx, "account_not_verified") == 1


def test_never_told_it_ends_after_ten_days(ctx, sandbox, clock, bill):
    begin_saving(ctx, sandbox, bill.customer)
    sandbox.advance(days=10.1)
    clock.advance(datetime.timedelta(days=12))
    sweep_intents.run(ctx)  # no event came
    assert waiting(ctx, bill.customer) == ()
    assert paying.mails(ctx, "account_not_verified") == 1


def test_a_payment_waits_and_takes_nothing(ctx, sandbox, bill):
    number, found = begin_paying(ctx, sandbox, bill.customer)
    payment = paying.row(ctx, number)
    assert payment.state == "requires_action"
    action = found.next_action.verify_with_microdeposits
    assert payment.verify_url == action.hosted_verification_url
    assert payment.expected_on is None
    with ctx.database.reading() as session:
        owed = open_bills.open_bills(session, customer_id=bill.customer.id)
    assert owed.to_pay_cents == 6608
    charging.hear(ctx, sandbox)
    assert paying.mails(ctx, "verify_account") == 1
    paying.assert_books(ctx)


def test_a_payment_that_waits_is_not_swept_after_an_hour_but_after_ten_days(
    ctx, sandbox, clock, bill
):
    number, _ = begin_paying(ctx, sandbox, bill.customer)
    clock.advance(datetime.timedelta(days=9))
    assert sweep_intents.run(ctx) == 0
    clock.advance(datetime.timedelta(days=2))
    assert sweep_intents.run(ctx) == 1
    assert paying.row(ctx, number).state == "cancelled"
    assert paying.mails(ctx, "account_not_verified") == 1


def test_once_told_the_payment_goes_its_way(ctx, sandbox, database, bill):
    number, found = begin_paying(ctx, sandbox, bill.customer)
    sandbox.tell_deposits(found)
    charging.hear(ctx, sandbox)
    payment = paying.row(ctx, number)
    assert (payment.state, payment.verify_url) == ("processing", "")
    assert paying.mails(ctx, "debit_started") == 1
    debits.answer(ctx, sandbox, number)
    assert bills.invoices_of(database, policy_id=bill.policy.id)[0].state == "paid"
    paying.assert_books(ctx)


def test_deposits_that_never_arrive_end_the_payment_and_cost_nothing(ctx, sandbox, bill):
    number, _ = begin_paying(ctx, sandbox, bill.customer, debits.NO_DEPOSITS)
    sandbox.advance(days=5)
    charging.hear(ctx, sandbox)
    payment = paying.row(ctx, number)
    assert payment.state == "failed"
    assert payment.failure_code == "payment_method_microdeposit_failed"
    assert payment.fee_cents is None
    assert paying.mails(ctx, "account_not_verified") == 1
    assert paying.mails(ctx, "debit_returned") == 0
    paying.assert_books(ctx)


def test_a_payment_that_waits_gives_way_to_a_card(ctx, sandbox, database, bill):
    number, found = begin_paying(ctx, sandbox, bill.customer)
    card = paying.save_card(ctx, sandbox, bill.customer)
    assert paying.begin(ctx, bill.customer, bill.number, method=card).state == "settled"
    assert paying.row(ctx, number).state == "cancelled"
    sandbox.tell_deposits(found)  # too late: nothing is debited
    charging.hear(ctx, sandbox)
    assert len(paying.charges(sandbox)) == 1
    assert paying.mails(ctx, "account_not_verified") == 0
    assert bills.invoices_of(database, policy_id=bill.policy.id)[0].state == "paid"
    sandbox.advance(2)
    charging.hear(ctx, sandbox)
    paying.assert_books(ctx)
