"""Search and page of a customer on the desk."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from portal.domain.audit import models as audit
from tests.support import bills, people


def page(browser, address):
    answer = browser.get(address)
    assert answer.status_code == 200, (answer.status_code, answer.headers.get("Location"))
    return answer.get_data(as_text=True)


@pytest.fixture
def dana(database):
    return people.make_customer(
        database,
        first_name="Dana",
        last_name="O'Brien-Okafor",
        email="dana.o@kennel.example.test",
        phone="(217) 555-0199",
    )


@pytest.mark.parametrize(
    "typed",
    ["dana", "OKAFOR", "o'brien", "dana o'br", "dana.o@kennel.example.test", "kennel",
     "217-555-0199", "+1 217 555 0199", "5550199"],
)  # fmt: skip
def test_a_customer_is_found_by_name_mail_and_phone(database, desk, dana, typed):
    people.make_customer(database, first_name="Someone", last_name="Else", phone="312-555-0100")
    html = desk.get("/desk/customers", query_string={"q": typed}).get_data(as_text=True)
    assert f'href="/desk/customers/{dana.number}"' in html
    assert "Else, Someone" not in html


@pytest.mark.parametrize("typed", ["'", "a & | !", ":*", "\\", "(", "INV-", "x" * 500])
def test_strange_signs_find_nothing_and_break_nothing(desk, dana, typed):
    assert desk.get("/desk/customers", query_string={"q": typed}).status_code == 200


def test_a_whole_number_leads_straight_to_its_page(database, desk):
    bill = bills.make_bill(database)
    for typed, address in (
        (bill.number.lower().replace("-", " "), f"/desk/invoices/{bill.number}"),
        (bill.policy.number, f"/desk/customers/{bill.customer.number}"),
        (bill.customer.number, f"/desk/customers/{bill.customer.number}"),
    ):
        answer = desk.get("/desk/customers", query_string={"q": typed})
        assert answer.headers["Location"] == address


def test_customers_are_paged_by_key_and_nobody_is_left_out(database, desk):
    for n in range(30):
        people.make_customer(database, last_name=f"Last{n:02}", first_name="A")
    first = page(desk, "/desk/customers")
    address = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    second = page(desk, address.replace("&amp;", "&"))
    names = [f"Last{n:02}" for n in range(30)]
    assert [n for n in names if n in first] == names[:25]
    assert [n for n in names if n in second] == names[25:]


def test_the_page_of_a_customer_shows_cover_balance_and_aging(database, desk):
    bill = bills.make_bill(database, effective_on=datetime.date(2026, 9, 28))
    html = page(desk, f"/desk/customers/{bill.customer.number}")
    assert "Covered, $" in html
    assert "past due" in html
    assert "31–60 days" in html
    assert bill.policy.number in html


def test_opening_a_customer_is_written_down_once_in_a_while(database, clock, desk, dana):
    page(desk, f"/desk/customers/{dana.number}")
    page(desk, f"/desk/customers/{dana.number}")
    clock.advance(datetime.timedelta(minutes=16))
    page(desk, f"/desk/customers/{dana.number}")
    with database.reading() as session:
        events = session.scalars(
            sa.select(audit.AuditEvent).where(audit.AuditEvent.subject == dana.number)
        ).all()
    assert [(e.action, e.actor_label) for e in events] == [("desk.opened", "Grace Lindqvist")] * 2


def test_the_start_page_counts_what_waits(database, desk, dana):
    html = page(desk, "/desk")
    assert "0 open cases" in html
    assert 'href="/desk/trouble#payments"' in html
    assert page(desk, "/desk/trouble")


@pytest.mark.parametrize("address", ["/desk", "/desk/customers", "/desk/ledger", "/desk/trouble"])
def test_customers_and_strangers_never_see_the_desk(client, app, dana, address):
    assert client.get(address).status_code == 302
    customer = people.sign_in(app.test_client(), dana)
    assert customer.get(address).status_code == 404
