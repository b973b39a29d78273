"""The webhook: verified on the raw body, stored once, queued; a bad one leaves nothing."""

from __future__ import annotations

import datetime
import hmac
import json
import time

import pytest
import sqlalchemy as sa

from portal.domain.inbox import operations
from portal.gateways import ports
from portal.journeys import stripe_events
from tests import conftest
from tests.support import bills, jobs, paying, people


@pytest.fixture
def hooks(ctx, sandbox, database):
    """The signed webhooks of one payment that succeeded."""
    bill = bills.make_bill(database)
    started = paying.begin(ctx, bill.customer)
    paying.confirm(sandbox, started.client_secret)
    return sandbox.take_webhooks()


def post(client, hook, **changed):
    headers = {"Stripe-Signature": hook.headers["Stripe-Signature"]} | changed.pop("headers", {})
    return client.post(
        "/hooks/stripe",
        data=changed.pop("data", hook.body.encode()),
        headers=headers,
        content_type="application/json",
    )


def stored(database) -> int:
    with database.reading() as session:
        return session.scalar(sa.text("SELECT count(*) FROM inbox_event"))


def test_an_event_is_stored_once_and_answered_200_each_time(paying_app, ctx, database, hooks):
    client = paying_app.test_client()
    for _ in range(3):
        for hook in hooks:
            assert post(client, hook).status_code == 200
    assert stored(database) == len(hooks)
    jobs.run_all(ctx)
    assert paying.entries(ctx, "payment_settled") == 1


def test_a_bad_signature_is_400_and_stores_nothing(paying_app, database, hooks):
    client, good = paying_app.test_client(), hooks[0].headers["Stripe-Signature"]
    odd = ("t=1,v1=é", "t=é,v1=00", "t=1,v1=" + "0" * 9000)
    for signature in ("", "t=1,v1=00", good.replace("t=1", "t=0", 1), *odd):
        answer = post(client, hooks[0], headers={"Stripe-Signature": signature})
        assert answer.status_code == 400, signature
    for body in (b'{"id": "evt_forged"}', b""):
        assert post(client, hooks[0], data=body).status_code == 400, body
    assert stored(database) == 0


def test_a_body_past_a_megabyte_is_refused(paying_app, database, hooks):
    answer = post(paying_app.test_client(), hooks[0], data=b"x" * (1024 * 1024 + 1))
    assert answer.status_code in (400, 413)
    assert stored(database) == 0


def event(*, about="pi_1", **changed) -> bytes:
    named = {"id": "evt_1", "type": "payment_intent.succeeded", "created": 1, **changed}
    return json.dumps({"object": "event", **named, "data": {"object": {"id": about}}}).encode()


def signed(client, body: bytes):
    at = int(time.time())  # Stripe's library asks no clock of ours how old a signature is
    proof = hmac.digest(conftest.WEBHOOK_SECRET.encode(), b"%d." % at + body, "sha256").hex()
    return client.post(
        "/hooks/stripe",
        data=body,
        headers={"Stripe-Signature": f"t={at},v1={proof}"},
        content_type="application/json",
    )


def test_get_is_no_webhook(client):
    assert client.get("/hooks/stripe").status_code == 405


@pytest.mark.parametrize(
    "body",
    [b"null", b"[]", b"5", b"{}", b'{"object": "event", "id": "evt_1"}', b"\xff\xfe"],
)
def test_a_signed_body_that_is_no_event_of_ours_is_400(client, database, body):
    assert signed(client, body).status_code == 400
    assert stored(database) == 0


def test_a_signed_event_is_taken(client, database):
    assert (signed(client, event()).status_code, stored(database)) == (200, 1)


@pytest.mark.parametrize("odd", [5, ["a"], {"a": 1}, "a\x00b", "a\ud800", "x" * 300])
@pytest.mark.parametrize("field", ["id", "type", "about"])
def test_a_signed_event_with_a_name_that_is_none_is_400(client, database, field, odd):
    answer = signed(client, event(**{field: odd}))
    assert (answer.status_code, stored(database)) == (400, 0)


@pytest.mark.parametrize("created", [None, "x", [], 1e300, 10**30, 253402300800])
def test_a_signed_event_of_no_moment_is_400(client, database, created):
    answer = signed(client, event(created=created))
    assert (answer.status_code, stored(database)) == (400, 0)


def test_a_signed_body_as_deep_as_a_well_is_400(client, database):
    answer = signed(client, b"[" * 100_000)
    assert (answer.status_code, stored(database)) == (400, 0)


def keep_event(database, *, external_id: str, object_id: str) -> int:
    with database.unit_of_work() as session:
        return operations.store(
            session,
            provider="stripe",
            external_id=external_id,
            type_="payment_intent.succeeded",
            object_id=object_id,
            occurred_at=conftest.NOW,
            payload={},
            task="handle_stripe_event",
            now=conftest.NOW,
        )


def test_an_event_that_is_refused_stands_at_the_desk_with_its_reason(paying_app, ctx, database):
    event_id = keep_event(database, external_id="evt_of_nobody", object_id="pi_unknown")
    for _ in range(2):
        with pytest.raises(ports.GatewayRefused):
            stripe_events.handle(ctx, event_id=event_id)
    desk = people.sign_in(paying_app.test_client(), people.make_staff(database))
    page = desk.get("/desk/trouble").text
    assert "evt_of_nobody" in page
    assert "GatewayRefused: resource_missing" in page
    assert 'href="/desk/trouble#events"' in desk.get("/desk").text
    with database.reading() as session:
        kept = session.execute(sa.text("SELECT attempts, handled_at FROM inbox_event")).one()
    assert kept == (2, None)


def test_an_event_that_nobody_handled_stands_at_the_desk_after_ten_minutes(
    paying_app, clock, database
):
    keep_event(database, external_id="evt_waiting", object_id="pi_waiting")
    desk = people.sign_in(paying_app.test_client(), people.make_staff(database))
    assert "evt_waiting" not in desk.get("/desk/trouble").text
    clock.advance(datetime.timedelta(minutes=11))
    assert "evt_waiting" in desk.get("/desk/trouble").text


def test_an_event_that_was_handled_leaves_the_desk(paying_app, ctx, clock, database, hooks):
    client = paying_app.test_client()
    for hook in hooks:
        post(client, hook)
    jobs.run_all(ctx)
    clock.advance(datetime.timedelta(minutes=11))
    desk = people.sign_in(paying_app.test_client(), people.make_staff(database))
    assert "evt_" not in desk.get("/desk/trouble").text
