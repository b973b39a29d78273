"""A part, all, more for later and credit: the page shows what happens, then it happens."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser import conftest
from tests.support import bills, paying


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


@conftest.both_widths
def test_a_part_is_shown_then_paid(visit, site, sandbox, bill):
    paying.save_card(site.ctx, sandbox, bill.customer)
    me = visit(bill.customer)
    page = me.open("/pay")
    page.get_by_text("Another amount").click()
    effect = page.locator("[data-effect]")
    page.get_by_label("Amount", exact=True).fill("70")
    expect(page.locator("#amount-bad")).to_contain_text("more than these bills ask for")
    assert me.axe() == []
    page.get_by_label("Amount", exact=True).fill("20.50")
    expect(effect).to_contain_text("$45.58 stays open")
    assert me.axe() == []
    assert me.overflow() == 0
    page.get_by_role("button", name="Pay $20.50").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("We received $20.50")
    page = me.open("/home")
    expect(page.get_by_role("link", name="Pay $45.58")).to_be_visible()


def test_more_is_kept_for_later_bills(visit, site, sandbox, bill):
    paying.save_card(site.ctx, sandbox, bill.customer)
    page = visit(bill.customer).open("/pay")
    page.get_by_text("Another amount").click()
    page.get_by_label("Amount", exact=True).fill("100")
    page.get_by_text("Keep what is more for later bills").click()
    expect(page.locator("[data-effect]")).to_contain_text("$33.92")
    page.get_by_role("button", name="Pay $100.00").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("We received $100.00")


@conftest.both_widths
def test_credit_goes_first_if_wanted(visit, site, sandbox, database, bill):
    for open_one in bills.invoices_of(database, policy_id=bill.policy.id):
        bills.pay(database, open_one)
    paying.give(site.ctx, bill.customer, 1000)
    bills.make_bill(database, customer=bill.customer, pet_name="Miso", species="cat")
    paying.save_card(site.ctx, sandbox, bill.customer)
    me = visit(bill.customer)
    page = me.open("/pay")
    expect(page.get_by_role("button", name="Pay $56.08")).to_be_visible()
    assert me.axe() == []
    page.get_by_text("Use your credit of $10.00 first").click()
    expect(page.get_by_role("button", name="Pay $66.08")).to_be_visible()
    page.get_by_text("Use your credit of $10.00 first").click()
    page.get_by_role("button", name="Pay $56.08").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("We received $56.08")
    expect(page.get_by_text("$10.00 of your credit is on your bills now.")).to_be_visible()
    assert [charge.amount for charge in paying.charges(sandbox)] == [5608]


def test_credit_that_covers_all_needs_no_card(visit, site, sandbox, database, bill):
    for open_one in bills.invoices_of(database, policy_id=bill.policy.id):
        bills.pay(database, open_one)
    paying.give(site.ctx, bill.customer, 10_000)
    bills.make_bill(database, customer=bill.customer, pet_name="Miso", species="cat")
    page = visit(bill.customer).open("/pay")
    page.get_by_role("button", name="Use $66.08 of credit").click()
    expect(page.get_by_text("Your credit paid it. Nothing else was charged.")).to_be_visible()
    assert paying.charges(sandbox) == []
