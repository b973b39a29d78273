"""Paying in parts on the owner's pages: shown before, errors beside fields, ended, never twice."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from tests.support import bills, drafting, forms, paying, people

KEY = "k" * 24
NEW = "/arrangement/new"


@pytest.fixture
def bill(database):
    """66.08, late since 28 October."""
    return bills.make_bill(
        database, effective_on=datetime.date(2026, 10, 28), through=datetime.date(2026, 10, 30)
    )


@pytest.fixture
def card(ctx, sandbox, bill):
    return paying.save_card(ctx, sandbox, bill.customer)


@pytest.fixture
def owner(paying_app, bill):
    return people.sign_in(paying_app.test_client(), bill.customer)


def text(answer) -> str:
    return answer.get_data(as_text=True)


def send(client, bill, card, /, **changed):
    given = {
        "bill": bill.number,
        "count": "3",
        "every": "week",
        "first": "2026-12-01",
        "with": card,
        "once_key": KEY,
        "expected_cents": "6608",
    } | changed
    mark = " ".join((given["count"], given["every"], given["first"], given["with"], bill.number))
    token = forms.token(client, "/settings/language")
    return client.post(NEW, data={"csrf_token": token, "seen": mark} | given)


def count(database, table="arrangement") -> int:
    with database.reading() as session:
        return session.scalar(sa.text(f"SELECT count(*) FROM {table}"))


def test_the_page_opens_with_parts_that_are_possible(owner, bill, card):
    html = text(owner.get(NEW))
    assert "Tuesday 1 December" in html
    assert "Pay $66.08 in 3 parts" in html
    assert "It holds as soon as you press." in html
    assert "I authorise Fernhill Pet Insurance to take $66.08 in parts from Visa 4242" in html


def test_looking_proposes_nothing_and_keeps_what_was_chosen(owner, database, bill, card):
    html = text(send(owner, bill, card, look="1", count="2", every="two_weeks"))
    assert "$33.04" in html
    assert "Tuesday 15 December" in html
    assert '<option value="2" selected>' in html
    assert '<option value="two_weeks" selected>' in html
    assert count(database) == 0


def test_it_is_agreed_to_and_shown(owner, database, bill, card):
    assert send(owner, bill, card).status_code == 303
    assert send(owner, bill, card).status_code == 303
    html = text(owner.get("/arrangement"))
    assert "You pay $66.08 in 3 parts" in html
    assert "Tuesday 15 December" in html
    assert "Due since 28 Oct" in html
    assert (count(database), count(database, "draft")) == (1, 3)
    assert "One at a time" in text(owner.get(NEW))


def test_bills_in_parts_are_shown_without_pressure_and_honestly(owner, bill, card):
    send(owner, bill, card)
    for address in ("/home", "/invoices"):
        html = text(owner.get(address))
        assert "In parts: 3 left, next $22.03 on 1 Dec" in html, address
        assert "Overdue since" not in html, address
    page = text(owner.get(f"/invoices/{bill.number}"))
    assert "In parts" in page
    assert "due since" in page.lower()


def test_much_is_asked_for_and_the_page_says_so(owner, database, bill, card):
    with database.unit_of_work() as session:
        method = "UPDATE arrangement SET state = 'broken', ended_at = now()"
        session.execute(sa.text(method))
    send(owner, bill, card)
    with database.unit_of_work() as session:
        session.execute(sa.text(f"{method} , proposed_at = now()"))
        session.execute(
            sa.text("UPDATE draft SET state = 'cancelled', due_on = NULL, ended_at = now()")
        )
    html = text(owner.get(NEW))
    assert "Ask for these 3 parts" in html
    assert send(owner, bill, card, once_key="j" * 24).status_code == 303
    assert "You asked to pay $66.08 in 3 parts" in text(owner.get("/arrangement"))


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"count": "1"}, 'for="count"', "Choose from 2 to 6 parts."),
        ({"count": "7"}, 'for="count"', "Choose from 2 to 6 parts."),
        ({"count": "x"}, 'for="count"', "Choose from 2 to 6 parts."),
        ({"first": ""}, 'for="first"', "Enter a day, like 11/25/2026."),
        ({"first": "2026-11-24"}, 'for="first"', "The first part must be between"),
        ({"first": "2026-12-09"}, 'for="first"', "The first part must be between"),
        ({"with": ""}, 'id="with"', "Choose the card or account"),
        ({"with": "MTH-0"}, 'id="with"', "This payment method was removed."),
        ({"bill": "INV-0"}, 'id="bills"', "Choose at least one bill"),
    ],
)
def test_what_is_not_possible_is_refused_beside_its_field(
    owner, database, bill, card, typed, field, said
):
    answer = send(owner, bill, card, **typed)
    assert answer.status_code == 422
    html = text(answer)
    assert said in html.split(field)[1].split("</fieldset>")[0].split("<select")[0]
    if typed.get("first"):
        assert f'value="{typed["first"]}"' in html
    assert count(database) == 0


def test_parts_below_the_least_are_refused(owner, database, bill, card):
    bills.pay(database, bill.invoice, cents=4000)
    answer = send(owner, bill, card, expected_cents="2608")
    assert "Each part must be at least $10.00. Choose fewer parts." in text(answer)
    assert count(database) == 0


@pytest.mark.parametrize(
    "changed", [{"seen": ""}, {"expected_cents": "1"}, {"expected_cents": "-6608"}]
)
def test_what_was_not_shown_is_not_proposed(owner, database, bill, card, changed):
    answer = send(owner, bill, card, **changed)
    assert answer.status_code == 422
    assert "Please look at this again" in text(answer)
    assert count(database) == 0


def test_a_bill_of_another_customer_is_not_arranged(owner, database, bill, card):
    theirs = bills.make_bill(database)
    assert send(owner, theirs, card).status_code == 422
    assert count(database) == 0


def test_without_a_saved_method_the_page_leads_to_saving_one(owner, bill):
    assert 'href="/payment-methods/add"' in text(owner.get(NEW))


def test_without_a_debt_the_page_says_so(owner, database, bill, card):
    bills.pay(database, bill.invoice)
    assert "Nothing to pay in parts" in text(owner.get(NEW))
    assert "You have no arrangement" in text(owner.get("/arrangement"))


def end(client, number):
    token = forms.token(client, "/settings/language")
    return client.post("/arrangement/cancel", data={"csrf_token": token, "number": number})


def number_of(database) -> str:
    with database.reading() as session:
        return session.scalar(sa.text("SELECT number FROM arrangement"))


def test_it_is_ended_by_its_owner_and_by_nobody_else(paying_app, owner, database, bill, card):
    send(owner, bill, card)
    number = number_of(database)
    other = people.sign_in(paying_app.test_client(), people.make_customer(database))
    for given in (number, "ARR-0", ""):
        assert end(other, given).status_code == 404
    for _ in range(2):
        assert end(owner, number).status_code == 303
    html = text(owner.get("/arrangement"))
    assert "You ended this arrangement" in html
    assert "Pay $66.08" in html


def test_one_that_is_kept_can_not_be_ended(owner, ctx, sandbox, database, bill, card):
    send(owner, bill, card)
    paying.begin(ctx, bill.customer, bill.number, method=card)
    assert "You paid $66.08 in parts" in text(owner.get("/arrangement"))
    answer = end(owner, number_of(database))
    assert answer.status_code == 409
    assert "cannot be done any more" in text(answer)


def test_a_planned_payment_of_one_bill_is_named(owner, ctx, bill, card):
    drafting.plan(ctx, bill, card, on=datetime.date(2026, 12, 4), kind="scheduled")
    html = text(owner.get(NEW))
    assert "A payment of one of these bills is planned for Friday 4 December 2026." in html


def test_the_bills_lead_to_paying_in_parts(owner, bill, card):
    assert 'href="/arrangement/new"' in text(owner.get("/invoices"))
