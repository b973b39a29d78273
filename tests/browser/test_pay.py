"""Paying in a browser: a new card, a decline and another card, 3-D Secure, a saved card."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser import conftest
from tests.support import bills, paying

FRAME = 'iframe[title="Secure payment input frame"]'


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


def type_card(page, number: str) -> None:
    """Fill Stripe's frame in."""
    frame = page.frame_locator(FRAME)
    frame.get_by_label("Card number").fill(number)
    frame.locator('[name="expiry"]').fill("1230")
    frame.locator('[name="cvc"]').fill("123")
    frame.locator('[name="postalCode"]').fill("62704")


def press_pay(page) -> None:
    """Press the one button."""
    page.get_by_role("button", name="Pay $").click()


@conftest.both_widths
def test_a_new_card_pays_and_the_page_says_received(visit, site, sandbox, bill):
    me = visit(bill.customer)
    page = me.open("/pay")
    type_card(page, "4242424242424242")
    press_pay(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("We received $66.08")
    assert me.axe() == []
    assert me.overflow() == 0
    site.run_jobs()
    assert "We received $66.08" in site.mails_to(bill.customer.email)
    assert len(paying.charges(sandbox)) == 1
    page = me.open("/pay")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing to pay")


@conftest.on_a_desk
def test_the_button_stays_green_under_the_pointer(visit, bill):
    page = visit(bill.customer).open("/home")
    button = page.get_by_role("link", name="Pay $66.08")
    button.hover()
    expect(button).to_have_css("background-color", "rgb(21, 63, 49)")


@conftest.both_widths
def test_a_decline_says_why_and_another_card_pays(visit, sandbox, bill):
    page = visit(bill.customer).open("/pay")
    type_card(page, "4000000000009995")
    press_pay(page)
    expect(page.locator("#card-bad")).to_contain_text("insufficient funds. Nothing was taken.")
    type_card(page, "4242424242424242")
    press_pay(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("We received $66.08")
    assert len(paying.charges(sandbox)) == 1


@conftest.both_widths
@pytest.mark.parametrize(
    ("button", "heading"),
    [("Complete", "We received $66.08"), ("Fail", "We did not receive this payment")],
)
def test_three_d_secure(visit, sandbox, bill, button, heading):
    page = visit(bill.customer).open("/pay")
    type_card(page, "4000002760003184")
    press_pay(page)
    challenge = page.frame_locator('iframe[title*="authentication" i], iframe[title*="Secure 2" i]')
    challenge.get_by_role("button", name=button).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    assert len(paying.charges(sandbox)) == (1 if button == "Complete" else 0)


@pytest.mark.parametrize(
    ("button", "heading"),
    [("Complete", "We received $66.08"), ("Fail", "We did not receive this payment")],
)
def test_a_saved_card_whose_bank_asks_is_confirmed_from_the_next_page(
    visit, site, sandbox, bill, button, heading
):
    paying.save_card(site.ctx, sandbox, bill.customer, "4000002760003184")
    page = visit(bill.customer).open("/pay")
    press_pay(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your bank asks you to confirm")
    page.get_by_role("link", name="Continue at your bank").click()
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    assert len(paying.charges(sandbox)) == (1 if button == "Complete" else 0)


def test_a_double_press_with_a_saved_card_is_one_charge(visit, site, sandbox, bill):
    paying.save_card(site.ctx, sandbox, bill.customer)
    page = visit(bill.customer).open("/pay")
    page.get_by_role("button", name="Pay $").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("We received $66.08")
    assert len(paying.charges(sandbox)) == 1


def test_the_back_button_and_a_second_press_charge_nothing_more(visit, site, sandbox, bill):
    paying.save_card(site.ctx, sandbox, bill.customer)
    page = visit(bill.customer).open("/pay")
    press_pay(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("We received $66.08")
    page.go_back()
    if page.get_by_role("button", name="Pay $").count():
        press_pay(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("We received $66.08")
    assert len(paying.charges(sandbox)) == 1


@conftest.both_widths
def test_a_card_is_added_made_default_and_removed(visit, site, sandbox, bill):
    paying.save_card(site.ctx, sandbox, bill.customer, "5555555555554444")
    me = visit(bill.customer)
    page = me.open("/payment-methods/add")
    assert me.axe() == []
    type_card(page, "4242424242424242")
    page.get_by_role("button", name="Agree and save").click()
    expect(page.get_by_text("It was saved")).to_be_visible()
    page.get_by_role("link", name="Visa 4242").click()
    assert me.axe() == []
    page.get_by_role("button", name="Offer this first").click()
    expect(page.get_by_role("link", name="Visa 4242")).to_contain_text("Offered first")
    assert me.axe() == []
    page.get_by_role("link", name="Mastercard 4444").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("It was removed")).to_be_visible()
    expect(page.get_by_role("link", name="Mastercard 4444")).to_have_count(0)
    site.run_jobs()
    assert site.mails_to(bill.customer.email).count("A way to pay was saved") == 2
    assert "A way to pay was removed" in site.mails_to(bill.customer.email)


def test_the_pay_page_is_sound_at_320_px(visit, site, sandbox, bill):
    bills.make_bill(site.ctx.database, customer=bill.customer, pet_name="Miso", species="cat")
    paying.save_card(site.ctx, sandbox, bill.customer)
    me = visit(bill.customer)
    me.page.set_viewport_size({"width": 320, "height": 640})
    page = me.open("/pay")
    assert me.overflow() == 0
    assert me.axe() == []
    page.get_by_label("Miso, November").check()
    expect(page.get_by_role("button", name="Pay $132.16")).to_be_visible()
