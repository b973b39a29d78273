"""Bank accounts: made, saved, allowed to be debited, blocked; nothing is debited here."""

import pytest
import requests
import stripe

from tests.support import sandbox as sandboxes

RETURN = {"return_url": "https://portal.test/back"}
TOKEN = "pm_usBankAccount_success"


def set_up(
    client: stripe.StripeClient, customer: str, method: str = TOKEN, **more: object
) -> stripe.SetupIntent:
    body = {"customer": customer, "payment_method": method, "confirm": True, **RETURN, **more}
    return client.v1.setup_intents.create({"mandate_data": sandboxes.ACCEPTED, **body})


def test_an_account_looks_like_one(sandbox: sandboxes.Sandbox, client: stripe.StripeClient) -> None:
    made = client.v1.payment_methods.retrieve(sandbox.bank_account(account_type="savings"))
    account = made.us_bank_account
    assert (made.type, made.customer, made.billing_details.name) == (
        "us_bank_account",
        None,
        "Dana Reyes",
    )
    assert (account.bank_name, account.last4, account.routing_number) == (
        "STRIPE TEST BANK",
        "6789",
        "110000000",
    )
    assert (account.account_type, account.account_holder_type) == ("savings", "individual")
    assert account.networks.to_dict() == {"preferred": "ach", "supported": ["ach"]}
    again = client.v1.payment_methods.retrieve(sandbox.bank_account())
    other = client.v1.payment_methods.retrieve(sandbox.bank_account("000222222227"))
    assert again.us_bank_account.fingerprint == account.fingerprint
    assert other.us_bank_account.fingerprint != account.fingerprint


