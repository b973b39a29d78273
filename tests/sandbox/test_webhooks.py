"""Events and how they travel: whom they reach, signed, again, in which order."""

import collections.abc
import http.server
import json
import queue
import typing

import pytest
import stripe

from tests.support import sandbox as sandboxes
from tests.support import serving

PAY = {
    "amount": 2500,
    "currency": "usd",
    "confirm": True,
    "payment_method": "pm_card_visa",
    "return_url": "https://portal.test/back",
}


class Receiver:
    """An endpoint that answers with the statuses it is told, then 200, and keeps what it got."""

    def __init__(self) -> None:
        self.got: queue.Queue[tuple[bytes, str]] = queue.Queue()
        self.statuses: list[int] = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.statuses.pop(0) if receiver.statuses else 200
                # kept before it is answered: after that the next one may be here already
                receiver.got.put((body, self.headers["Stripe-Signature"]))
                self.send_response(status)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks/stripe"

    def next(self) -> typing.Any:
        """The next event, its signature verified by the official library."""
        body, signature = self.got.get(timeout=10)
        return stripe.Webhook.construct_event(body, signature, sandboxes.WEBHOOK_SECRET)


@pytest.fixture
def receiver() -> collections.abc.Iterator[Receiver]:
    receiver = Receiver()
    with serving.running(receiver.server):
        yield receiver


def test_events_arrive_signed(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient, receiver: Receiver
) -> None:
    sandbox.register_webhook(receiver.url, events=["payment_intent.succeeded"])
    intent = client.v1.payment_intents.create(PAY)
    event = receiver.next()
    assert event.type == "payment_intent.succeeded"
    assert event.data.object["id"] == intent.id
    assert event.data.object["status"] == "succeeded"
    assert event.livemode is False


def test_a_secret_of_another_endpoint_does_not_verify(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient, receiver: Receiver
) -> None:
    sandbox.register_webhook(receiver.url, secret="whsec_other")
    client.v1.customers.create()
    with pytest.raises(stripe.SignatureVerificationError):
        receiver.next()


def test_an_endpoint_made_over_the_api_knows_its_secret_once(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient, receiver: Receiver
) -> None:
    made = client.v1.webhook_endpoints.create(
        {
            "url": receiver.url,
            "enabled_events": ["customer.created"],
            "api_version": "2025-09-30.clover",
        }
    )
    assert made.secret.startswith("whsec_")
    assert "secret" not in client.v1.webhook_endpoints.retrieve(made.id).to_dict()
    client.v1.customers.create()
    body, signature = receiver.got.get(timeout=10)
    event = stripe.Webhook.construct_event(body, signature, made.secret)
    assert event.api_version == "2025-09-30.clover"


def test_a_refused_event_comes_again(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient, receiver: Receiver
) -> None:
    receiver.statuses = [500]
    sandbox.register_webhook(receiver.url, events=["customer.created"])
    client.v1.customers.create()
    first, second = receiver.next(), receiver.next()
    assert first.id == second.id


