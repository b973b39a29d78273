"""The states of a payment: which moves are allowed, and what every other move answers."""

import pytest
import stripe

from tests.support import sandbox as sandboxes

RETURN = {"return_url": "https://portal.test/back"}
NEVER = {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}


def make(client: stripe.StripeClient, **more: object) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create({"amount": 2500, "currency": "usd", **more})


def paid(client: stripe.StripeClient) -> stripe.PaymentIntent:
    return make(client, payment_method="pm_card_visa", confirm=True, **RETURN)


def test_a_payment_is_made_given_a_card_and_confirmed(client: stripe.StripeClient) -> None:
    intent = make(client, metadata={"payment_no": "PAY-7"}, description="Two invoices")
    assert intent.status == "requires_payment_method"
    assert intent.client_secret.startswith(f"{intent.id}_secret_")
    assert intent.livemode is False
    intent = client.v1.payment_intents.update(intent.id, {"payment_method": "pm_card_visa"})
    assert intent.status == "requires_confirmation"
    intent = client.v1.payment_intents.confirm(intent.id, RETURN)
    assert (intent.status, intent.amount_received) == ("succeeded", 2500)
    charge = client.v1.charges.retrieve(intent.latest_charge)
    assert (charge.payment_intent, charge.metadata["payment_no"]) == (intent.id, "PAY-7")


@pytest.mark.parametrize("doing", ["confirm", "cancel", "amount"])
@pytest.mark.parametrize("state", ["succeeded", "canceled"])
def test_a_finished_payment_takes_no_more_moves(
    client: stripe.StripeClient, state: str, doing: str
) -> None:
    intent = paid(client) if state == "succeeded" else make(client)
    if state == "canceled":
        client.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
    moves = {
        "confirm": lambda: client.v1.payment_intents.confirm(
            intent.id, {"payment_method": "pm_card_visa", **RETURN}
        ),
        "cancel": lambda: client.v1.payment_intents.cancel(intent.id),
        "amount": lambda: client.v1.payment_intents.update(intent.id, {"amount": 300}),
    }
    with pytest.raises(stripe.InvalidRequestError) as caught:
        moves[doing]()
    assert caught.value.code == "payment_intent_unexpected_state"
    assert caught.value.error.payment_intent.status == state
    assert client.v1.payment_intents.retrieve(intent.id).status == state


@pytest.mark.parametrize("state", ["new", "with card", "waiting for the bank"])
def test_an_open_payment_can_be_cancelled(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient, state: str
) -> None:
    if state == "new":
        intent = make(client)
    elif state == "with card":
        intent = make(client, payment_method="pm_card_visa")
    else:
        method = "pm_card_authenticationRequired"
        intent = make(client, payment_method=method, confirm=True, **RETURN)
        assert intent.status == "requires_action"
    ended = client.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "duplicate"})
    assert (ended.status, ended.cancellation_reason) == ("canceled", "duplicate")
    assert ended.canceled_at is not None


