"""Bank accounts: debits on their way, mandates, and small deposits that prove an account."""

from __future__ import annotations

import typing

import pytest
import stripe

from tests.support.counterparts import RETURN, pay, pay_unseen
from tests.support.sandbox import ACCEPTED, GOOD_ACCOUNT

TOKEN = "pm_usBankAccount_success"
MISMATCH = "payment_method_microdeposit_verification_amounts_mismatch"
UNVERIFIED: typing.Any = {
    "mandate_data": ACCEPTED,
    "payment_method_options": {"us_bank_account": {"verification_method": "microdeposits"}},
    "payment_method_data": {
        "type": "us_bank_account",
        "us_bank_account": {
            "account_holder_type": "individual",
            "account_number": GOOD_ACCOUNT,
            "routing_number": "110000000",
        },
        "billing_details": {"name": "Dana Reyes", "email": "dana@example.com"},
    },
    "confirm": True,
    **RETURN,
}


def mandate_of(client: stripe.StripeClient, intent: stripe.PaymentIntent) -> str:
    """The mandate under which a debit went out."""
    charge = client.v1.charges.retrieve(intent.latest_charge)
    return charge.payment_method_details.us_bank_account.mandate


def asked(client: stripe.StripeClient, customer: str) -> stripe.PaymentIntent:
    """A payment from an account that has yet to be verified."""
    body = {"amount": 6244, "currency": "usd", "customer": customer, **UNVERIFIED}
    body["setup_future_usage"] = "off_session"
    return client.v1.payment_intents.create(body)


def test_a_debit_is_processing_and_nothing_received(client: stripe.StripeClient) -> None:
    sent = pay(client, TOKEN, mandate_data=ACCEPTED, expand=["latest_charge", "payment_method"])
    assert (sent.status, sent.amount_received) == ("processing", 0)
    charge = sent.latest_charge
    assert (charge.status, charge.paid, charge.id[:3]) == ("pending", False, "py_")
    account = sent.payment_method.us_bank_account
    assert (account.last4, account.account_holder_type) == ("6789", "individual")


def test_an_account_is_set_up_and_then_debited_off_the_page(
    client: stripe.StripeClient, customer: str
) -> None:
    body = {"customer": customer, "payment_method": TOKEN, "mandate_data": ACCEPTED, **RETURN}
    saved = client.v1.setup_intents.create({**body, "usage": "off_session", "confirm": True})
    assert saved.status == "succeeded"
    assert client.v1.payment_methods.retrieve(saved.payment_method).customer == customer
    later = pay_unseen(client, customer, saved.payment_method)
    assert later.status == "processing"
    assert mandate_of(client, later) == saved.mandate


def test_what_was_saved_with_a_debit_is_debited_under_the_same_mandate(
    client: stripe.StripeClient, customer: str
) -> None:
    first = pay(
        client,
        TOKEN,
        customer=customer,
        setup_future_usage="off_session",
        mandate_data=ACCEPTED,
    )
    again = pay_unseen(client, customer, first.payment_method)
    assert again.status == "processing"
    assert mandate_of(client, again) == mandate_of(client, first)


def test_a_mandate_keeps_how_it_was_accepted(client: stripe.StripeClient, customer: str) -> None:
    body = {"customer": customer, "payment_method": TOKEN, "mandate_data": ACCEPTED, **RETURN}
    saved = client.v1.setup_intents.create({**body, "confirm": True})
    mandate = client.v1.mandates.retrieve(saved.mandate, {"expand": ["payment_method"]})
    assert (mandate.status, mandate.type) == ("active", "multi_use")
    assert mandate.payment_method.id == saved.payment_method
    online = mandate.customer_acceptance.online
    assert (online.ip_address, online.user_agent) == ("203.0.113.7", "Test browser")


def test_no_account_is_debited_before_a_mandate_is_given(
    client: stripe.StripeClient, customer: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="requires a mandate") as caught:
        pay(client, TOKEN, customer=customer)
    refused = caught.value
    assert (refused.http_status, refused.code) == (400, None)
    assert refused.error.payment_intent.status == "requires_confirmation"
    body = {"mandate_data": ACCEPTED, **RETURN}
    sent = client.v1.payment_intents.confirm(refused.error.payment_intent.id, body)
    assert sent.status == "processing"


def test_two_amounts_verify_an_account_and_the_debit_goes_out(
    client: stripe.StripeClient, customer: str
) -> None:
    waiting = asked(client, customer)
    assert waiting.status == "requires_action"
    assert waiting.next_action.type == "verify_with_microdeposits"
    action = waiting.next_action.verify_with_microdeposits
    assert action.hosted_verification_url.startswith("http")
    assert action.arrival_date > waiting.created
    sent = client.v1.payment_intents.verify_microdeposits(waiting.id, {"amounts": [32, 45]})
    assert (sent.status, sent.next_action) == ("processing", None)
    assert pay_unseen(client, customer, sent.payment_method).status == "processing"


def test_other_amounts_verify_nothing(client: stripe.StripeClient, customer: str) -> None:
    waiting = asked(client, customer)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.verify_microdeposits(waiting.id, {"amounts": [1, 2]})
    assert caught.value.code == MISMATCH
    assert client.v1.payment_intents.retrieve(waiting.id).status == "requires_action"


def test_an_account_is_saved_once_it_was_verified(
    client: stripe.StripeClient, customer: str
) -> None:
    setup = client.v1.setup_intents.create({"customer": customer, **UNVERIFIED})
    assert setup.status == "requires_action"
    assert client.v1.customers.payment_methods.list(customer).data == []
    saved = client.v1.setup_intents.verify_microdeposits(setup.id, {"amounts": [32, 45]})
    assert saved.status == "succeeded"
    assert client.v1.mandates.retrieve(saved.mandate).status == "active"
    kept = client.v1.customers.payment_methods.list(customer, {"type": "us_bank_account"})
    assert [one.id for one in kept.data] == [saved.payment_method]
