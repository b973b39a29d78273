"""Paying by card: what Stripe says becomes ours once, whoever brings the news."""

from __future__ import annotations

import datetime

import pytest

from portal.domain.payments import rules
from portal.journeys import (
    keep_method,
    pay_invoices,
    post_fees,
    recheck_payments,
    settle_payment,
    stripe_events,
    sweep_intents,
)
from portal.kernel import actor
from tests.support import bills, jobs, paying, people

WHO = actor.system("test")


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


def invoice(database, bill):
    return bills.invoices_of(database, policy_id=bill.policy.id)[-1]


def test_a_saved_card_pays_a_bill_at_once(ctx, sandbox, database, bill):
    card = paying.save_card(ctx, sandbox, bill.customer)
    started = paying.begin(ctx, bill.customer, method=card)
    assert started.state == "settled"
    assert invoice(database, bill).state == "paid"
    assert len(paying.charges(sandbox)) == 1
    assert paying.entries(ctx, "payment_settled") == 1
    assert paying.mails(ctx, "receipt") == 1
    sandbox.advance(2)
    paying.assert_books(ctx)


def test_a_new_card_pays_by_the_return_page(ctx, sandbox, database, bill):
    started = paying.begin(ctx, bill.customer)
    assert started.client_secret
    assert invoice(database, bill).state == "issued"
    paying.confirm(sandbox, started.client_secret)
    assert invoice(database, bill).state == "issued"
    settle_payment.refresh(ctx, payment_id=paying.row(ctx, started.number).id, who=WHO)
    assert invoice(database, bill).state == "paid"
    paying.assert_books(ctx)


def take(ctx, sandbox):
    """Receive every pending webhook as the site does."""
    hooks = sandbox.take_webhooks()
    for hook in hooks:
        paying.receive(ctx, hook)
    return hooks


def test_a_new_card_pays_by_webhook_alone(ctx, sandbox, database, bill):
    started = paying.begin(ctx, bill.customer)
    paying.confirm(sandbox, started.client_secret)
    take(ctx, sandbox)
    jobs.run_all(ctx)
    assert invoice(database, bill).state == "paid"
    assert paying.mails(ctx, "receipt") == 1


def test_the_same_webhook_five_times_posts_once(ctx, sandbox, bill):
    started = paying.begin(ctx, bill.customer)
    paying.confirm(sandbox, started.client_secret)
    hooks = take(ctx, sandbox)
    for _ in range(4):
        for hook in hooks:
            assert not paying.receive(ctx, hook)
    jobs.run_all(ctx)
    assert paying.entries(ctx, "payment_settled") == 1
    assert paying.mails(ctx, "receipt") == 1


def test_webhooks_in_reverse_settle_all_the_same(ctx, sandbox, database, bill):
    started = paying.begin(ctx, bill.customer)
    paying.confirm(sandbox, started.client_secret)
    sandbox.advance(2)
    for hook in reversed(sandbox.take_webhooks()):
        paying.receive(ctx, hook)
        jobs.run_all(ctx)
    assert invoice(database, bill).state == "paid"
    assert paying.entries(ctx, "payment_settled") == 1
    assert paying.entries(ctx, "stripe_fee") == 1
    paying.assert_books(ctx)


def test_the_webhook_may_come_before_the_return_page(ctx, sandbox, bill):
    started = paying.begin(ctx, bill.customer)
    paying.confirm(sandbox, started.client_secret)
    take(ctx, sandbox)
    jobs.run_all(ctx)
    settle_payment.refresh(ctx, payment_id=paying.row(ctx, started.number).id, who=WHO)
    assert paying.entries(ctx, "payment_settled") == 1
    assert paying.mails(ctx, "receipt") == 1


def test_the_same_form_sent_twice_is_one_payment(ctx, sandbox, bill):
    card = paying.save_card(ctx, sandbox, bill.customer)
    order = pay_invoices.Order(invoice_nos=(bill.number,), expected_cents=bill.invoice.open_cents)
    first, second = (
        pay_invoices.start(
            ctx,
            customer_id=bill.customer.id,
            once_key="the-form-of-one-page-1",
            method_no=card,
            save_method=False,
            who=people.owner(bill.customer),
            order=order,
        )
        for _ in range(2)
    )
    assert first.number == second.number
    assert len(paying.charges(sandbox)) == 1


def test_a_second_tab_takes_the_first_ones_place(ctx, sandbox, database, bill):
    first = paying.begin(ctx, bill.customer)
    second = paying.begin(ctx, bill.customer)
    assert paying.row(ctx, first.number).state == "cancelled"
    paying.confirm(sandbox, second.client_secret)
    with pytest.raises(Exception, match="canceled"):
        paying.confirm(sandbox, first.client_secret)
    settle_payment.refresh(ctx, payment_id=paying.row(ctx, second.number).id, who=WHO)
    assert invoice(database, bill).state == "paid"
    assert len(paying.charges(sandbox)) == 1