def test_a_bank_page_answered_after_cancelling_takes_nothing(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    intent = make(client, payment_method="pm_card_authenticationRequired", confirm=True, **RETURN)
    client.v1.payment_intents.cancel(intent.id)
    sandbox.authenticate(intent)
    after = client.v1.payment_intents.retrieve(intent.id)
    assert (after.status, after.latest_charge) == ("canceled", None)


def test_words_may_change_after_success(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.update(paid(client).id, {"metadata": {"a": "1"}})
    assert intent.metadata.to_dict() == {"a": "1"}
    intent = client.v1.payment_intents.update(intent.id, {"metadata": {"a": "", "b": "2"}})
    assert intent.metadata.to_dict() == {"b": "2"}


def test_confirming_without_a_card_is_refused(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="missing a payment method"):
        client.v1.payment_intents.confirm(make(client).id, RETURN)


def test_a_server_must_say_where_a_redirect_returns(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="return_url"):
        make(client, payment_method="pm_card_visa", confirm=True)
    assert make(client, payment_method="pm_card_visa", confirm=True, **NEVER).status == "succeeded"


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"currency": "usd"}, "parameter_missing", "amount"),
        ({"amount": 100}, "parameter_missing", "currency"),
        ({"amount": 49, "currency": "usd"}, "amount_too_small", "amount"),
        ({"amount": 100000000, "currency": "usd"}, "amount_too_large", "amount"),
        ({"amount": "12.5", "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": 100, "currency": "xyz"}, None, "currency"),
        (
            {"amount": 100, "currency": "usd", "payment_method_types": ["card"]},
            "parameter_unknown",
            "payment_method_types",
        ),
        (
            {
                "amount": 100,
                "currency": "usd",
                "payment_method_options": {"card": {"speed": "high"}},
            },
            "parameter_unknown",
            "payment_method_options[card][speed]",
        ),
        (
            {"amount": 100, "currency": "usd", "customer": "cus_none"},
            "resource_missing",
            "customer",
        ),
        (
            {"amount": 100, "currency": "usd", "payment_method": "pm_none"},
            "resource_missing",
            "payment_method",
        ),
        ({"amount": 100, "currency": "usd", "off_session": True}, None, "off_session"),
        ({"amount": 100, "currency": "usd", "capture_method": "manual"}, None, "capture_method"),
    ],
)
def test_parameters_that_are_wrong_are_named(
    client: stripe.StripeClient, body: dict[str, object], code: str | None, param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.create(body)
    assert (caught.value.http_status, caught.value.code, caught.value.param) == (400, code, param)
    assert client.v1.payment_intents.list().data == []


def test_what_does_not_exist_is_404(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.retrieve("pi_none")
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


def test_a_card_of_another_customer_is_refused(client: stripe.StripeClient) -> None:
    owner = client.v1.customers.create()
    other = client.v1.customers.create()
    method = client.v1.payment_methods.attach("pm_card_visa", {"customer": owner.id})
    for customer in ({}, {"customer": other.id}):
        with pytest.raises(stripe.InvalidRequestError, match="belongs to a Customer"):
            make(client, payment_method=method.id, **customer)


def test_a_card_used_once_without_a_customer_is_spent(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    method = sandbox.card("4242424242424242")
    make(client, payment_method=method, confirm=True, **RETURN)
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        make(client, payment_method=method, confirm=True, **RETURN)


def test_a_card_to_be_kept_is_attached_when_the_payment_succeeds(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    customer = client.v1.customers.create()
    method = sandbox.card("4242424242424242")
    intent = make(client, customer=customer.id, setup_future_usage="off_session")
    assert client.v1.payment_methods.retrieve(method).customer is None
    client.v1.payment_intents.confirm(intent.id, {"payment_method": method, **RETURN})
    kept = client.v1.customers.payment_methods.list(customer.id, {"type": "card"})
    assert [one.id for one in kept.data] == [method]


def test_payments_are_listed_by_customer_and_time(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    customer = client.v1.customers.create()
    make(client)
    early = make(client, customer=customer.id)
    sandbox.advance(3600)
    late = make(client, customer=customer.id)
    mine = client.v1.payment_intents.list({"customer": customer.id})
    assert [one.id for one in mine.data] == [late.id, early.id]
    since = client.v1.payment_intents.list(
        {"customer": customer.id, "created": {"gte": late.created}}
    )
    assert [one.id for one in since.data] == [late.id]


def test_setup_intents_move_as_payments_do(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create()
    intent = client.v1.setup_intents.create({"customer": customer.id, "usage": "off_session"})
    assert intent.status == "requires_payment_method"
    done = client.v1.setup_intents.confirm(
        intent.id, {"payment_method": "pm_card_visa", "expand": ["latest_attempt"], **RETURN}
    )
    assert (done.status, done.latest_attempt.status) == ("succeeded", "succeeded")
    assert client.v1.payment_methods.retrieve(done.payment_method).customer == customer.id
    for move in (client.v1.setup_intents.cancel, client.v1.setup_intents.confirm):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            move(intent.id)
        assert caught.value.code == "setup_intent_unexpected_state"
    found = client.v1.setup_intents.list({"payment_method": done.payment_method})
    assert [one.id for one in found.data] == [intent.id]
    ended = client.v1.setup_intents.cancel(client.v1.setup_intents.create().id)
    assert ended.status == "canceled"
