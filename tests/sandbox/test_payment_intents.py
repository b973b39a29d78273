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
    ("body", "param"),
    [
        ({"amount": 100, "currency": "xyz"}, "currency"),
        ({"amount": 100, "currency": "usd", "off_session": True}, "off_session"),
        ({"amount": 100, "currency": "usd", "capture_method": "manual"}, "capture_method"),
    ],
)
def test_what_is_refused_leaves_no_payment(
    client: stripe.StripeClient, body: dict[str, object], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.create(body)
    assert (caught.value.http_status, caught.value.code, caught.value.param) == (400, None, param)
    assert client.v1.payment_intents.list().data == []


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
