"""Every card that does not simply pay, and every detail that cannot be right."""

import pytest
import stripe

from tests.support import sandbox as sandboxes

RETURN = {"return_url": "https://portal.test/back"}
DECLINES = [
    ("4000000000000002", "card_declined", "generic_decline"),
    ("4000000000009995", "card_declined", "insufficient_funds"),
    ("4000000000009987", "card_declined", "lost_card"),
    ("4000000000009979", "card_declined", "stolen_card"),
    ("4000000000000069", "expired_card", "expired_card"),
    ("4000000000000127", "incorrect_cvc", "incorrect_cvc"),
    ("4000000000000119", "processing_error", "processing_error"),
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


@pytest.mark.parametrize(("number", "code", "decline_code"), DECLINES)
def test_a_declined_payment_carries_code_intent_and_charge(
    sandbox: sandboxes.Sandbox,
    client: stripe.StripeClient,
    number: str,
    code: str,
    decline_code: str,
) -> None:
    with pytest.raises(stripe.CardError) as caught:
        pay(client, sandbox.card(number), metadata={"payment_no": "PAY-1"})
    error = caught.value.error
    assert (caught.value.http_status, error.type) == (402, "card_error")
    assert (error.code, error.decline_code) == (code, decline_code)
    assert error.payment_intent.status == "requires_payment_method"
    assert error.payment_intent.payment_method is None
    assert error.payment_intent.metadata.to_dict() == {"payment_no": "PAY-1"}
    kept = client.v1.payment_intents.retrieve(error.payment_intent.id)
    assert kept.last_payment_error.decline_code == decline_code
    charge = client.v1.charges.retrieve(error.charge)
    assert (charge.status, charge.paid, charge.failure_code) == ("failed", False, code)
    assert charge.outcome.reason == decline_code
    assert charge.balance_transaction is None


@pytest.mark.parametrize(("number", "code", "decline_code"), DECLINES)
def test_a_declining_card_cannot_be_saved(
    sandbox: sandboxes.Sandbox,
    client: stripe.StripeClient,
    number: str,
    code: str,
    decline_code: str,
) -> None:
    customer = client.v1.customers.create()
    method = sandbox.card(number)
    with pytest.raises(stripe.CardError) as attaching:
        client.v1.payment_methods.attach(method, {"customer": customer.id})
    assert attaching.value.error.decline_code == decline_code
    with pytest.raises(stripe.CardError) as setting_up:
        client.v1.setup_intents.create(
            {"customer": customer.id, "payment_method": method, "confirm": True, **RETURN}
        )
    assert setting_up.value.error.code == code
    assert setting_up.value.error.setup_intent.status == "requires_payment_method"
    assert client.v1.customers.payment_methods.list(customer.id).data == []


def test_one_card_can_be_saved_and_then_declines(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    customer = client.v1.customers.create()
    method = sandbox.card("4000000000000341")
    client.v1.payment_methods.attach(method, {"customer": customer.id})
    with pytest.raises(stripe.CardError) as caught:
        pay(client, method, customer=customer.id, off_session=True)
    assert caught.value.error.decline_code == "generic_decline"
    assert client.v1.payment_methods.retrieve(method).customer == customer.id


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


@pytest.mark.parametrize(
    ("token", "last4"),
    [
        ("pm_card_visa", "4242"),
        ("pm_card_mastercard", "4444"),
        ("pm_card_amex", "0005"),
        ("pm_card_chargeCustomerFail", "0341"),
        ("pm_card_authenticationRequired", "3184"),
        ("pm_card_visa_chargeDeclined", "0002"),
        ("pm_card_chargeDeclinedExpiredCard", "0069"),
    ],
)
def test_each_use_of_a_token_makes_a_card_of_its_own(
    client: stripe.StripeClient, token: str, last4: str
) -> None:
    ids = set()
    for _ in range(2):
        intent = client.v1.payment_intents.create(
            {"amount": 100, "currency": "usd", "payment_method": token}
        )
        ids.add(intent.payment_method)
        assert client.v1.payment_methods.retrieve(intent.payment_method).card.last4 == last4
    assert len(ids) == 2