def test_a_second_tab_is_told_when_the_first_has_paid(ctx, sandbox, database, bill):
    first = paying.begin(ctx, bill.customer)
    paying.confirm(sandbox, first.client_secret)
    with pytest.raises(rules.PaymentUnderWay):
        paying.begin(ctx, bill.customer)
    assert invoice(database, bill).state == "paid"
    assert len(paying.charges(sandbox)) == 1
    with pytest.raises(rules.NothingToPay):
        paying.begin(ctx, bill.customer, bill.number)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("4000000000000002", "generic_decline"),
        ("4000000000009995", "insufficient_funds"),
        ("4000000000009987", "lost_card"),
        ("4000000000000069", "expired_card"),
        ("4000000000000127", "incorrect_cvc"),
        ("4000000000000119", "processing_error"),
    ],
)
def test_a_decline_takes_nothing_and_frees_the_bill(ctx, sandbox, database, bill, number, code):
    first = paying.begin(ctx, bill.customer)
    paying.confirm(sandbox, first.client_secret, number)
    settle_payment.refresh(ctx, payment_id=paying.row(ctx, first.number).id, who=WHO)
    declined = paying.row(ctx, first.number)
    assert (declined.state, declined.failure_code) == ("failed", code)
    assert invoice(database, bill).state == "issued"
    second = paying.begin(ctx, bill.customer)
    paying.confirm(sandbox, second.client_secret)
    settle_payment.refresh(ctx, payment_id=paying.row(ctx, second.number).id, who=WHO)
    assert invoice(database, bill).state == "paid"
    sandbox.advance(2)
    paying.assert_books(ctx)


def test_a_saved_card_that_declines_says_so(ctx, sandbox, bill):
    card = paying.attach_card(ctx, sandbox, bill.customer, "4000000000000341")
    started = paying.begin(ctx, bill.customer, method=card)
    assert started.state == "failed"
    assert paying.entries(ctx, "payment_settled") == 0


@pytest.mark.parametrize("passes", [True, False])
def test_three_d_secure_is_completed_or_failed(ctx, sandbox, database, bill, passes):
    started = paying.begin(ctx, bill.customer)
    paying.confirm(sandbox, started.client_secret, "4000002760003184", passes=passes)
    settle_payment.refresh(ctx, payment_id=paying.row(ctx, started.number).id, who=WHO)
    assert paying.row(ctx, started.number).state == ("settled" if passes else "failed")
    assert invoice(database, bill).state == ("paid" if passes else "issued")


def test_a_saved_card_may_ask_for_the_bank(ctx, sandbox, bill):
    card = paying.save_card(ctx, sandbox, bill.customer, "4000002760003184")
    started = paying.begin(ctx, bill.customer, method=card)
    assert started.state == "requires_action"
    assert started.next_url.startswith(sandbox.url)


def test_an_answer_lost_after_the_charge_is_found_again(ctx, sandbox, database, bill):
    card = paying.save_card(ctx, sandbox, bill.customer)
    sandbox.fault("drop_after", "/v1/payment_intents/.*/confirm", times=3)
    sandbox.fault("drop_before", "/v1/payment_intents/", method="GET", times=6)
    started = paying.begin(ctx, bill.customer, method=card)
    assert started.state == "unknown"
    assert invoice(database, bill).state == "issued"
    sandbox.clear_faults()
    recheck_payments.run(ctx)
    assert paying.row(ctx, started.number).state == "settled"
    assert invoice(database, bill).state == "paid"
    assert len(paying.charges(sandbox)) == 1
    assert paying.mails(ctx, "receipt") == 1


def test_an_unknown_payment_holds_its_bill(ctx, sandbox, bill):
    card = paying.save_card(ctx, sandbox, bill.customer)
    sandbox.fault("drop_before", "/v1/payment_intents/.*", method="POST", times=9)
    sandbox.fault("drop_before", "/v1/payment_intents/.*", method="GET", times=9)
    first = paying.begin(ctx, bill.customer, method=card)
    assert first.state == "unknown"
    with pytest.raises(rules.PaymentUnderWay):
        paying.begin(ctx, bill.customer, method=card)
    sandbox.clear_faults()
    recheck_payments.run(ctx)
    assert paying.row(ctx, first.number).state == "initiated"
    again = paying.begin(ctx, bill.customer, method=card)
    assert again.state == "settled"
    assert len(paying.charges(sandbox)) == 1


