"""Every card that does not simply pay, and every detail that cannot be right."""

import pytest
import stripe

from tests.support import sandbox as sandboxes

RETURN = {"return_url": "https://portal.test/back"}
DECLINES = [
    ("4000000000000002", "card_declined", "generic_decline", None),
    ("4000000000009995", "card_declined", "insufficient_funds", None),
    ("4000000000009987", "card_declined", "lost_card", None),
    ("4000000000009979", "card_declined", "stolen_card", None),
    ("4000000000000069", "expired_card", None, "exp_month"),
    ("4000000000000127", "incorrect_cvc", None, "cvc"),
    ("4000000000000119", "processing_error", None, None),
]


def pay(client: stripe.StripeClient, method: str, **more: object) -> stripe.PaymentIntent:
    body = {"amount": 2500, "currency": "usd", "payment_method": method, "confirm": True}
    return client.v1.payment_intents.create({**body, **RETURN, **more})


@pytest.mark.parametrize(
    ("number", "brand"),
    [
        ("4242424242424242", "visa"),
        ("5555555555554444", "mastercard"),
        ("378282246310005", "amex"),
        ("4000000000007726", "visa"),
        ("4000000000005126", "visa"),
    ],
)
def test_good_cards_pay(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient, number: str, brand: str
) -> None:
    intent = pay(client, sandbox.card(number), expand=["latest_charge"])
    card = intent.latest_charge.payment_method_details.card
    assert (intent.status, intent.amount_received) == ("succeeded", 2500)
    assert (card.brand, card.last4) == (brand, number[-4:])
    assert intent.latest_charge.outcome.type == "authorized"
    assert card.checks.cvc_check == "pass"


@pytest.mark.parametrize(("number", "code", "decline_code", "param"), DECLINES)
def test_a_declining_card_cannot_be_saved(
    sandbox: sandboxes.Sandbox,
    client: stripe.StripeClient,
    number: str,
    code: str,
    decline_code: str | None,
    param: str | None,
) -> None:
    customer = client.v1.customers.create()
    method = sandbox.card(number)
    with pytest.raises(stripe.CardError) as attaching:
        client.v1.payment_methods.attach(method, {"customer": customer.id})
    refused = attaching.value.error
    assert (refused.code, refused.decline_code, refused.param) == (code, decline_code, param)
    with pytest.raises(stripe.CardError) as setting_up:
        client.v1.setup_intents.create(
            {"customer": customer.id, "payment_method": method, "confirm": True, **RETURN}
        )
    assert setting_up.value.error.code == code
    assert setting_up.value.error.setup_intent.status == "requires_payment_method"
    assert client.v1.customers.payment_methods.list(customer.id).data == []


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"number": "4242424242424241"}, "incorrect_number", "number"),
        ({"number": "42424242"}, "invalid_number", "number"),
        ({"exp_year": 2020}, "invalid_expiry_year", "exp_year"),
        ({"exp_year": 99}, "invalid_expiry_year", "exp_year"),
        ({"exp_month": 13}, "invalid_expiry_month", "exp_month"),
        ({"cvc": "1"}, "invalid_cvc", "cvc"),
        ({"cvc": "abc"}, "invalid_cvc", "cvc"),
    ],
)
def test_details_that_cannot_be_right_are_refused(
    sandbox: sandboxes.Sandbox, fields: dict[str, object], code: str, param: str
) -> None:
    number = str(fields.pop("number", "4242424242424242"))
    with pytest.raises(stripe.CardError) as caught:
        sandbox.card(number, **fields)
    assert (caught.value.code, caught.value.param) == (code, param)


@pytest.mark.parametrize("number", ["4111111111111111", "4000000404000038"])
def test_numbers_that_no_test_card_has_are_declined(
    sandbox: sandboxes.Sandbox, number: str
) -> None:
    with pytest.raises(stripe.CardError) as caught:
        sandbox.card(number)
    assert caught.value.error.decline_code == "test_mode_live_card"


def test_the_same_number_has_the_same_fingerprint(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    first, second, other = (
        client.v1.payment_methods.retrieve(sandbox.card(number)).card.fingerprint
        for number in ("4242424242424242", "4242424242424242", "5555555555554444")
    )
    assert first == second != other


def test_a_server_may_not_send_card_numbers(client: stripe.StripeClient) -> None:
    card = {"number": "4242424242424242", "exp_month": 1, "exp_year": 2040, "cvc": "123"}
    with pytest.raises(stripe.StripeError, match="publishable key"):
        client.v1.payment_methods.create({"type": "card", "card": card})
