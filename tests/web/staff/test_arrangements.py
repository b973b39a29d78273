"""Arrangements at the desk: counted, listed, agreed to or declined, by whom it may be."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from portal.domain.billing.queries import arranged
from portal.kernel import ids
from tests.support import forms, paying, people, planning


@pytest.fixture
def big(database):
    return planning.big_bill(database)


@pytest.fixture
def asked(ctx, sandbox, big):
    return planning.propose(ctx, big, paying.save_card(ctx, sandbox, big.customer)).number


def text(answer) -> str:
    return answer.get_data(as_text=True)


def address(number, act=""):
    return f"/desk/arrangements/{number}{act}"


def send(client, number, act, **typed):
    token = forms.token(client, "/desk")
    return client.post(address(number, act), data={"csrf_token": token, **typed})


def state(database, number):
    with database.reading() as session:
        return arranged.one(session, number=number).state


def test_it_is_counted_and_listed_and_stands_on_the_customers_page(desk, big, asked):
    assert "Arrangements to decide on" in text(desk.get("/desk"))
    listed = text(desk.get("/desk/arrangements"))
    assert f'href="{address(asked)}"' in listed
    assert "Maria Alvarez" in listed
    assert f'href="{address(asked)}"' in text(desk.get(f"/desk/customers/{big.customer.number}"))


def test_the_page_says_why_a_person_is_asked_and_what_was_agreed_to(desk, asked):
    html = text(desk.get(address(asked)))
    assert "More than the rule agrees to" in html
    assert "arrangement-2026-11" in html
    assert "in 3 parts</span></button>" in html


def test_a_specialist_agrees(desk, database, asked):
    assert send(desk, asked, "/approve").status_code == 302
    assert state(database, asked) == "active"
    html = text(desk.get(address(asked)))
    assert "Grace Lindqvist" in html
    assert "Planned" in html
    answer = send(desk, asked, "/approve")
    assert answer.status_code == 409
    assert "cannot be done any more" in text(answer)


def test_declining_wants_a_reason_and_keeps_what_was_written(desk, database, asked):
    answer = send(desk, asked, "/decline", reason="  ")
    assert answer.status_code == 422
    assert "Write a sentence that says why." in text(answer)
    long = "x" * 2001
    answer = send(desk, asked, "/decline", reason=long)
    assert answer.status_code == 422
    assert long in text(answer)
    assert send(desk, asked, "/decline", reason="The first part must be $500.").status_code == 302
    assert state(database, asked) == "declined"
    assert "The first part must be $500." in text(desk.get(address(asked)))


def test_much_is_a_supervisors(desk, supervisor_desk, database, asked):
    with database.unit_of_work() as session:
        session.execute(sa.text("UPDATE arrangement SET total_cents = 200001"))
    assert "A supervisor decides" in text(desk.get(address(asked)))
    answer = send(desk, asked, "/approve")
    assert answer.status_code == 409
    assert "Only a supervisor can decide on more than $2,000.00." in text(answer)
    assert send(supervisor_desk, asked, "/approve").status_code == 302


def test_finance_reads_and_decides_nothing(finance_desk, database, asked):
    assert "cannot decide on it" in text(finance_desk.get(address(asked)))
    for act in ("/approve", "/decline"):
        assert send(finance_desk, asked, act).status_code == 403
    assert state(database, asked) == "proposed"


def test_nobody_decides_on_their_own(app, database, big, asked):
    me = people.make_staff(database, "supervisor", email=big.customer.email)
    client = people.sign_in(app.test_client(), me)
    assert "This is your own account." in text(client.get(address(asked)))
    assert send(client, asked, "/approve").status_code == 409
    assert state(database, asked) == "proposed"


def test_one_whose_first_day_is_over_can_only_be_declined(app, clock, database, specialist, asked):
    clock.advance(datetime.timedelta(days=8))
    client = people.sign_in(app.test_client(), specialist, now=clock.now())
    html = text(client.get(address(asked)))
    assert "Its first day is over" in html
    assert "/approve" not in html
    assert send(client, asked, "/approve").status_code == 409


@pytest.mark.parametrize("number", ["ARR-0", "INV-1", "x"])
def test_a_number_that_is_nobodys_is_not_found(desk, number):
    assert desk.get(address(number)).status_code == 404
    for act in ("/approve", "/decline"):
        assert send(desk, number, act, reason="no").status_code == 404
    assert desk.get(address(ids.new(ids.Prefix.ARRANGEMENT))).status_code == 404


def test_the_search_leads_to_it_and_from_a_part_to_its_customer(ctx, desk, big, asked):
    def found(number):
        return desk.get(f"/desk/customers?q={number}").location

    assert found(asked.lower()) == address(asked)
    send(desk, asked, "/approve")
    number = planning.waiting(ctx, big)[0].number
    assert found(number) == f"/desk/customers/{big.customer.number}"


def test_an_empty_list_says_what_will_stand_there(desk):
    assert "No arrangement waits" in text(desk.get("/desk/arrangements"))