def test_stripe_down_takes_nothing_and_frees_the_bill(ctx, sandbox, bill):
    card = paying.save_card(ctx, sandbox, bill.customer)
    sandbox.fault("drop_before", "/v1/payment_intents", times=3)
    with pytest.raises(rules.PaymentNotPossible):
        paying.begin(ctx, bill.customer, method=card)
    assert paying.charges(sandbox) == []
    assert paying.begin(ctx, bill.customer, method=card).state == "settled"


def test_an_abandoned_payment_is_cancelled_after_an_hour(ctx, sandbox, clock, bill):
    started = paying.begin(ctx, bill.customer)
    assert sweep_intents.run(ctx) == 0
    clock.advance(datetime.timedelta(hours=1, seconds=1))
    assert sweep_intents.run(ctx) == 1
    assert paying.row(ctx, started.number).state == "cancelled"
    with pytest.raises(Exception, match="canceled"):
        paying.confirm(sandbox, started.client_secret)


def test_the_sum_that_the_payer_saw_is_the_sum_that_is_taken(ctx, sandbox, bill):
    with pytest.raises(rules.AmountChanged):
        pay_invoices.start(
            ctx,
            customer_id=bill.customer.id,
            order=pay_invoices.Order(
                invoice_nos=(bill.number,), expected_cents=bill.invoice.open_cents - 1
            ),
            once_key="another-form-of-one-page",
            method_no=None,
            save_method=False,
            who=WHO,
        )


@pytest.mark.parametrize("keeps", [True, False])
def test_a_form_sent_again_does_not_keep_what_it_now_says_is_not_to_be_kept(
    ctx, sandbox, bill, keeps
):
    begun = paying.begin(ctx, bill.customer, key="a-form-whose-answer-was-lost", save=keeps)
    with pytest.raises(rules.AmountChanged):
        paying.begin(ctx, bill.customer, key="a-form-whose-answer-was-lost", save=not keeps)
    again = paying.begin(ctx, bill.customer, key="a-form-whose-answer-was-lost", save=keeps)
    assert again.number == begun.number


def test_anothers_bill_is_nothing_to_pay(ctx, sandbox, database, bill):
    other = bills.make_bill(database)
    with pytest.raises(rules.NothingToPay):
        pay_invoices.start(
            ctx,
            customer_id=other.customer.id,
            order=pay_invoices.Order(
                invoice_nos=(bill.number,), expected_cents=bill.invoice.open_cents
            ),
            once_key="a-form-with-other-numbers",
            method_no=None,
            save_method=False,
            who=WHO,
        )


def test_a_removed_card_takes_nothing(ctx, sandbox, bill):
    card = paying.save_card(ctx, sandbox, bill.customer)
    keep_method.remove(
        ctx, customer_id=bill.customer.id, number=card, who=people.owner(bill.customer)
    )
    with pytest.raises(rules.MethodGone):
        paying.begin(ctx, bill.customer, method=card)


def test_a_card_kept_while_paying_is_in_the_wallet(ctx, sandbox, bill):
    started = paying.begin(ctx, bill.customer, save=True)
    paying.confirm(sandbox, started.client_secret)
    settle_payment.refresh(ctx, payment_id=paying.row(ctx, started.number).id, who=WHO)
    assert paying.newest_method(ctx, bill.customer)
    assert paying.mails(ctx, "method_added") == 1


def test_the_fee_is_posted_once_from_the_balance_transaction(ctx, sandbox, bill):
    card = paying.save_card(ctx, sandbox, bill.customer)
    started = paying.begin(ctx, bill.customer, method=card)
    assert paying.row(ctx, started.number).fee_cents is None
    sandbox.advance(2)
    post_fees.run(ctx)
    post_fees.run(ctx)
    take(ctx, sandbox)
    jobs.run_all(ctx)
    fee = round(bill.invoice.total_cents * 0.029 + 30)
    assert paying.row(ctx, started.number).fee_cents == fee
    assert paying.entries(ctx, "stripe_fee") == 1
    paying.assert_books(ctx)


def test_days_of_missed_events_are_recovered(ctx, sandbox, database, bill):
    started = paying.begin(ctx, bill.customer)
    paying.confirm(sandbox, started.client_secret)
    assert stripe_events.recover(ctx) > 0
    assert stripe_events.recover(ctx) == 0
    jobs.run_all(ctx)
    assert invoice(database, bill).state == "paid"


def test_several_bills_are_paid_in_one_payment(ctx, sandbox, database, bill):
    other = bills.make_bill(database, customer=bill.customer, pet_name="Miso", species="cat")
    card = paying.save_card(ctx, sandbox, bill.customer)
    started = paying.begin(ctx, bill.customer, method=card)
    assert started.state == "settled"
    assert invoice(database, bill).state == invoice(database, other).state == "paid"
    assert len(paying.charges(sandbox)) == 1
    paying.assert_books(ctx)
