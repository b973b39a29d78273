"""What every endpoint shares: keys, idempotency, pages, expansion, versions, headers."""

import concurrent.futures

import pytest
import requests
import stripe

from tests.support import sandbox as sandboxes

RETURN = {"return_url": "https://portal.test/back"}
PAY = {"amount": 2500, "currency": "usd", "confirm": True, **RETURN}


@pytest.mark.parametrize("key", ["sk_live_x", "nonsense", "sk_test_"])
def test_a_wrong_key_is_refused(sandbox: sandboxes.Sandbox, key: str) -> None:
    with pytest.raises(stripe.AuthenticationError):
        sandbox.client(key=key).v1.customers.list()


def test_no_key_is_refused(sandbox: sandboxes.Sandbox) -> None:
    answer = requests.get(f"{sandbox.url}/v1/customers", timeout=5)
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_a_key_may_come_as_basic_user_name(sandbox: sandboxes.Sandbox) -> None:
    answer = requests.get(f"{sandbox.url}/v1/customers", auth=("sk_test_x", ""), timeout=5)
    assert answer.status_code == 200


def test_a_browser_reads_only_with_the_client_secret(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    customer = client.v1.customers.create()
    intent = client.v1.payment_intents.create(
        {"amount": 2500, "currency": "usd", "customer": customer.id, "metadata": {"a": "b"}}
    )
    browser = sandbox.client(key=sandboxes.PUBLISHABLE_KEY)
    for wrong in ({}, {"client_secret": "pi_1_secret_2"}):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            browser.v1.payment_intents.retrieve(intent.id, wrong)
        assert caught.value.http_status == 404
    seen = browser.v1.payment_intents.retrieve(
        intent.id, {"client_secret": intent.client_secret}
    ).to_dict()
    assert seen["amount"] == 2500
    assert "metadata" not in seen
    assert "customer" not in seen


def test_a_browser_confirms_but_never_off_session(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    intent = client.v1.payment_intents.create({"amount": 2500, "currency": "usd"})
    browser = sandbox.client(key=sandboxes.PUBLISHABLE_KEY)
    body = {"client_secret": intent.client_secret, "payment_method": "pm_card_visa"}
    with pytest.raises(stripe.InvalidRequestError, match="secret key"):
        browser.v1.payment_intents.confirm(intent.id, {**body, "off_session": True})
    assert browser.v1.payment_intents.confirm(intent.id, body).status == "succeeded"


def test_a_browser_may_do_nothing_else(sandbox: sandboxes.Sandbox) -> None:
    browser = sandbox.client(key=sandboxes.PUBLISHABLE_KEY)
    for call in (
        browser.v1.customers.list,
        browser.v1.events.list,
        lambda: browser.v1.refunds.create({"payment_intent": "pi_1"}),
    ):
        with pytest.raises(stripe.AuthenticationError):
            call()


def test_keys_belong_to_one_account_key(sandbox: sandboxes.Sandbox) -> None:
    for key in ("sk_test_one", "sk_test_two"):
        sandbox.client(key=key).v1.customers.create({"name": key}, {"idempotency_key": "k"})
    assert len(sandbox.client().v1.customers.list().data) == 2


def test_a_refusal_by_state_is_remembered(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create({"amount": 2500, "currency": "usd"})
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError, match="successful charge") as caught:
            client.v1.refunds.create({"payment_intent": intent.id}, {"idempotency_key": "r"})
    assert caught.value.headers["Idempotent-Replayed"] == "true"


def test_a_key_is_forgotten_after_a_day(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    first = client.v1.customers.create({"name": "A"}, {"idempotency_key": "k"})
    sandbox.advance(days=0.99)
    again = client.v1.customers.create({"name": "A"}, {"idempotency_key": "k"})
    sandbox.advance(days=0.02)
    later = client.v1.customers.create({"name": "A"}, {"idempotency_key": "k"})
    assert first.id == again.id != later.id


def test_a_key_in_use_is_a_conflict(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    sandbox.fault("hang", "/v1/customers", seconds=1, times=2)

    def post(_: int) -> requests.Response:
        return requests.post(
            f"{sandbox.url}/v1/customers",
            headers={"Authorization": "Bearer sk_test_x", "Idempotency-Key": "k"},
            timeout=10,
        )

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        made, conflict = sorted(pool.map(post, range(2)), key=lambda one: one.status_code)
    assert (made.status_code, conflict.status_code) == (200, 409)
    assert conflict.json()["error"]["code"] == "idempotency_key_in_use"
    assert [one.id for one in client.v1.customers.list().data] == [made.json()["id"]]


def test_lists_can_be_expanded(sandbox: sandboxes.Sandbox, client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"name": "Maria"})
    client.v1.payment_intents.create(
        {**PAY, "customer": customer.id, "payment_method": "pm_card_visa"}
    )
    sandbox.advance(2)
    paths = ["data.customer", "data.payment_method", "data.latest_charge.balance_transaction"]
    listed = client.v1.payment_intents.list({"expand": paths}).data[0]
    assert listed.customer.name == "Maria"
    assert listed.payment_method.card.last4 == "4242"
    assert listed.latest_charge.balance_transaction.fee == 103


def test_an_unknown_address_is_404(sandbox: sandboxes.Sandbox) -> None:
    answer = requests.get(f"{sandbox.url}/v1/nothing", auth=("sk_test_x", ""), timeout=5)
    assert answer.status_code == 404
    assert "Unrecognized request URL" in answer.json()["error"]["message"]


def test_the_version_is_answered_and_written_into_events(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({}, {"stripe_version": "2025-09-30.clover"})
    assert customer.last_response.headers["Stripe-Version"] == "2025-09-30.clover"
    event = client.v1.events.list().data[0]
    assert event.api_version == "2025-09-30.clover"
    with pytest.raises(stripe.InvalidRequestError, match="version"):
        client.v1.customers.create({}, {"stripe_version": "yesterday"})


@pytest.mark.parametrize(
    "body", ["a[=1", "name=x&name[y]=1", "[x]=1", "metadata=x", "preferred_locales=en"]
)
def test_forms_that_make_no_sense_are_refused(sandbox: sandboxes.Sandbox, body: str) -> None:
    answer = requests.post(
        f"{sandbox.url}/v1/customers",
        data=body,
        headers={
            "Authorization": "Bearer sk_test_x",
            "Content-Type": "application/x-www-form-urlencoded",
        },
        timeout=5,
    )
    assert answer.status_code == 400