@pytest.mark.parametrize(
    ("number", "fields", "code"),
    [
        ("000999999991", {}, "account_number_invalid"),
        ("000123456789", {"routing_number": "021000021"}, "routing_number_invalid"),
        ("000123456789", {"account_holder_type": "robot"}, None),
    ],
)
def test_only_test_accounts_are_taken(
    sandbox: sandboxes.Sandbox, number: str, fields: dict[str, str], code: str | None
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.bank_account(number, **fields)
    assert caught.value.code == code


def test_the_holder_must_be_named(client: stripe.StripeClient) -> None:
    account = {"account_number": "000123456789", "routing_number": "110000000"}
    account["account_holder_type"] = "individual"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_methods.create({"type": "us_bank_account", "us_bank_account": account})
    assert caught.value.param == "billing_details[name]"


def test_an_account_is_attached_only_once_it_was_verified(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    customer = client.v1.customers.create()
    method = sandbox.bank_account()
    with pytest.raises(stripe.InvalidRequestError, match="must be verified"):
        client.v1.payment_methods.attach(method, {"customer": customer.id})
    saved = set_up(client, customer.id, method)
    assert (saved.status, saved.payment_method) == ("succeeded", method)
    listed = client.v1.customers.payment_methods.list(customer.id, {"type": "us_bank_account"})
    assert [one.id for one in listed.data] == [method]
    assert client.v1.customers.payment_methods.list(customer.id, {"type": "card"}).data == []


def test_an_attached_token_is_detached_for_good(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create()
    method = client.v1.payment_methods.attach(TOKEN, {"customer": customer.id})
    assert client.v1.payment_methods.detach(method.id).customer is None
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        client.v1.payment_methods.attach(method.id, {"customer": customer.id})


def test_intents_offer_cards_and_bank_accounts(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create({"amount": 100, "currency": "usd"})
    assert intent.payment_method_types == ["card", "us_bank_account"]
    assert client.v1.setup_intents.create().payment_method_types == ["card", "us_bank_account"]


def test_no_account_is_saved_without_a_mandate(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create()
    body = {"customer": customer.id, "payment_method": TOKEN, "confirm": True, **RETURN}
    with pytest.raises(stripe.InvalidRequestError, match="requires a mandate") as caught:
        client.v1.setup_intents.create(body)
    assert caught.value.error.setup_intent.status == "requires_confirmation"
    assert client.v1.customers.payment_methods.list(customer.id).data == []


@pytest.mark.parametrize(
    "acceptance",
    [
        {"type": "online", "online": {"ip_address": "203.0.113.7"}},
        {"type": "online", "online": {"infer_from_client": True}},
        {"type": "online"},
        {"online": {"ip_address": "203.0.113.7", "user_agent": "Test"}},
    ],
)
def test_a_server_says_from_where_the_mandate_was_accepted(
    client: stripe.StripeClient, acceptance: dict[str, object]
) -> None:
    customer = client.v1.customers.create()
    with pytest.raises(stripe.InvalidRequestError):
        set_up(client, customer.id, mandate_data={"customer_acceptance": acceptance})
    assert client.v1.setup_intents.list().data == []


def test_a_mandate_that_counts_at_once_is_no_event(client: stripe.StripeClient) -> None:
    saved = set_up(client, client.v1.customers.create().id)
    assert client.v1.mandates.retrieve(saved.mandate).status == "active"
    assert client.v1.events.list({"type": "mandate.updated"}).data == []


def test_a_browser_accepts_with_its_own_address(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    intent = client.v1.setup_intents.create()
    browser = sandbox.client(key=sandboxes.PUBLISHABLE_KEY)
    body = {"client_secret": intent.client_secret, "payment_method": sandbox.bank_account()}
    online = {"type": "online", "online": {"infer_from_client": True}}
    browser.v1.setup_intents.confirm(
        intent.id, {**body, "mandate_data": {"customer_acceptance": online}}
    )
    saved = client.v1.setup_intents.retrieve(intent.id, {"expand": ["mandate"]})
    assert saved.mandate.customer_acceptance.online.ip_address == "127.0.0.1"
    assert "Stripe" in saved.mandate.customer_acceptance.online.user_agent


def test_an_ended_mandate_allows_nothing_until_another_is_accepted(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    customer = client.v1.customers.create()
    saved = set_up(client, customer.id)
    assert sandbox.end_mandate(saved.mandate)["status"] == "inactive"
    (event,) = client.v1.events.list({"type": "mandate.updated"}).data
    assert event.data.object["id"] == saved.mandate
    body = {"amount": 5000, "currency": "usd", "customer": customer.id, "confirm": True, **RETURN}
    body["payment_method"] = saved.payment_method
    for more, code in (({}, None), ({"mandate": saved.mandate}, "payment_intent_mandate_invalid")):
        with pytest.raises(stripe.InvalidRequestError, match="mandate") as caught:
            client.v1.payment_intents.create({**body, "off_session": True, **more})
        assert caught.value.code == code
    paid = client.v1.payment_intents.create({**body, "mandate_data": sandboxes.ACCEPTED})
    assert paid.status == "processing"


def test_a_mandate_may_be_named_but_not_one_of_another_account(
    client: stripe.StripeClient,
) -> None:
    customer = client.v1.customers.create()
    saved, other = [set_up(client, customer.id) for _ in range(2)]
    body = {"amount": 5000, "currency": "usd", "customer": customer.id, "confirm": True, **RETURN}
    body |= {"payment_method": saved.payment_method, "off_session": True}
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.create({**body, "mandate": other.mandate})
    assert caught.value.code == "payment_intent_mandate_invalid"
    paid = client.v1.payment_intents.create({**body, "mandate": saved.mandate})
    charge = client.v1.charges.retrieve(paid.latest_charge)
    assert charge.payment_method_details.us_bank_account.mandate == saved.mandate


def test_detaching_ends_the_mandate(client: stripe.StripeClient) -> None:
    saved = set_up(client, client.v1.customers.create().id)
    client.v1.payment_methods.detach(saved.payment_method)
    assert client.v1.mandates.retrieve(saved.mandate).status == "inactive"


def test_an_intent_for_cards_only_takes_no_account(sandbox: sandboxes.Sandbox) -> None:
    answer = requests.post(
        f"{sandbox.url}/v1/payment_intents",
        auth=(sandboxes.SECRET_KEY, ""),
        data={
            "amount": "100",
            "currency": "usd",
            "payment_method_types[0]": "card",
            "payment_method": TOKEN,
            "confirm": "true",
        },
        timeout=20,
    )
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "payment_intent_incompatible_payment_method"
