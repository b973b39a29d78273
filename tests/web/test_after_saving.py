"""What a newly saved card is offered for: what is overdue, and autopay that waits for it."""

from __future__ import annotations

import datetime
import urllib.parse

import pytest

from portal.journeys import keep_method
from tests.support import autopaying, bills, paying, people

DAY = datetime.date


@pytest.fixture
def late(database):
    """One bill overdue since 28 October, one due on 28 November."""
    return bills.make_bill(database, effective_on=DAY(2026, 10, 28))


@pytest.fixture
def soon(database):
    """Nothing overdue."""
    return bills.make_bill(database)


def save(paying_app, ctx, sandbox, bill, query: str = ""):
    """Save a card in the browser; the answer of the page that Stripe leads back to."""
    client = people.sign_in(paying_app.test_client(), bill.customer)
    begun = keep_method.start(ctx, customer_id=bill.customer.id)
    ref = begun.client_secret.partition("_secret_")[0]
    sandbox.client().v1.setup_intents.confirm(
        ref, {"payment_method": sandbox.card(paying.VISA), "return_url": "http://127.0.0.1/"}
    )
    answer = client.get(f"/payment-methods/added?setup_intent={ref}{query}")
    assert answer.status_code == 303
    return client, urllib.parse.urlsplit(answer.location)


def test_what_is_overdue_is_offered_with_the_new_card_chosen(paying_app, ctx, sandbox, late):
    autopaying.card(ctx.database, late.customer, last4="1111", is_default=True)
    client, address = save(paying_app, ctx, sandbox, late)
    card = paying.newest_method(ctx, late.customer)
    asked = urllib.parse.parse_qs(address.query)
    assert (address.path, asked) == (
        "/pay",
        {"invoice": [late.invoices[0].number], "with": [card]},
    )
    html = client.get(f"/pay?{address.query}").get_data(as_text=True)
    assert f'value="{card}" checked' in html
    assert "Pay $66.08" in html


def test_without_anything_overdue_the_list_is_next(paying_app, ctx, sandbox, soon):
    _, address = save(paying_app, ctx, sandbox, soon)
    assert address.path == "/payment-methods"


def test_autopay_that_ended_for_want_of_a_card_is_offered(paying_app, ctx, sandbox, soon):
    lost = autopaying.card(ctx.database, soon.customer)
    autopaying.join(ctx, soon, lost)
    keep_method.remove(
        ctx, customer_id=soon.customer.id, number=lost, who=people.owner(soon.customer)
    )
    client, address = save(paying_app, ctx, sandbox, soon)
    card = paying.newest_method(ctx, soon.customer)
    assert address.path == f"/autopay/{soon.policy.number}"
    html = client.get(f"{address.path}?{address.query}").get_data(as_text=True)
    assert "Its card or account was removed." in html
    assert f'value="{card}" checked' in html


def test_autopay_that_waits_is_named_beside_what_is_overdue(paying_app, ctx, sandbox, late):
    lost = autopaying.card(ctx.database, late.customer)
    autopaying.join(ctx, late, lost)
    keep_method.remove(
        ctx, customer_id=late.customer.id, number=lost, who=people.owner(late.customer)
    )
    client, address = save(paying_app, ctx, sandbox, late)
    html = client.get(f"{address.path}?{address.query}").get_data(as_text=True)
    assert "Autopay for Biscuit does not use it yet." in html


def test_whoever_came_from_autopay_goes_back_there(paying_app, ctx, sandbox, late):
    _, address = save(paying_app, ctx, sandbox, late, f"&autopay={late.policy.number}")
    card = paying.newest_method(ctx, late.customer)
    assert address.path == f"/autopay/{late.policy.number}"
    assert urllib.parse.parse_qs(address.query) == {"method": [card]}


@pytest.mark.parametrize("forged", ["//evil.example", "POL-0", "INV-0", "../x"])
def test_an_address_that_names_no_policy_leads_nowhere_else(paying_app, ctx, sandbox, soon, forged):
    _, address = save(paying_app, ctx, sandbox, soon, f"&autopay={forged}")
    assert (address.netloc, address.path) == ("", "/payment-methods")


def test_the_method_of_another_customer_is_not_chosen(client, database, late, soon):
    theirs = autopaying.card(database, soon.customer)
    autopaying.card(database, late.customer)
    people.sign_in(client, late.customer)
    html = client.get(f"/pay?with={theirs}").get_data(as_text=True)
    assert f'value="{theirs}"' not in html
