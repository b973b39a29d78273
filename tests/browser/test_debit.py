"""Paying from a bank account in a browser: entered, on its way, arrived; sent back; verified."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser import conftest
from tests.support import bills, charging, debits

FRAME = 'iframe[title="Secure payment input frame"]'


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


def type_account(page, number: str = debits.GOOD, *, verification: str = "instant") -> None:
    """Choose the tab for bank accounts in Stripe's frame, and fill it in."""
    frame = page.frame_locator(FRAME)
    frame.get_by_role("tab", name="US bank account").click()
    for name, value in (
        ("accountHolderName", "Maria Alvarez"),
        ("email", "maria@example.test"),
        ("routingNumber", "110000000"),
        ("accountNumber", number),
    ):
        frame.locator(f"input[name={name}]").fill(value)
    frame.locator("select[name=verification]").select_option(verification)


def heading(page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def the_bank_answers(site, sandbox) -> None:
    """Every debit on its way ends as its account has it in store; the site hears of it."""
    for intent in sandbox.client().v1.payment_intents.list({"limit": 10}).data:
        if intent.status == "processing":
            sandbox.settle_payment(intent.id)
    charging.hear(site.ctx, sandbox)


@conftest.both_widths
def test_from_entry_to_arrival(visit, site, sandbox, bill):
    me = visit(bill.customer)
    page = me.open("/pay")
    expect(page.locator("#card-debit")).to_be_hidden()
    type_account(page)
    expect(page.locator("#card-debit")).to_contain_text("I authorise")
    assert me.axe() == []
    assert me.overflow() == 0
    page.get_by_role("button", name="Pay $").click()
    heading(page, "Your payment is on its way from your bank")
    expect(page.get_by_text("usually arrives by Tuesday 1 December")).to_be_visible()
    assert me.axe() == []
    assert me.overflow() == 0
    me.open("/home")
    expect(page.get_by_role("link", name="Pay $66.08")).to_have_count(0)
    expect(page.get_by_text("Processing").first).to_be_visible()
    me.open(f"/invoices/{bill.number}")
    expect(page.get_by_text("is on its way from your bank").first).to_be_visible()
    expect(page.get_by_text("Please do not pay it again")).to_be_visible()
    assert me.axe() == []
    assert me.overflow() == 0
    me.open("/pay")
    heading(page, "Nothing more to pay now")
    the_bank_answers(site, sandbox)
    me.open(f"/invoices/{bill.number}")
    expect(page.locator("header").get_by_text("Paid")).to_be_visible()
    subjects = site.mails_to(bill.customer.email)
    assert "$66.08 is on its way from your bank" in subjects
    assert "We received $66.08" in subjects


@conftest.both_widths
def test_from_entry_to_the_return_and_its_fee(visit, site, sandbox, bill):
    me = visit(bill.customer)
    page = me.open("/pay")
    type_account(page, debits.NO_MONEY)
    page.get_by_role("button", name="Pay $").click()
    heading(page, "Your payment is on its way from your bank")
    address = page.url
    the_bank_answers(site, sandbox)
    page.goto(address)
    heading(page, "We did not receive this payment")
    expect(page.get_by_text("There was not enough money on the account.")).to_be_visible()
    assert me.axe() == []
    me.open("/pay")
    expect(page.get_by_label("Biscuit, November")).to_be_visible()
    subjects = site.mails_to(bill.customer.email)
    assert "Your bank sent $66.08 back" in subjects
    assert "A fee of $25.00 for a returned payment" in subjects
    me.open("/invoices")
    page.get_by_role("link", name="$25.00").click()
    expect(page.get_by_text("Returned payment fee").first).to_be_visible()
    assert me.axe() == []
    assert me.overflow() == 0


def test_an_account_is_saved_by_two_small_deposits(visit, site, sandbox, bill):
    me = visit(bill.customer)
    page = me.open("/payment-methods/add")
    type_account(page, verification="microdeposits")
    expect(page.get_by_text("I allow Fernhill Pet Insurance to keep")).to_be_visible()
    assert me.axe() == []
    assert me.overflow() == 0
    page.get_by_role("button", name="Agree and save").click()
    expect(page.get_by_text("Stripe Test Bank 6789 waits for you")).to_be_visible()
    assert me.axe() == []
    assert me.overflow() == 0
    page.get_by_role("link", name="Tell the amounts").click()
    page.get_by_label("First amount").fill("32")
    page.get_by_label("Second amount").fill("45")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("Your bank account is verified.")).to_be_visible()
    charging.hear(site.ctx, sandbox)
    me.open("/payment-methods")
    page.get_by_role("link", name="Stripe Test Bank 6789").click()
    expect(page.get_by_role("heading", name="What you agreed to")).to_be_visible()
    expect(page.get_by_text("I authorise Fernhill Pet Insurance to debit")).to_be_visible()
    assert me.axe() == []
    assert me.overflow() == 0


def test_a_payment_waits_for_two_small_deposits(visit, site, sandbox, bill):
    me = visit(bill.customer)
    page = me.open("/pay")
    type_account(page, verification="microdeposits")
    page.get_by_role("button", name="Pay $").click()
    heading(page, "Your account has to be verified first")
    expect(page.get_by_role("link", name="Tell the amounts")).to_be_visible()
    assert me.axe() == []
    assert me.overflow() == 0
    me.open(f"/invoices/{bill.number}")
    expect(page.get_by_text("Your account has to be verified first")).to_be_visible()
    expect(page.get_by_role("link", name="Pay $66.08")).to_be_visible()
    page.get_by_role("link", name="Tell the amounts").click()
    heading(page, "$66.08 waits for you")
    page.get_by_role("link", name="Tell the amounts").click()
    page.get_by_label("First amount").fill("32")
    page.get_by_label("Second amount").fill("45")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("Your bank account is verified.")).to_be_visible()
    charging.hear(site.ctx, sandbox)
    me.open(f"/invoices/{bill.number}")
    expect(page.get_by_text("is on its way from your bank").first).to_be_visible()
    the_bank_answers(site, sandbox)
    me.open(f"/invoices/{bill.number}")
    expect(page.locator("header").get_by_text("Paid")).to_be_visible()


def test_a_saved_account_whose_permission_ended_is_not_offered(visit, site, sandbox, bill):
    account = debits.save(site.ctx, sandbox, bill.customer)
    me = visit(bill.customer)
    page = me.open("/pay")
    expect(page.get_by_text("Takes about 4 business days", exact=True)).to_be_visible()
    sandbox.end_mandate(debits.method(site.ctx, account).mandate_ref)
    page.get_by_role("button", name="Pay $").click()  # nobody has heard of it yet
    expect(page.get_by_text("This account may not be debited any more")).to_be_visible()
    assert [text for text in me.complaints if "status of 422" not in text] == []
    me.complaints.clear()  # the refused form's own answer
    assert me.axe() == []
    me.open("/pay")
    expect(page.get_by_text("Stripe Test Bank 6789")).to_have_count(0)
    me.open("/payment-methods")
    expect(page.get_by_text("Not debited any more")).to_be_visible()
    assert me.axe() == []
    site.run_jobs()
    assert "We will not debit this account any more" in site.mails_to(bill.customer.email)