def test_only_wanted_events_after_the_endpoint_was_made_are_sent(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    client.v1.customers.create()
    sandbox.hold_webhooks()
    sandbox.register_webhook("http://127.0.0.1:9/hook", events=["customer.created"])
    client.v1.payment_intents.create(PAY)
    wanted = client.v1.customers.create()
    waiting = sandbox.pending_webhooks()
    assert [json.loads(one.body)["data"]["object"]["id"] for one in waiting] == [wanted.id]


def test_a_disabled_endpoint_gets_nothing(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    sandbox.hold_webhooks()
    endpoint = sandbox.register_webhook("http://127.0.0.1:9/hook")
    client.v1.webhook_endpoints.update(endpoint["id"], {"disabled": True})
    client.v1.customers.create()
    assert sandbox.take_webhooks() == []
    client.v1.webhook_endpoints.delete(endpoint["id"])
    assert client.v1.webhook_endpoints.list().data == []


def test_registering_an_address_again_changes_it(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    sandbox.hold_webhooks()
    first = sandbox.register_webhook("http://127.0.0.1:9/hook")
    second = sandbox.register_webhook("http://127.0.0.1:9/hook", secret="whsec_new")
    assert first["id"] == second["id"]
    client.v1.customers.create()
    taken = sandbox.take_webhooks()[0]
    signature = taken.headers["Stripe-Signature"]
    assert stripe.Webhook.construct_event(taken.body, signature, "whsec_new")


def test_held_events_are_taken_once_with_what_is_due(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    sandbox.hold_webhooks()
    events = ["charge.updated", "payment_intent.succeeded"]
    sandbox.register_webhook("http://127.0.0.1:9/hook", events=events)
    client.v1.payment_intents.create(PAY)
    assert [one.type for one in sandbox.pending_webhooks()] == ["payment_intent.succeeded"]
    sandbox.advance(2)
    taken = sandbox.take_webhooks()
    assert [one.type for one in taken] == ["payment_intent.succeeded", "charge.updated"]
    for one in taken:
        signature = one.headers["Stripe-Signature"]
        assert stripe.Webhook.construct_event(one.body, signature, sandboxes.WEBHOOK_SECRET)
    assert sandbox.take_webhooks() == []


def test_flushing_can_reverse_and_repeat(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient, receiver: Receiver
) -> None:
    sandbox.hold_webhooks()
    sandbox.register_webhook(receiver.url, events=["customer.created"])
    first, second = client.v1.customers.create(), client.v1.customers.create()
    sent = sandbox.flush_webhooks(order="reverse", times=2)
    assert [one["answers"] for one in sent] == [["200", "200"], ["200", "200"]]
    got = [receiver.next().data.object["id"] for _ in range(4)]
    assert got == [second.id, second.id, first.id, first.id]
    assert sandbox.pending_webhooks() == []


def test_an_event_can_be_sent_again_at_will(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient, receiver: Receiver
) -> None:
    sandbox.register_webhook(receiver.url, events=["customer.created"])
    client.v1.customers.create()
    event = receiver.next()
    answers = sandbox.redeliver(event.id, times=5)
    assert [one["answer"] for one in answers] == ["200"] * 5
    assert {receiver.next().id for _ in range(5)} == {event.id}


def test_events_know_whether_everyone_answered(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient, receiver: Receiver
) -> None:
    sandbox.register_webhook(receiver.url, events=["customer.created"])
    sandbox.hold_webhooks()
    client.v1.customers.create()
    failing = client.v1.events.list({"delivery_success": False}).data
    assert [event.pending_webhooks for event in failing] == [1]
    sandbox.flush_webhooks()
    assert client.v1.events.list({"delivery_success": False}).data == []
    delivered = client.v1.events.list({"delivery_success": True}).data
    assert [event.id for event in delivered] == [failing[0].id]
    assert delivered[0].pending_webhooks == 0


def test_events_are_listed_by_type_and_time(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    client.v1.payment_intents.create(PAY)
    client.v1.customers.create()
    wanted = ["payment_intent.succeeded", "customer.created"]
    listed = client.v1.events.list({"types": wanted})
    assert [event.type for event in listed.data] == list(reversed(wanted))
    family = client.v1.events.list({"type": "payment_intent.*"}).data
    assert [event.type for event in family] == [
        "payment_intent.succeeded",
        "payment_intent.created",
    ]
    sandbox.advance(100)
    since = client.v1.customers.create().created
    recent = client.v1.events.list({"created": {"gte": since}}).data
    assert "customer.created" in {event.type for event in recent}
    assert "payment_intent.created" not in {event.type for event in recent}


def test_events_are_kept_for_thirty_days(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    client.v1.customers.create()
    event = client.v1.events.list().data[0]
    sandbox.advance(days=29)
    assert client.v1.events.retrieve(event.id).id == event.id
    sandbox.advance(days=2)
    assert client.v1.events.list().data == []
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.events.retrieve(event.id)


def test_an_event_holds_the_object_as_it_was(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"name": "A"})
    client.v1.customers.update(customer.id, {"name": "B"})
    made = client.v1.events.list({"type": "customer.created"}).data[0]
    assert made.data.object["name"] == "A"


def test_a_payment_tells_its_story_in_order(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    customer = client.v1.customers.create()
    method = sandbox.card("4000002500003155")
    intent = client.v1.payment_intents.create(
        {
            **PAY,
            "customer": customer.id,
            "payment_method": method,
            "setup_future_usage": "off_session",
        }
    )
    sandbox.authenticate(intent)
    sandbox.advance(2)
    told = [event.type for event in client.v1.events.list({"limit": 100}).auto_paging_iter()]
    assert list(reversed(told)) == [
        "customer.created",
        "payment_intent.created",
        "payment_intent.requires_action",
        "charge.succeeded",
        "payment_method.attached",
        "payment_intent.succeeded",
        "charge.updated",
    ]
