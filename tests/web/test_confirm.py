"""The page behind a mailed link to confirm: what strangers see, what a press does, how it ends."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from portal.domain.payments import models
from portal.domain.payments.states import DraftState
from portal.journeys import confirm_link
from tests.support import autopaying, bills, drafting, forms, paying, people, statements

ASKS_ALWAYS = "4000002760003184"


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


@pytest.fixture
def link(quiet_ctx, database, bill):
    """The link to a draft that waits for its payer, with nothing of it at Stripe."""
    card = autopaying.card(database, bill.customer)
    number = drafting.plan(quiet_ctx, bill, card)
    with database.unit_of_work() as session:
        session.execute(sa.update(models.Draft).values(state=DraftState.ASKING))
    address = confirm_link.link(quiet_ctx, draft_no=number, until_on=quiet_ctx.clock.today())
    return "/confirm/" + address.rpartition("/")[2]


def test_whoever_holds_the_link_sees_the_pet_the_sum_and_the_card_and_nothing_else(
    client, bill, link
):
    html = client.get(link).get_data(as_text=True)
    assert "Confirm the payment for Biscuit" in html
    assert "Confirm and pay $66.08" in html
    assert "from Visa 4242" in html
    for secret in (bill.customer.last_name, bill.customer.email, bill.number, bill.policy.number):
        assert secret not in html


def test_the_page_keeps_to_its_statements(client, database, link):
    with statements.counted() as sent:
        assert client.get(link).status_code == 200
    assert len(sent) <= 6, sent


def test_looking_spends_nothing(client, database, link):
    for _ in range(3):
        assert client.get(link).status_code == 200
    with database.reading() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM payment")) == 0


@pytest.mark.parametrize("address", ["/confirm/x", "/confirm/x/PAY-0"])
def test_a_link_that_is_none_says_so_and_where_to_go(client, address):
    answer = client.get(address)
    assert answer.status_code == 404
    assert "This link does not work any more" in answer.get_data(as_text=True)


def test_a_forged_press_on_a_link_that_is_none_says_so(client):
    typed = {"csrf_token": forms.token(client, "/sign-in"), "expected_cents": "6608"}
    assert client.post("/confirm/x", data=typed).status_code == 404


def test_the_payment_of_somebody_else_is_not_shown(client, database, bill, link):
    other = bills.make_bill(database)
    number = bills.pay(database, other.invoice)
    assert client.get(f"{link}/{number}").status_code == 404


@pytest.mark.parametrize(
    ("state", "heading"),
    [
        (DraftState.CANCELLED, "This payment was called off"),
        (DraftState.FAILED, "The time to confirm is over"),
        (DraftState.ATTEMPTING, "A payment is under way"),
        (DraftState.PAID, "There is nothing to confirm"),
    ],
)
def test_a_link_that_is_over_is_clear(client, database, link, state, heading):
    with database.unit_of_work() as session:
        session.execute(
            sa.update(models.Draft).values(state=state, due_on=None, ended_at=people.NOW)
        )
    html = client.get(link).get_data(as_text=True)
    assert f"<h1>{heading}</h1>" in html
    assert "Confirm and pay" not in html


@pytest.fixture
def asked(paying_app, ctx, sandbox, bill):
    """A client of somebody not signed in, and the real link from the real mail."""
    card = paying.save_card(ctx, sandbox, bill.customer, ASKS_ALWAYS)
    drafting.plan(ctx, bill, card)
    drafting.collect(ctx)
    text = paying.mail(ctx, "confirm_needed")
    return paying_app.test_client(), re.search(r"/confirm/\S+", text)[0]


def press(client, link, **changed):
    page = client.get(link).get_data(as_text=True)
    typed = {
        "csrf_token": forms.token(client, "/sign-in"),
        "once_key": re.search(r'name="once_key" value="([^"]+)"', page)[1],
        "expected_cents": "6608",
    } | changed
    return client.post(link, data=typed)


def test_a_press_leads_to_the_bank_without_leaving_our_pages_by_a_form(asked, ctx, sandbox):
    client, link = asked
    answer = press(client, link)
    assert answer.status_code == 303
    assert answer.location.startswith(f"{link}/PAY-")
    html = client.get(answer.location).get_data(as_text=True)
    assert "Continue at your bank" in html
    assert sandbox.url in html
    assert paying.charges(sandbox) == []


@pytest.mark.parametrize("cents", ["1", "-6608", "66.08", "", "9" * 30])
def test_a_forged_sum_takes_nothing(asked, sandbox, cents):
    client, link = asked
    answer = press(client, link, expected_cents=cents)
    assert answer.status_code == 409
    assert "Confirm and pay $66.08" in answer.get_data(as_text=True)
    assert paying.charges(sandbox) == []
