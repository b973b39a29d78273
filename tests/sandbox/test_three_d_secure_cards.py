"""Cards whose bank wants to see the customer: on the page, off it, and after setting up."""

import urllib.parse

import pytest
import stripe

from tests.support import sandbox as sandboxes

RETURN = {"return_url": "https://portal.test/back?pay=1"}
NEVER = {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}


def pay(client: stripe.StripeClient, method: str, **more: object) -> stripe.PaymentIntent:
    body = {"amount": 2500, "currency": "usd", "payment_method": method, "confirm": True}
    return client.v1.payment_intents.create({**body, **more})


@pytest.mark.parametrize(
    "number", ["4000002500003155", "4000002760003184", "4000003800000446", "4000008400001629"]
)
def test_a_payment_on_the_page_waits_for_authentication(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient, number: str
) -> None:
    intent = pay(client, sandbox.card(number), **RETURN)
    assert intent.status == "requires_action"
    assert intent.next_action.type == "redirect_to_url"
    assert intent.next_action.redirect_to_url.url.startswith(sandbox.url)


def test_without_a_way_back_the_browser_is_asked(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    intent = pay(client, sandbox.card("4000002760003184"), **NEVER)
    assert intent.next_action.type == "use_stripe_sdk"


def test_completing_takes_the_money_and_leads_back(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    intent = pay(client, sandbox.card("4000002760003184"), **RETURN)
    answer = sandbox.authenticate(intent)
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(answer.headers["Location"]).query)
    assert answer.status_code == 303
    assert query == {
        "pay": ["1"],
        "payment_intent": [intent.id],
        "payment_intent_client_secret": [intent.client_secret],
        "redirect_status": ["succeeded"],
    }
    paid = client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert (paid.status, paid.next_action) == ("succeeded", None)
    secure = paid.latest_charge.payment_method_details.card.three_d_secure
    assert secure.result == "authenticated"


def test_failing_leaves_the_payment_open_for_another_card(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    intent = pay(client, sandbox.card("4000002760003184"), **RETURN)
    answer = sandbox.authenticate(intent, passes=False)
    assert "redirect_status=failed" in answer.headers["Location"]
    failed = client.v1.payment_intents.retrieve(intent.id)
    assert failed.status == "requires_payment_method"
    assert failed.last_payment_error.code == "payment_intent_authentication_failure"
    assert failed.latest_charge is None
    again = client.v1.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_visa", **RETURN}
    )
    assert again.status == "succeeded"


def test_one_card_authenticates_and_then_declines(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    intent = pay(client, sandbox.card("4000008400001629"), **RETURN)
    sandbox.authenticate(intent)
    failed = client.v1.payment_intents.retrieve(intent.id)
    assert failed.status == "requires_payment_method"
    assert failed.last_payment_error.code == "card_declined"
    assert client.v1.charges.retrieve(failed.latest_charge).status == "failed"


def test_the_page_of_the_bank_wants_the_client_secret(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    intent = pay(client, sandbox.card("4000002760003184"), **RETURN)
    intent.client_secret = "wrong"
    assert sandbox.authenticate(intent).status_code == 404
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_action"


def test_setting_up_frees_later_payments_from_authentication(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    customer = client.v1.customers.create().id
    method = sandbox.card("4000002500003155")
    setup = client.v1.setup_intents.create(
        {"customer": customer, "payment_method": method, "confirm": True, **RETURN}
    )
    assert setup.status == "requires_action"
    sandbox.authenticate(setup)
    assert client.v1.setup_intents.retrieve(setup.id).status == "succeeded"
    assert client.v1.payment_methods.retrieve(method).customer == customer
    assert pay(client, method, customer=customer, off_session=True, **NEVER).status == "succeeded"


def test_a_payment_that_keeps_the_card_sets_it_up(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    customer = client.v1.customers.create().id
    method = sandbox.card("4000002500003155")
    first = pay(client, method, customer=customer, setup_future_usage="off_session", **RETURN)
    sandbox.authenticate(first)
    assert client.v1.payment_methods.retrieve(method).customer == customer
    assert pay(client, method, customer=customer, off_session=True, **NEVER).status == "succeeded"


def test_a_card_that_always_asks_is_not_freed_by_setting_up(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    customer = client.v1.customers.create().id
    method = sandbox.card("4000002760003184")
    setup = client.v1.setup_intents.create(
        {"customer": customer, "payment_method": method, "confirm": True, **RETURN}
    )
    sandbox.authenticate(setup)
    with pytest.raises(stripe.CardError, match="authentication"):
        pay(client, method, customer=customer, off_session=True, **NEVER)


def test_failing_a_setup_keeps_the_card_off_the_customer(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    customer = client.v1.customers.create().id
    method = sandbox.card("4000002760003184")
    setup = client.v1.setup_intents.create(
        {"customer": customer, "payment_method": method, "confirm": True, **RETURN}
    )
    sandbox.authenticate(setup, passes=False)
    failed = client.v1.setup_intents.retrieve(setup.id)
    assert failed.status == "requires_payment_method"
    assert failed.last_setup_error.code == "setup_intent_authentication_failure"
    assert client.v1.payment_methods.retrieve(method).customer is None


def test_a_payment_that_must_not_need_action_is_declined(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    with pytest.raises(stripe.CardError, match="authentication"):
        pay(client, sandbox.card("4000002760003184"), error_on_requires_action=True, **RETURN)
