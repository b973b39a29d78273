"""What every address shares: idempotency, refusals by name, states, pages, expansion, events."""

from __future__ import annotations

import pytest
import stripe

from tests.support.counterparts import RETURN, fresh_key, pay, told


def make(client: stripe.StripeClient, **more: object) -> stripe.PaymentIntent:
    """A payment that nobody has confirmed yet."""
    return client.v1.payment_intents.create({"amount": 2500, "currency": "usd", **more})


def test_a_repeated_key_gives_the_first_answer_again(
    client: stripe.StripeClient, customer: str
) -> None:
    body = {"amount": 2500, "currency": "usd", "confirm": True, "customer": customer, **RETURN}
    body["payment_method"], options = "pm_card_visa", {"idempotency_key": fresh_key()}
    first = client.v1.payment_intents.create(body, options)
    second = client.v1.payment_intents.create(body, options)
    assert first.id == second.id
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    assert second.last_response.headers["Original-Request"] == first.last_response.request_id
    assert len(client.v1.charges.list({"customer": customer}).data) == 1


def test_a_repeated_decline_charges_no_second_time(
    client: stripe.StripeClient, customer: str
) -> None:
    body = {"amount": 2500, "currency": "usd", "confirm": True, "customer": customer, **RETURN}
    body["payment_method"] = "pm_card_visa_chargeDeclined"
    options = {"idempotency_key": fresh_key()}
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            client.v1.payment_intents.create(body, options)
    assert len(client.v1.charges.list({"customer": customer}).data) == 1


def test_a_key_with_another_body_or_address_is_refused(client: stripe.StripeClient) -> None:
    options = {"idempotency_key": fresh_key()}
    client.v1.customers.create({"name": "A"}, options)
    with pytest.raises(stripe.IdempotencyError) as caught:
        client.v1.customers.create({"name": "B"}, options)
    assert (caught.value.http_status, caught.value.error.type) == (400, "idempotency_error")
    with pytest.raises(stripe.IdempotencyError):
        client.v1.setup_intents.create({}, options)


def test_a_request_that_never_began_frees_its_key(client: stripe.StripeClient) -> None:
    options = {"idempotency_key": fresh_key()}
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.customers.create({"nme": "A"}, options)
    assert (caught.value.http_status, caught.value.code) == (400, "parameter_unknown")
    assert caught.value.param == "nme"
    assert client.v1.customers.create({"name": "A"}, options).name == "A"


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"amount": None}, "parameter_missing", "amount"),
        ({"currency": None}, "parameter_missing", "currency"),
        ({"amount": 49}, "amount_too_small", "amount"),
        ({"amount": 100000000}, "amount_too_large", "amount"),
        ({"amount": "12.5"}, "parameter_invalid_integer", "amount"),
        ({"payment_method_types": ["card"]}, "parameter_unknown", "payment_method_types"),
        (
            {"payment_method_options": {"card": {"speed": "high"}}},
            "parameter_unknown",
            "payment_method_options[card][speed]",
        ),
        ({"customer": "cus_none"}, "resource_missing", "customer"),
        ({"payment_method": "pm_none"}, "resource_missing", "payment_method"),
    ],
)
def test_parameters_that_are_wrong_are_named(
    client: stripe.StripeClient, change: dict[str, object], code: str, param: str
) -> None:
    body = {"amount": 2500, "currency": "usd", **change}
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.create({k: v for k, v in body.items() if v is not None})
    assert (caught.value.http_status, caught.value.code, caught.value.param) == (400, code, param)


def test_what_does_not_exist_is_404(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.retrieve("pi_none")
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


@pytest.mark.parametrize("doing", ["confirm", "cancel", "amount"])
@pytest.mark.parametrize("state", ["succeeded", "canceled"])
def test_a_finished_payment_takes_no_more_moves(
    client: stripe.StripeClient, state: str, doing: str
) -> None:
    intent = pay(client, "pm_card_visa") if state == "succeeded" else make(client)
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
def test_an_open_payment_can_be_cancelled(client: stripe.StripeClient, state: str) -> None:
    if state == "new":
        intent = make(client)
    elif state == "with card":
        intent = make(client, payment_method="pm_card_visa")
    else:
        intent = pay(client, "pm_card_authenticationRequired")
        assert intent.status == "requires_action"
    ended = client.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "duplicate"})
    assert (ended.status, ended.cancellation_reason) == ("canceled", "duplicate")
    assert ended.canceled_at is not None


