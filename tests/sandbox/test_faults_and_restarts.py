"""Answers that get lost, and processes that die: what happened stays, and happens once."""

import collections.abc
import concurrent.futures
import datetime
import pathlib

import pytest
import requests
import stripe

from tests.support import sandbox as sandboxes

PAY = {
    "amount": 2500,
    "currency": "usd",
    "confirm": True,
    "payment_method": "pm_card_visa",
    "return_url": "https://portal.test/back",
}


def test_an_answer_lost_after_acting_leaves_the_charge(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    sandbox.fault("drop_after", "/v1/payment_intents$")
    with pytest.raises(stripe.APIConnectionError):
        client.v1.payment_intents.create(PAY, {"idempotency_key": "pay-1-1"})
    assert len(client.v1.charges.list().data) == 1
    again = client.v1.payment_intents.create(PAY, {"idempotency_key": "pay-1-1"})
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(client.v1.charges.list().data) == 1


def test_the_library_repeats_a_lost_answer_by_itself(sandbox: sandboxes.Sandbox) -> None:
    patient = sandbox.client(retries=2)
    sandbox.fault("drop_after", "/v1/payment_intents$")
    intent = patient.v1.payment_intents.create(PAY)
    assert intent.status == "succeeded"
    assert len(patient.v1.payment_intents.list().data) == 1


@pytest.mark.parametrize(
    ("mode", "raised"),
    [
        ("drop_before", stripe.APIConnectionError),
        ("error_500", stripe.APIError),
        ("error_429", stripe.RateLimitError),
    ],
)
def test_trouble_before_acting_leaves_nothing(
    sandbox: sandboxes.Sandbox,
    client: stripe.StripeClient,
    mode: str,
    raised: type[stripe.StripeError],
) -> None:
    sandbox.fault(mode, "/v1/payment_intents$", times=2)
    for _ in range(2):
        with pytest.raises(raised):
            client.v1.payment_intents.create(PAY, {"idempotency_key": "pay-1-1"})
    assert client.v1.payment_intents.list().data == []
    intent = client.v1.payment_intents.create(PAY, {"idempotency_key": "pay-1-1"})
    assert intent.status == "succeeded"


def test_an_error_after_acting_leaves_the_charge(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    sandbox.fault("error_500_after", "/v1/payment_intents$")
    with pytest.raises(stripe.APIError):
        client.v1.payment_intents.create(PAY, {"idempotency_key": "pay-1-1"})
    assert len(client.v1.charges.list().data) == 1


def test_an_answer_that_takes_too_long_still_acts(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    sandbox.fault("hang_after", "/v1/customers$", seconds=3)
    with pytest.raises(requests.ReadTimeout):
        requests.post(f"{sandbox.url}/v1/customers", auth=("sk_test_x", ""), timeout=0.5)
    assert len(client.v1.customers.list().data) == 1


def test_disarming_lets_go_of_what_hangs(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    sandbox.fault("hang", "/v1/customers$", seconds=60)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        slow = pool.submit(client.v1.customers.create)
        while sandbox.armed_faults():
            assert not slow.done()
        sandbox.clear_faults()
        assert slow.result(timeout=10).id


def test_faults_wait_for_their_request_and_can_be_disarmed(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    sandbox.fault("error_500", "/v1/refunds", method="POST")
    assert client.v1.refunds.list().data == []
    assert client.v1.customers.create().id
    sandbox.clear_faults()
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({})


def test_reset_forgets_everything(sandbox: sandboxes.Sandbox, client: stripe.StripeClient) -> None:
    client.v1.customers.create({}, {"idempotency_key": "k"})
    sandbox.set_clock(datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC))
    sandbox.fault("error_500")
    sandbox.reset()
    assert client.v1.customers.list().data == []
    assert client.v1.events.list().data == []
    assert not sandbox.health()["is_frozen"]
    client.v1.customers.create({"name": "other"}, {"idempotency_key": "k"})


@pytest.fixture
def mortal(tmp_path: pathlib.Path) -> collections.abc.Iterator[sandboxes.Sandbox]:
    """A sandbox that a test may kill."""
    sandbox = sandboxes.Sandbox.start(tmp_path)
    yield sandbox
    sandbox.stop()


def test_a_killed_sandbox_remembers_everything(mortal: sandboxes.Sandbox) -> None:
    client = mortal.client()
    mortal.register_webhook("http://127.0.0.1:9/hook", events=["payment_intent.succeeded"])
    mortal.hold_webhooks()
    mortal.set_clock(datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC))
    intent = client.v1.payment_intents.create(PAY, {"idempotency_key": "pay-1-1"})
    mortal.restart()
    assert mortal.health()["now"] == "2026-03-01T12:00:00+00:00"
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"
    again = client.v1.payment_intents.create(PAY, {"idempotency_key": "pay-1-1"})
    assert again.id == intent.id
    mortal.advance(2)
    assert client.v1.charges.retrieve(intent.latest_charge).balance_transaction
    assert [one.type for one in mortal.take_webhooks()] == ["payment_intent.succeeded"]


def test_nobody_there_is_a_connection_error(mortal: sandboxes.Sandbox) -> None:
    mortal.stop()
    with pytest.raises(stripe.APIConnectionError):
        mortal.client().v1.customers.list()


def test_the_clock_stands_moves_and_runs(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    sandbox.set_clock(datetime.datetime(2026, 11, 24, 15, tzinfo=datetime.UTC))
    assert client.v1.customers.create().created == 1795532400
    sandbox.advance(60)
    assert client.v1.customers.create().created == 1795532460
    sandbox.run_clock()
    assert sandbox.health()["now"].startswith("2026-11-24T15:01")
    assert not sandbox.health()["is_frozen"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("clock", {"at": "yesterday"}),
        ("clock", {"forward": 1}),
        ("clock", {"advance_seconds": "1"}),
        ("faults", {"mode": "explode"}),
        ("faults", {"mode": "hang", "path": "("}),
        ("webhooks/mode", {"mode": "sometimes"}),
        ("webhooks/flush", {"order": "random"}),
        ("webhook_endpoints", {"url": "nowhere"}),
        ("webhook_endpoints", {"url": "http://x/", "enabled_events": ["payment.done"]}),
        ("refunds/re_none/settle", {"status": "failed"}),
        ("events/evt_none/redeliver", {}),
    ],
)
def test_controls_refuse_what_they_do_not_know(
    sandbox: sandboxes.Sandbox, path: str, body: dict[str, object]
) -> None:
    answer = requests.post(f"{sandbox.url}/sandbox/{path}", json=body, timeout=5)
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]["message"]


def test_the_dashboard_shows_what_is_held(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    intent = client.v1.payment_intents.create(PAY)
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    page = requests.get(f"{sandbox.url}/sandbox/", timeout=5)
    assert page.status_code == 200
    assert intent.id in page.text
    assert refund.id in page.text
    assert "$25.00" in page.text
