"""Confirmation tokens and customer sessions: what a browser hands to a server, and the reverse."""

import pytest
import requests
import stripe

from tests.support import sandbox as sandboxes

RETURN = {"return_url": "https://portal.test/back"}
TEST_NUMBER = "000123456789"


def token(client: stripe.StripeClient, **more: object) -> stripe.ConfirmationToken:
    body = {"payment_method": "pm_card_visa", **RETURN, **more}
    return client.v1.test_helpers.confirmation_tokens.create(body)


def pay_with(client: stripe.StripeClient, id: str, **more: object) -> stripe.PaymentIntent:
    body = {"amount": 6244, "currency": "usd", "confirm": True, "confirmation_token": id}
    return client.v1.payment_intents.create({**body, **more})


def browser_token(sandbox: sandboxes.Sandbox) -> dict[str, object]:
    """A token for a bank account, made as stripe.js makes it."""
    answer = requests.post(
        f"{sandbox.url}/v1/confirmation_tokens",
        auth=(sandboxes.PUBLISHABLE_KEY, ""),
        headers={"User-Agent": "A phone"},
        data={
            "payment_method_data[type]": "us_bank_account",
            "payment_method_data[us_bank_account][account_number]": TEST_NUMBER,
            "payment_method_data[us_bank_account][routing_number]": "110000000",
            "payment_method_data[us_bank_account][account_holder_type]": "individual",
            "payment_method_data[billing_details][name]": "Dana Reyes",
            "mandate_data[customer_acceptance][type]": "online",
            "mandate_data[customer_acceptance][online][infer_from_client]": "true",
            "return_url": "https://portal.test/back",
            "setup_future_usage": "off_session",
        },
        timeout=20,
    )
    assert answer.ok, answer.text
    return dict(answer.json())


def test_a_token_of_a_browser_brings_the_mandate(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    made = browser_token(sandbox)
    held = client.v1.confirmation_tokens.retrieve(str(made["id"]))
    assert held.payment_method_preview.us_bank_account.last4 == TEST_NUMBER[-4:]
    assert held.mandate_data.customer_acceptance.online.user_agent == "A phone"
    customer = client.v1.customers.create()
    paid = pay_with(client, held.id, customer=customer.id)
    assert (paid.status, paid.setup_future_usage) == ("processing", "off_session")
    assert len(client.v1.customers.payment_methods.list(customer.id).data) == 1
    charge = client.v1.charges.retrieve(paid.latest_charge)
    mandate = client.v1.mandates.retrieve(charge.payment_method_details.us_bank_account.mandate)
    assert mandate.customer_acceptance.online.user_agent == "A phone"
    assert mandate.type == "multi_use"


@pytest.mark.parametrize(
    "more", [{"payment_method": "pm_card_visa"}, {"confirm": False}, {"mandate": "mandate_none"}]
)
def test_a_token_goes_with_a_confirmation_and_no_other_method(
    client: stripe.StripeClient, more: dict[str, object]
) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        pay_with(client, token(client).id, **more)
    assert client.v1.payment_intents.list().data == []


def test_a_token_expires(sandbox: sandboxes.Sandbox, client: stripe.StripeClient) -> None:
    made = token(client)
    assert made.expires_at - made.created == 12 * 3600
    sandbox.advance(12 * 3600)
    with pytest.raises(stripe.InvalidRequestError, match="expired"):
        pay_with(client, made.id)


def test_a_decline_uses_the_token_up(client: stripe.StripeClient) -> None:
    made = token(client, payment_method="pm_card_chargeDeclined")
    with pytest.raises(stripe.CardError):
        pay_with(client, made.id)
    with pytest.raises(stripe.InvalidRequestError, match="already been used"):
        pay_with(client, made.id)


def test_a_customer_session_grants_what_was_asked(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create()
    wanted = {"payment_method_save": "enabled", "payment_method_save_usage": "off_session"}
    element = {"enabled": True, "features": wanted}
    made = client.v1.customer_sessions.create(
        {"customer": customer.id, "components": {"payment_element": element}}
    )
    assert made.client_secret.startswith("cuss_secret_")
    assert made.expires_at - made.created == 1800
    granted = made.components.payment_element.features
    assert (granted.payment_method_save, granted.payment_method_remove) == ("enabled", "disabled")
    assert made.components.buy_button.enabled is False


@pytest.mark.parametrize(
    "components",
    [
        {"payment_element": {"enabled": False}},
        {"payment_element": {"enabled": True, "features": {"payment_method_save": "enabled"}}},
        {"buy_button": {"enabled": True}},
    ],
)
def test_a_customer_session_for_nothing_is_refused(
    client: stripe.StripeClient, components: dict[str, object]
) -> None:
    customer = client.v1.customers.create()
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.customer_sessions.create({"customer": customer.id, "components": components})
