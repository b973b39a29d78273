"""When something is gone: the database, Stripe; each has an honest page."""

from __future__ import annotations

import pytest

from portal import app as portal_app
from portal.domain.payments.rules import PaymentEvent
from portal.gateways import queue
from portal.kernel import db
from tests.support import bills, people, surroundings


@pytest.fixture
def client_without_database(settings, clock, database):
    gone = db.Database(
        "postgresql://nobody@127.0.0.1:9/nowhere", role="", defer=queue.deferrer(), pool_size=1
    )
    ctx = surroundings.make(
        database=gone, clock=clock, settings=settings, api_base="http://127.0.0.1:9", script_url=""
    )
    return portal_app.create_app(settings, surroundings=ctx).test_client()


def test_without_a_database_the_probe_fails_and_the_process_lives(client_without_database):
    assert client_without_database.get("/readyz").status_code == 503
    assert client_without_database.get("/healthz").status_code == 200


def test_without_a_database_pages_answer_503_in_our_own_look(client_without_database):
    with client_without_database.session_transaction() as cookie:
        cookie["_user_id"] = "somebody"
    answer = client_without_database.get("/home")
    assert answer.status_code == 503
    assert "c-brand" in answer.text
    assert answer.headers["Retry-After"]


def test_with_stripe_down_paying_says_that_nothing_was_taken(app, database):
    bill = bills.make_bill(database)
    client = people.sign_in(app.test_client(), bill.customer)
    page = client.get("/pay").text
    form = {
        "csrf_token": _value(page, "csrf_token"),
        "once_key": _value(page, "once_key"),
        "expected_cents": _value(page, "expected_cents"),
        "bill": bill.number,
        "with": "new",
    }
    answer = client.post("/pay", data=form)
    assert answer.status_code == 422
    assert "Nothing was taken" in answer.text
    assert f'value="{bill.number}"' in answer.text


def _value(page: str, name: str) -> str:
    return page.partition(f'name="{name}" value="')[2].partition('"')[0]


def test_a_payment_that_nobody_answers_for_says_that_we_do_not_know(app, database):
    bill = bills.make_bill(database)
    lost = PaymentEvent.LOSE_ANSWER
    number = bills.begin_payment(database, bill.invoice, event=lost)
    client = people.sign_in(app.test_client(), bill.customer)
    answer = client.get(f"/pay/{number}")
    assert answer.status_code == 200
    assert "We do not know yet" in answer.text
