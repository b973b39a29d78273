"""Cards: which pay, what a decline says, what is kept and what is used while nobody is there."""

from __future__ import annotations

import pytest
import stripe

from tests.support import counterparts
from tests.support.counterparts import RETURN, pay, pay_unseen

DECLINES = [
    ("visa_chargeDeclined", "card_declined", "generic_decline"),
    ("visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
    ("visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
    ("visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
    ("chargeDeclinedExpiredCard", "expired_card", None),
    ("chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
    ("chargeDeclinedProcessingError", "processing_error", None),
]


@pytest.mark.parametrize(
    ("token", "brand"),
    [
        ("visa", "visa"),
        ("visa_debit", "visa"),
        ("mastercard", "mastercard"),
        ("amex", "amex"),
        ("pendingRefund", "visa"),
        ("refundFail", "visa"),
        ("createDispute", "visa"),
        ("createDisputeProductNotReceived", "visa"),
        ("createDisputeInquiry", "visa"),
        ("createIssuerFraudRecord", "visa"),
    ],
)
def test_a_good_card_pays(client: stripe.StripeClient, token: str, brand: str) -> None:
    paid = pay(client, f"pm_card_{token}", expand=["latest_charge"])
    assert (paid.status, paid.amount_received) == ("succeeded", 6244)
    charge = paid.latest_charge
    assert (charge.status, charge.paid, charge.outcome.type) == ("succeeded", True, "authorized")
    assert charge.payment_method_details.card.brand == brand


@pytest.mark.parametrize(("token", "code", "decline_code"), DECLINES)
def test_a_decline_says_why_and_leaves_intent_and_charge(
    client: stripe.StripeClient, token: str, code: str, decline_code: str | None
) -> None:
    with pytest.raises(stripe.CardError) as caught:
        pay(client, f"pm_card_{token}", metadata={"payment_no": "PAY-1"})
    error = caught.value.error
    assert (caught.value.http_status, error.type, error.code) == (402, "card_error", code)
    assert getattr(error, "decline_code", None) == decline_code
    assert error.payment_intent.status == "requires_payment_method"
    assert error.payment_intent.payment_method is None
    assert error.payment_intent.metadata.to_dict() == {"payment_no": "PAY-1"}
    kept = client.v1.payment_intents.retrieve(error.payment_intent.id).last_payment_error
    assert (kept.code, getattr(kept, "decline_code", None)) == (code, decline_code)
    charge = client.v1.charges.retrieve(error.charge)
    assert (charge.status, charge.paid, charge.failure_code) == ("failed", False, code)
    assert charge.outcome.reason == (decline_code or code)
    assert charge.balance_transaction is None


def test_another_card_pays_what_one_declined(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.CardError) as caught:
        pay(client, "pm_card_visa_chargeDeclined")
    body = {"payment_method": "pm_card_visa", **RETURN}
    paid = client.v1.payment_intents.confirm(caught.value.error.payment_intent.id, body)
    assert (paid.status, paid.last_payment_error) == ("succeeded", None)


def test_one_card_can_be_saved_and_then_declines(
    client: stripe.StripeClient, customer: str
) -> None:
    body = {"customer": customer}
    method = client.v1.payment_methods.attach("pm_card_chargeCustomerFail", body).id
    with pytest.raises(stripe.CardError) as caught:
        pay_unseen(client, customer, method)
    assert caught.value.error.decline_code == "generic_decline"
    assert client.v1.payment_methods.retrieve(method).customer == customer


@pytest.mark.parametrize(
    ("token", "brand", "last4"),
    [
        ("visa", "visa", "4242"),
        ("mastercard", "mastercard", "4444"),
        ("amex", "amex", "0005"),
        ("chargeCustomerFail", "visa", "0341"),
        ("authenticationRequired", "visa", "3184"),
        ("visa_chargeDeclined", "visa", "0002"),
        ("chargeDeclinedExpiredCard", "visa", "0069"),
    ],
)
def test_each_use_of_a_token_makes_a_card_of_its_own(
    client: stripe.StripeClient, token: str, brand: str, last4: str
) -> None:
    body = {"amount": 100, "currency": "usd", "payment_method": f"pm_card_{token}"}
    first, second = (client.v1.payment_intents.create(body).payment_method for _ in range(2))
    assert first != second
    card = client.v1.payment_methods.retrieve(second).card
    assert (card.brand, card.last4) == (brand, last4)


def test_a_payment_on_the_page_waits_for_authentication(client: stripe.StripeClient) -> None:
    waiting = pay(client, "pm_card_authenticationRequired")
    assert (waiting.status, waiting.next_action.type) == ("requires_action", "redirect_to_url")
    assert waiting.next_action.redirect_to_url.return_url == RETURN["return_url"]


@pytest.mark.parametrize("token", ["authenticationRequiredOnSetup", "authenticationRequired"])
def test_off_the_page_missing_authentication_is_a_decline(
    client: stripe.StripeClient, customer: str, token: str
) -> None:
    body = {"customer": customer}
    method = client.v1.payment_methods.attach(f"pm_card_{token}", body).id
    with pytest.raises(stripe.CardError) as caught:
        pay_unseen(client, customer, method)
    error = caught.value.error
    assert (caught.value.http_status, error.code) == (402, "authentication_required")
    assert error.decline_code == "authentication_required"
    assert error.payment_intent.status == "requires_payment_method"
    assert error.payment_method.id == method
    assert client.v1.payment_methods.retrieve(method).customer == customer


def test_a_card_already_set_up_pays_off_the_page(
    client: stripe.StripeClient, customer: str
) -> None:
    token, body = "pm_card_authenticationRequiredSetupForOffSession", {"customer": customer}
    method = client.v1.payment_methods.attach(token, body).id
    assert pay_unseen(client, customer, method).status == "succeeded"


def test_a_card_is_set_up_and_then_charged_off_the_page(
    client: stripe.StripeClient, customer: str
) -> None:
    intent = client.v1.setup_intents.create({"customer": customer, "usage": "off_session"})
    assert intent.status == "requires_payment_method"
    body = {"payment_method": "pm_card_visa", "expand": ["latest_attempt"], **RETURN}
    done = client.v1.setup_intents.confirm(intent.id, body)
    assert (done.status, done.latest_attempt.status) == ("succeeded", "succeeded")
    assert client.v1.payment_methods.retrieve(done.payment_method).customer == customer
    found = client.v1.setup_intents.list({"payment_method": done.payment_method})
    assert [one.id for one in found.data] == [intent.id]
    assert pay_unseen(client, customer, done.payment_method).status == "succeeded"


def test_a_payment_keeps_the_card_for_the_next(client: stripe.StripeClient, customer: str) -> None:
    first = pay(client, "pm_card_visa", customer=customer, setup_future_usage="off_session")
    kept = client.v1.customers.payment_methods.list(customer, {"type": "card"})
    assert [one.id for one in kept.data] == [first.payment_method]
    assert pay_unseen(client, customer, first.payment_method).status == "succeeded"


def test_a_detached_card_is_gone_for_good(client: stripe.StripeClient, customer: str) -> None:
    method = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    settings = {"invoice_settings": {"default_payment_method": method}}
    client.v1.customers.update(customer, settings)
    assert client.v1.payment_methods.detach(method).customer is None
    read = client.v1.customers.retrieve(customer)
    assert read.invoice_settings.default_payment_method is None
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        client.v1.payment_methods.attach(method, {"customer": customer})
    with pytest.raises(stripe.InvalidRequestError, match="not attached"):
        client.v1.payment_methods.detach(method)
    event = counterparts.told(client, "payment_method.detached", method)
    assert event.data.previous_attributes.to_dict() == {"customer": customer}


def test_a_confirmation_token_shows_what_was_chosen_and_pays_once(
    client: stripe.StripeClient,
) -> None:
    body = {"payment_method": "pm_card_visa", **RETURN}
    made = client.v1.test_helpers.confirmation_tokens.create(body)
    assert made.payment_method_preview.card.last4 == "4242"
    body = {"amount": 6244, "currency": "usd", "confirm": True, "confirmation_token": made.id}
    paid = client.v1.payment_intents.create(body)
    assert paid.status == "succeeded"
    assert client.v1.confirmation_tokens.retrieve(made.id).payment_intent == paid.id
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.create(body)


def test_a_confirmation_token_sets_a_method_up(client: stripe.StripeClient, customer: str) -> None:
    body = {"payment_method": "pm_card_visa", **RETURN}
    made = client.v1.test_helpers.confirmation_tokens.create(body)
    intent = client.v1.setup_intents.create({"customer": customer})
    saved = client.v1.setup_intents.confirm(intent.id, {"confirmation_token": made.id})
    assert saved.status == "succeeded"
    assert client.v1.confirmation_tokens.retrieve(made.id).setup_intent == saved.id
