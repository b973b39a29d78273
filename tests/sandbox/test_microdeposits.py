"""Two small deposits that prove a bank account: told right, told wrong, never told."""

import pytest
import requests
import stripe

from tests.support import sandbox as sandboxes

RETURN = {"return_url": "https://portal.test/back"}
DEPOSITS = {"us_bank_account": {"verification_method": "microdeposits"}}
MISMATCH = "payment_method_microdeposit_verification_amounts_mismatch"


def asked(
    sandbox: sandboxes.Sandbox, number: str = sandboxes.GOOD_ACCOUNT, **account: str
) -> stripe.PaymentIntent:
    client = sandbox.client()
    return client.v1.payment_intents.create(
        {
            "amount": 6244,
            "currency": "usd",
            "customer": client.v1.customers.create().id,
            "setup_future_usage": "off_session",
            "payment_method": sandbox.bank_account(number, **account),
            "payment_method_options": DEPOSITS,
            "mandate_data": sandboxes.ACCEPTED,
            "confirm": True,
            **RETURN,
        }
    )


def told(client: stripe.StripeClient, intent: str, *amounts: int) -> stripe.PaymentIntent:
    return client.v1.payment_intents.verify_microdeposits(intent, {"amounts": list(amounts)})


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("checking", {"amounts": [45, 32]}),
        ("savings", {"descriptor_code": "SM11AA"}),
    ],
)
def test_right_amounts_or_the_code_send_the_debit(
    sandbox: sandboxes.Sandbox,
    client: stripe.StripeClient,
    kind: str,
    answer: dict[str, object],
) -> None:
    intent = asked(sandbox, account_type=kind)
    action = intent.next_action.verify_with_microdeposits
    wanted = "descriptor_code" if kind == "savings" else "amounts"
    assert (intent.status, action.microdeposit_type) == ("requires_action", wanted)
    assert action.arrival_date > intent.created
    assert client.v1.charges.list().data == []
    sent = client.v1.payment_intents.verify_microdeposits(intent.id, answer)
    assert (sent.status, sent.next_action) == ("processing", None)
    happened = [event.type for event in client.v1.events.list({"limit": 4}).data]
    assert set(happened) == {
        "mandate.updated",
        "charge.pending",
        "payment_method.attached",
        "payment_intent.processing",
    }


def test_a_verified_account_is_not_asked_again(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    intent = asked(sandbox)
    told(client, intent.id, 32, 45)
    again = client.v1.payment_intents.create(
        {
            "amount": 100,
            "currency": "usd",
            "customer": intent.customer,
            "payment_method": intent.payment_method,
            "payment_method_options": DEPOSITS,
            "confirm": True,
            "off_session": True,
            **RETURN,
        }
    )
    assert again.status == "processing"


def test_ten_wrong_answers_end_it(sandbox: sandboxes.Sandbox, client: stripe.StripeClient) -> None:
    intent = asked(sandbox)
    for tries in range(1, 10):
        with pytest.raises(stripe.InvalidRequestError, match=f"{10 - tries} attempts") as caught:
            told(client, intent.id, 1, 2)
        assert caught.value.code == MISMATCH
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_action"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        told(client, intent.id, 1, 2)
    code = "payment_method_microdeposit_verification_attempts_exceeded"
    assert caught.value.code == code
    over = client.v1.payment_intents.retrieve(intent.id)
    assert (over.status, over.last_payment_error.code) == ("requires_payment_method", code)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        told(client, intent.id, 32, 45)
    assert caught.value.code == "payment_intent_unexpected_state"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"amounts": [32]}, "payment_method_microdeposit_verification_amounts_invalid"),
        ({"amounts": [0, 45]}, "payment_method_microdeposit_verification_amounts_invalid"),
        ({}, "parameter_missing"),
        ({"amounts": [32, 45], "descriptor_code": "SM11AA"}, "parameter_missing"),
        (
            {"descriptor_code": "SM11AB"},
            "payment_method_microdeposit_verification_descriptor_code_mismatch",
        ),
        ({"amounts": [40, 41]}, "payment_method_microdeposit_verification_timeout"),
        (
            {"descriptor_code": "SM33CC"},
            "payment_method_microdeposit_verification_attempts_exceeded",
        ),
    ],
)
def test_other_answers_are_refused(
    sandbox: sandboxes.Sandbox,
    client: stripe.StripeClient,
    answer: dict[str, object],
    code: str,
) -> None:
    intent = asked(sandbox)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.verify_microdeposits(intent.id, answer)
    assert caught.value.code == code
    assert client.v1.charges.list().data == []


@pytest.mark.parametrize(
    ("number", "days", "code"),
    [
        ("000123456789", 10.1, "payment_method_microdeposit_verification_timeout"),
        ("000666666661", 4.1, "payment_method_microdeposit_failed"),
    ],
)
def test_nobody_waits_for_ever(
    sandbox: sandboxes.Sandbox,
    client: stripe.StripeClient,
    number: str,
    days: float,
    code: str,
) -> None:
    intent = asked(sandbox, number)
    sandbox.advance(days=days)
    over = client.v1.payment_intents.retrieve(intent.id)
    assert (over.status, over.last_payment_error.code) == ("requires_payment_method", code)
    assert client.v1.events.list().data[0].type == "payment_intent.payment_failed"


def test_a_canceled_payment_ends_the_mandate_that_waited(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    intent = asked(sandbox)
    client.v1.payment_intents.cancel(intent.id)
    (event,) = client.v1.events.list({"type": "mandate.updated"}).data
    assert event.data.object["status"] == "inactive"
    assert event.data.previous_attributes.to_dict() == {"status": "pending"}


def test_another_method_may_be_chosen_meanwhile(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    intent = asked(sandbox)
    paid = client.v1.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_visa", **RETURN}
    )
    assert paid.status == "succeeded"
    sandbox.advance(days=11)
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"


def test_without_the_customer_an_unverified_account_is_refused(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.create(
            {
                "amount": 100,
                "currency": "usd",
                "payment_method": sandbox.bank_account(),
                "payment_method_options": DEPOSITS,
                "mandate_data": sandboxes.ACCEPTED,
                "confirm": True,
                "off_session": True,
                **RETURN,
            }
        )
    assert caught.value.code == "bank_account_unverified"


def test_the_hosted_page_takes_the_amounts(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    intent = asked(sandbox)
    url = intent.next_action.verify_with_microdeposits.hosted_verification_url
    assert "••••6789" in requests.get(url, timeout=20).text
    wrong = sandbox.tell_deposits(intent, 1, 2).text
    assert "That is not what was sent." in wrong
    assert "9 more times" in wrong
    unreadable = requests.post(url, data={"first": "$0.32", "second": ""}, timeout=20).text
    assert "9 more times" in unreadable
    assert "Your bank account is verified." in sandbox.tell_deposits(intent).text
    assert client.v1.payment_intents.retrieve(intent.id).status == "processing"
    assert requests.get(url.partition("?")[0], timeout=20).status_code == 404


def test_the_hosted_page_takes_the_code_in_spanish(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    intent = asked(sandbox, account_type="savings")
    url = intent.next_action.verify_with_microdeposits.hosted_verification_url + "&locale=es-MX"
    assert "empieza por SM" in requests.get(url, timeout=20).text
    over = requests.post(url, data={"descriptor_code": "SM33CC"}, timeout=20).text
    assert "No se pudo verificar la cuenta." in over
    assert "nada que verificar" in requests.get(url, timeout=20).text


def test_the_page_of_three_d_secure_verifies_no_account(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    intent = asked(sandbox)
    assert sandbox.authenticate(intent).status_code == 400
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_action"
