"""A payment on another day, planned and cancelled; a debt in parts, agreed to at the desk."""

from __future__ import annotations

import datetime
import re

import pytest
from playwright.sync_api import expect

from tests.browser import conftest
from tests.support import bills, paying, people


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


@pytest.fixture
def late(database):
    """A late bill of more than the rule agrees to."""
    return bills.make_bill(
        database,
        effective_on=datetime.date(2026, 10, 28),
        through=datetime.date(2026, 10, 30),
        premium_cents=1_200_000,
    )


def heading(page):
    return page.get_by_role("heading", level=1)


@conftest.both_widths
def test_a_payment_is_planned_moved_and_cancelled(visit, site, sandbox, bill):
    paying.save_card(site.ctx, sandbox, bill.customer)
    me = visit(bill.customer)
    page = me.open("/pay")
    page.get_by_label("On another day").check()
    effect = page.locator("[data-effect]")
    expect(effect).to_contain_text("will be taken from Visa 4242 on Sat 28 Nov")
    page.get_by_label("Day", exact=True).fill("2027-03-01")
    expect(page.locator("#day-bad")).to_contain_text("The last day that can be chosen")
    assert me.axe() == []
    page.get_by_label("Day", exact=True).fill("2026-12-04")
    expect(effect).to_contain_text("This is 6 days after the due day.")
    assert me.axe() == []
    assert me.overflow() == 0
    page.get_by_role("button", name="Plan $66.08 for 4 Dec").click()
    expect(heading(page)).to_have_text("$66.08 will be taken on Friday 4 December")
    assert me.axe() == []
    assert me.overflow() == 0
    page.get_by_label("Day", exact=True).fill("2026-12-07")
    page.get_by_role("button", name="Change the day").click()
    expect(heading(page)).to_have_text("$66.08 will be taken on Monday 7 December")
    page = me.open("/home")
    expect(page.get_by_text("$66.08 on 7 Dec, from Visa 4242")).to_be_visible()
    page.get_by_role("link", name=re.compile("on 7 Dec")).click()
    page.get_by_role("button", name="Cancel this payment").click()
    expect(heading(page)).to_have_text("This planned payment of $66.08 is cancelled")
    assert me.axe() == []
    assert paying.charges(sandbox) == []


def test_a_new_card_is_said_to_need_saving(visit, site, sandbox, bill):
    paying.save_card(site.ctx, sandbox, bill.customer)
    page = visit(bill.customer).open("/pay?when=later")
    page.get_by_label(re.compile("^Another card")).check()
    expect(page.locator("[data-effect]")).to_contain_text("a card or account must be saved first")
    expect(page.get_by_role("link", name="Save a card or account")).to_be_visible()


@conftest.both_widths
def test_a_debt_in_parts_is_agreed_to_at_the_desk(visit, site, sandbox, database, late):
    paying.save_card(site.ctx, sandbox, late.customer)
    me = visit(late.customer)
    page = me.open("/invoices")
    page.get_by_role("link", name="Pay in parts").click()
    page.get_by_label("How many parts").select_option("4")
    page.get_by_role("button", name="Show what this comes to").click()
    assert me.axe() == []
    assert me.overflow() == 0
    page.get_by_role("button", name="Ask for these 4 parts").click()
    expect(heading(page)).to_contain_text("You asked to pay")
    desk = visit(people.make_staff(database, "specialist", name="Grace Lindqvist"))
    board = desk.open("/desk/arrangements")
    board.get_by_role("link", name=re.compile("^ARR-")).click()
    assert desk.axe() == []
    assert desk.overflow() == 0
    board.get_by_role("button", name=re.compile("^Agree to")).click()
    expect(board.get_by_text("Agreed. The parts are planned")).to_be_visible()
    page = me.open("/arrangement")
    expect(heading(page)).to_contain_text("in 4 parts")
    assert me.axe() == []
    assert me.overflow() == 0
    page = me.open("/home")
    expect(page.get_by_text(re.compile("In parts: 4 left")).first).to_be_visible()
    page = me.open("/arrangement")
    page.get_by_role("button", name="End this arrangement").click()
    expect(heading(page)).to_have_text("You ended this arrangement")
    assert me.axe() == []