@pytest.mark.parametrize("move", ["cancel", "confirm"])
def test_a_finished_setup_takes_no_more_moves(client: stripe.StripeClient, move: str) -> None:
    body = {"payment_method": "pm_card_visa", "confirm": True, **RETURN}
    done = client.v1.setup_intents.create(body)
    assert done.status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        getattr(client.v1.setup_intents, move)(done.id)
    assert caught.value.code == "setup_intent_unexpected_state"


def test_an_open_setup_can_be_cancelled(client: stripe.StripeClient) -> None:
    assert client.v1.setup_intents.cancel(client.v1.setup_intents.create().id).status == "canceled"


def test_pages_follow_each_other_and_know_their_end(
    client: stripe.StripeClient, customer: str
) -> None:
    made = [make(client, customer=customer).id for _ in range(5)]
    newest, mine = made[::-1], {"customer": customer}
    first = client.v1.payment_intents.list({**mine, "limit": 2})
    assert ([one.id for one in first.data], first.has_more) == (newest[:2], True)
    second = client.v1.payment_intents.list({**mine, "limit": 3, "starting_after": newest[1]})
    assert ([one.id for one in second.data], second.has_more) == (newest[2:], False)
    back = client.v1.payment_intents.list({**mine, "limit": 2, "ending_before": newest[3]})
    assert ([one.id for one in back.data], back.has_more) == (newest[1:3], True)
    walked = client.v1.payment_intents.list({**mine, "limit": 2}).auto_paging_iter()
    assert [one.id for one in walked] == newest


@pytest.mark.parametrize(
    "params", [{"limit": 0}, {"limit": 101}, {"starting_after": "cus_none"}, {"page": 2}]
)
def test_pages_that_cannot_be_are_refused(
    client: stripe.StripeClient, params: dict[str, object]
) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.customers.list(params)


def test_what_is_named_comes_whole(client: stripe.StripeClient, customer: str) -> None:
    paid = pay(client, "pm_card_visa", customer=customer)
    assert (paid.customer, paid.payment_method[:3], paid.latest_charge[:3]) == (
        customer,
        "pm_",
        "ch_",
    )
    parts = ["customer", "payment_method", "latest_charge"]
    whole = client.v1.payment_intents.retrieve(paid.id, {"expand": parts})
    assert whole.customer.name == "Dana Reyes"
    assert whole.payment_method.card.last4 == "4242"
    assert (whole.latest_charge.id, whole.latest_charge.amount) == (paid.latest_charge, 6244)
    listed = client.v1.payment_intents.list(
        {"customer": customer, "expand": [f"data.{part}" for part in parts]}
    )
    assert [one.latest_charge.id for one in listed.data] == [paid.latest_charge]


@pytest.mark.parametrize(
    "path",
    [
        "amount",
        "latest_charge.outcome",
        "data.customer",
        "latest_charge.payment_intent.latest_charge.payment_intent.latest_charge",
    ],
)
def test_what_is_no_object_cannot_be_expanded(client: stripe.StripeClient, path: str) -> None:
    paid = pay(client, "pm_card_visa")
    with pytest.raises(stripe.InvalidRequestError, match="expand"):
        client.v1.payment_intents.retrieve(paid.id, {"expand": [path]})


def test_an_event_tells_what_happened_and_by_which_request(client: stripe.StripeClient) -> None:
    body = {"amount": 2500, "currency": "usd", "metadata": {"payment_no": "PAY-1"}}
    key = fresh_key()
    made = client.v1.payment_intents.create(body, {"idempotency_key": key})
    assert made.last_response.request_id.startswith("req_")
    event = told(client, "payment_intent.created", made.id)
    assert event.data.object["metadata"].to_dict() == {"payment_no": "PAY-1"}
    assert (event.request.id, event.request.idempotency_key) == (
        made.last_response.request_id,
        key,
    )
    assert event.id == client.v1.events.retrieve(event.id).id


@pytest.mark.parametrize(
    ("token", "type"),
    [
        ("pm_card_visa", "payment_intent.succeeded"),
        ("pm_card_authenticationRequired", "payment_intent.requires_action"),
    ],
)
def test_events_follow_a_payment(client: stripe.StripeClient, token: str, type: str) -> None:
    intent = pay(client, token)
    event = told(client, type, intent.id)
    assert event.data.object["status"] == intent.status
    assert event.created >= intent.created
