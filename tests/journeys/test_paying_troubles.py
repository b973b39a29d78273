"""Troubles around a payment: nothing is taken twice, nothing that was taken ends in an error."""

from __future__ import annotations

import dataclasses
import datetime

import pytest
import sqlalchemy as sa

from portal.domain.payments import rules
from portal.journeys import pay_invoices, post_fees, recheck_payments, settle_payment
from portal.kernel import actor
from tests.support import bills, paying, people

WHO = actor.system("test")


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


def change(database, number, **values):
    """Set columns of a payment's row, as no journey would."""
    pairs = ", ".join(f"{name} = :{name}" for name in values)
    with database.unit_of_work() as session:
        session.execute(
            sa.text(f"UPDATE payment SET {pairs} WHERE number = :number"),
            values | {"number": number},
        )


def look(paying_app, bill, number):
    """The page that the payer comes back to."""
    client = people.sign_in(paying_app.test_client(), bill.customer)
    return client.get(f"/pay/{number}")


def test_coming_back_while_stripe_is_silent_is_unknown_and_not_unfinished(
    ctx, sandbox, paying_app, bill
):
    started = paying.begin(ctx, bill.customer)
    paying.confirm(sandbox, started.client_secret)
    sandbox.fault("drop_before", "/v1/payment_intents/", method="GET", times=9)
    answer = look(paying_app, bill, started.number)
    assert answer.status_code == 200
    assert "We do not know yet" in answer.text
    sandbox.clear_faults()
    recheck_payments.run(ctx)
    assert paying.row(ctx, started.number).state == "settled"
    assert paying.mails(ctx, "receipt") == 1


def test_an_intent_that_stripe_refuses_to_show_is_no_error_page(
    ctx, sandbox, database, paying_app, bill
):
    started = paying.begin(ctx, bill.customer)
    change(database, started.number, stripe_ref="pi_that_is_not_there")
    answer = look(paying_app, bill, started.number)
    assert answer.status_code == 200
    assert "We do not know yet" in answer.text


def test_another_sum_than_asked_is_never_posted_and_no_error_page(
    ctx, sandbox, database, paying_app, bill
):
    started = paying.begin(ctx, bill.customer)
    paying.confirm(sandbox, started.client_secret)
    change(database, started.number, amount_cents=bill.invoice.open_cents - 1)
    answer = look(paying_app, bill, started.number)
    assert answer.status_code == 200
    assert "We do not know yet" in answer.text
    assert paying.entries(ctx, "payment_settled") == 0


def test_one_payment_that_cannot_be_read_does_not_stop_the_others(ctx, sandbox, database, clock):
    stuck, odd, good = (bills.make_bill(database) for _ in range(3))
    numbers = [paying.begin(ctx, made.customer) for made in (stuck, odd, good)]
    for started in numbers[1:]:
        paying.confirm(sandbox, started.client_secret)
    change(database, numbers[0].number, stripe_ref="pi_that_is_not_there")
    change(database, numbers[1].number, amount_cents=1)
    clock.advance(recheck_payments.QUIET * 2)
    assert recheck_payments.run(ctx) == 3
    assert paying.row(ctx, numbers[2].number).state == "settled"


def test_one_payment_that_cannot_be_read_does_not_stop_the_fees(ctx, sandbox, database):
    stuck, good = (bills.make_bill(database) for _ in range(2))
    cards = [paying.save_card(ctx, sandbox, made.customer) for made in (stuck, good)]
    first, second = (
        paying.begin(ctx, made.customer, method=card).number
        for made, card in zip((stuck, good), cards, strict=True)
    )
    sandbox.advance(2)
    change(database, first, stripe_ref="pi_that_is_not_there")
    post_fees.run(ctx)
    assert paying.row(ctx, second).fee_cents is not None


def test_a_wallet_that_we_do_not_keep_still_pays(ctx, sandbox, database, bill):
    started = paying.begin(ctx, bill.customer, save=True)
    paying.confirm(sandbox, started.client_secret)
    payment = paying.row(ctx, started.number)
    view = ctx.payments.read_intent(payment.stripe_ref)
    other = dataclasses.replace(view.card, kind="link", brand="link", last4="")
    settle_payment.absorb(
        ctx, payment_id=payment.id, view=dataclasses.replace(view, card=other), who=WHO
    )
    assert paying.row(ctx, started.number).state == "settled"
    assert paying.mails(ctx, "receipt") == 1
    assert paying.mails(ctx, "method_added") == 0


