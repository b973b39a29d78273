"""A pet has died: from the quiet link on a phone to the end of the cover at the desk."""

from __future__ import annotations

import datetime

import pytest
from playwright.sync_api import expect

from tests.support import bills, paying, people
from tests.support import mourning as pets


@pytest.fixture
def bill(database):
    """Since August, every bill so far paid, not through Stripe: its refund waits in the queue."""
    made = bills.make_bill(database, effective_on=datetime.date(2026, 8, 1))
    for invoice in made.invoices:
        bills.pay(database, invoice)
    return made


def heading(page):
    return page.get_by_role("heading", level=1)


def fits(visitor) -> None:
    assert visitor.axe() == []
    assert visitor.overflow() == 0


def test_a_death_is_told_on_a_phone_and_the_cover_is_ended_at_the_desk(visit, site, database, bill):
    me = visit(bill.customer)
    page = me.open(f"/policies/{bill.policy.number}")
    page.get_by_role("link", name="My pet has died").click()
    expect(heading(page)).to_have_text("We are very sorry about Biscuit")
    page.get_by_label("The day Biscuit died").fill("2026-11-20")
    page.get_by_role("button", name="Show what goes back for this day").click()
    expect(page.get_by_text("for the days after 20 Nov 2026")).to_be_visible()
    fits(me)
    assert me.overflow_at_320() == 0
    page.get_by_role("button", name="Send this").click()
    expect(page.get_by_text("Everything that asks for money is stopped")).to_be_visible()
    fits(me)
    page = me.open("/home")
    expect(heading(page)).to_have_text("We are sorry about Biscuit")
    fits(me)
    case = pets.case(site.ctx, bill).number
    desk = visit(people.make_staff(database, "specialist", name="Grace Okonjo"))
    board = desk.open("/desk/queue")
    board.get_by_role("link", name="Gently: Bereavement, Biscuit").click()
    expect(board.get_by_role("heading", name="Biscuit has died")).to_be_visible()
    fits(desk)
    board.get_by_role("button", name="End the cover from 21 Nov 2026").click()
    expect(board.get_by_label("Reason for the log").last).to_have_value(
        f"Biscuit died on 20 Nov 2026. Case {case}."
    )
    fits(desk)
    board.get_by_role("button", name="Cancel the policy").click()
    expect(board.get_by_role("status").first).to_contain_text("Cover ends with the day before")
    page = me.open(f"/policies/{bill.policy.number}/bereavement")
    expect(page.get_by_text("Biscuit was covered through Friday 20 November 2026")).to_be_visible()
    fits(me)
    paying.assert_books(site.ctx, with_stripe=False)
