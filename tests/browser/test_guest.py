"""Somebody without an account pays a bill from its link, on a phone that was never here."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from portal.journeys import guest_pay
from tests.browser import conftest
from tests.browser.test_pay import press_pay, type_card
from tests.support import bills, paying


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


@conftest.both_widths
def test_a_guest_pays_from_the_link_in_the_bill(visit, site, sandbox, bill):
    link = guest_pay.link(site.ctx, invoice_no=bill.number).removeprefix(site.url)
    me = visit(None)
    page = me.open(link)
    assert me.axe() == []
    assert me.overflow() == 0
    assert me.overflow_at_320() == 0
    type_card(page, "4000000000009995")
    press_pay(page)
    expect(page.locator("#card-bad")).to_contain_text("insufficient funds. Nothing was taken.")
    type_card(page, "4242424242424242")
    press_pay(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("We received $66.08")
    assert me.axe() == []
    assert me.overflow_at_320() == 0
    assert len(paying.charges(sandbox)) == 1
    page = me.open(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing to pay")


@conftest.both_widths
def test_a_bill_is_found_by_policy_number_and_zip(visit, sandbox, bill):
    me = visit(None)
    page = me.open("/sign-in")
    page.get_by_role("link", name="Pay a bill without signing in").click()
    assert me.axe() == []
    page.get_by_label("Policy number").fill(bill.policy.number)
    page.get_by_label("ZIP code").fill(bill.customer.zip)
    page.get_by_role("button", name="Find the bill").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The bill that is due first")
    expect(page.get_by_text(bill.pet.name)).to_have_count(0)
    assert me.axe() == []