@pytest.mark.parametrize("older", ["requires_action", "requires_payment_method"])
def test_an_older_word_about_a_processing_payment_changes_nothing(ctx, sandbox, bill, older):
    started = paying.begin(ctx, bill.customer)
    payment = paying.row(ctx, started.number)
    view = ctx.payments.read_intent(payment.stripe_ref)
    for status in ("processing", older):
        said = dataclasses.replace(view, status=status)
        settle_payment.absorb(ctx, payment_id=payment.id, view=said, who=WHO)
    assert paying.row(ctx, started.number).state == "processing"


def test_a_lost_first_contact_with_another_address_since_does_not_bar_paying(
    ctx, sandbox, database, bill
):
    sandbox.fault("drop_after", "/v1/customers", times=3)
    with pytest.raises(rules.PaymentNotPossible):
        paying.begin(ctx, bill.customer)
    with database.unit_of_work() as session:
        session.execute(
            sa.text("UPDATE customer SET email = 'new@example.test' WHERE id = :id"),
            {"id": bill.customer.id},
        )
    started = paying.begin(ctx, bill.customer)
    paying.confirm(sandbox, started.client_secret)
    settle_payment.refresh(ctx, payment_id=paying.row(ctx, started.number).id, who=WHO)
    assert paying.row(ctx, started.number).state == "settled"


def test_a_charge_whose_place_a_newer_attempt_took_says_so(ctx, sandbox, bill, monkeypatch):
    card = paying.save_card(ctx, sandbox, bill.customer)
    real = ctx.payments.confirm_intent

    def late(**asked):
        ctx.payments.cancel_intent(asked["intent_ref"])
        return real(**asked)

    monkeypatch.setattr(ctx.payments, "confirm_intent", late)
    with pytest.raises(rules.PaymentUnderWay):
        paying.begin(ctx, bill.customer, method=card)
    assert paying.charges(sandbox) == []


def test_a_form_sent_again_with_other_bills_is_not_answered_with_the_old_sum(
    ctx, sandbox, database, bill
):
    other = bills.make_bill(database, customer=bill.customer, pet_name="Miso", species="cat")
    asked = {
        "customer_id": bill.customer.id,
        "once_key": "one-form-of-one-page",
        "method_no": None,
        "save_method": False,
        "who": people.owner(bill.customer),
    }
    one, both = bill.invoice.open_cents, bill.invoice.open_cents + other.invoice.open_cents
    order = pay_invoices.Order(invoice_nos=(bill.number,), expected_cents=one)
    first = pay_invoices.start(ctx, order=order, **asked)
    again = pay_invoices.start(ctx, order=order, **asked)
    assert (again.number, again.client_secret) == (first.number, first.client_secret)
    with pytest.raises(rules.AmountChanged):
        pay_invoices.start(
            ctx,
            order=pay_invoices.Order(invoice_nos=(bill.number, other.number), expected_cents=both),
            **asked,
        )


def test_what_stays_unknown_for_a_day_becomes_one_case_and_its_end_is_still_told(
    ctx, sandbox, database, clock
):
    bill = bills.make_bill(database)
    card = paying.save_card(ctx, sandbox, bill.customer)
    sandbox.fault("drop_after", "/v1/payment_intents/.*/confirm", times=3)
    sandbox.fault("drop_before", "/v1/payment_intents/", method="GET", times=999)
    started = paying.begin(ctx, bill.customer, method=card)
    assert started.state == "unknown"
    recheck_payments.run(ctx)
    assert cases_of(ctx, started.number) == 0
    clock.advance(datetime.timedelta(hours=24, seconds=1))
    for _ in "ab":
        recheck_payments.run(ctx)
    assert cases_of(ctx, started.number) == 1
    sandbox.clear_faults()
    recheck_payments.run(ctx)
    assert paying.row(ctx, started.number).state == "settled"
    assert paying.mails(ctx, "receipt") == 1


def cases_of(ctx, payment_no):
    with ctx.database.reading() as session:
        return session.scalar(
            sa.text("SELECT count(*) FROM dispute WHERE payment_no = :number"),
            {"number": payment_no},
        )
