"""Amounts that can't be paid are refused beside the field, and what was typed stays."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.support import bills, forms, people

KEY = "k" * 24


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


@pytest.fixture
def owner(app, bill):
    return people.sign_in(app.test_client(), bill.customer)


def send(client, bill, **typed):
    given = {"bill": bill.number, "with": "new", "once_key": KEY, "much": "some"} | typed
    return forms.post(client, "/pay", to="/pay", **given)


def payments(database) -> int:
    with database.reading() as session:
        return session.scalar(sa.text("SELECT count(*) FROM payment"))


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("", "Enter an amount."),
        ("0", "The least that can be paid is $0.50."),
        ("0.49", "The least that can be paid is $0.50."),
        ("65.90", "This would leave $0.18 open, which is less than can be paid later."),
        ("-20", "Enter the amount without a minus sign."),
        ("66.09", "This is more than these bills ask for."),
        ("99,999.00", "This is more than these bills ask for."),
        ("9,999,999,999.99", "This amount is too large. Check the digits."),
        ("1,00", "Enter an amount in dollars and cents, like 62.44."),
        ("20.005", "Enter no more than two digits after the point, like 62.44."),
        ("20 EUR", "Enter the amount in US dollars."),
        ("€20", "Enter the amount in US dollars."),
        ("twenty", "Enter an amount in dollars and cents, like 62.44."),
        ("9" * 40, "This amount is too large. Check the digits."),
    ],
)
def test_an_amount_that_cannot_be_paid_is_refused_beside_its_field(
    owner, database, bill, amount, said
):
    answer = send(owner, bill, amount=amount, expected_cents="2000")
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    field = html.split('for="amount"')[1].split("</div>")[0]
    assert said in field
    if amount:
        assert f'value="{amount}"' in field
    assert payments(database) == 0


@pytest.mark.parametrize("amount", ["20", "$20", "20.00", " 20.0 "])
def test_an_amount_may_be_written_in_several_ways(owner, bill, amount):
    answer = send(owner, bill, amount=amount, look="1")
    assert answer.status_code == 200
    assert "Pay $20.00" in answer.get_data(as_text=True)


def test_looking_begins_nothing(owner, database, bill):
    html = send(owner, bill, amount="20", look="1").get_data(as_text=True)
    assert "$46.08 stays open" in html
    assert payments(database) == 0


def test_a_script_is_told_the_effect_and_what_is_wrong(owner, bill):
    typed = {"bill": bill.number, "with": "new", "much": "some", "look": "1", "amount": "100"}
    typed["csrf_token"] = forms.token(owner, "/pay")

    def look(**more):
        answer = owner.post("/pay", data=typed | more, headers={"Accept": "application/json"})
        return answer.get_json()

    assert "more than these bills ask for" in look()["error"]
    found = look(ahead="1")
    assert found["error"] == ""
    assert "Kept for later bills" in found["html"]


def test_a_form_with_a_changed_effect_takes_nothing(owner, database, bill):
    typed = {
        "bill": bill.number,
        "with": "new",
        "once_key": KEY,
        "much": "some",
        "amount": "20",
        "expected_cents": "2000",
        "expected_credit_cents": "1",
        "csrf_token": forms.token(owner, "/pay"),
    }
    answer = owner.post("/pay", data=typed, headers={"Accept": "application/json"})
    assert answer.status_code == 409
    assert "The amount changed" in answer.get_json()["error"]
    assert payments(database) == 0


def test_a_new_card_without_its_script_takes_nothing_and_uses_no_credit(owner, database, bill):
    answer = send(owner, bill, much="all", expected_cents="6608")
    assert answer.status_code == 422
    assert "only with JavaScript" in answer.get_data(as_text=True)
    assert payments(database) == 0


def test_a_link_to_a_paid_bill_asks_for_what_is_open(owner, database, bill):
    bills.pay(database, bill.invoice)
    html = owner.get(f"/pay?invoice={bill.number}").get_data(as_text=True)
    assert f'value="{bill.number}"' not in html
