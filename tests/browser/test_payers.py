"""Somebody else pays for one pet: asked by the owner, paid on a phone that was never here."""

from __future__ import annotations

import datetime
import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from tests.browser import conftest
from tests.browser.test_pay import press_pay, type_card
from tests.support import bills, cases, paying, people, scoped


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


def mailed_link(site) -> str:
    """The path in the newest invitation."""
    with site.ctx.database.reading() as session:
        text = session.scalar(
            sa.text("SELECT text FROM mail WHERE template = 'payer_invited' ORDER BY id DESC")
        )
    return re.search(r"/payer/\S+", text)[0]


@conftest.both_widths
def test_asked_by_the_owner_and_paid_on_a_fresh_phone(visit, site, sandbox, bill):
    owner = visit(bill.customer)
    page = owner.open("/settings")
    page.get_by_role("link", name="Who else pays").click()
    assert owner.axe() == []
    page.get_by_role("link", name="Let somebody else pay for Biscuit").click()
    assert owner.axe() == []
    assert owner.overflow() == 0
    page.get_by_label("Their name").fill("Ana Ruiz")
    page.get_by_label("Their e-mail address").fill("ana@example.test")
    page.get_by_role("button", name="Mail them the link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ana Ruiz pays for Biscuit")
    expect(page.get_by_text("Not yet")).to_be_visible()
    assert owner.axe() == []
    assert owner.overflow() == 0

    ana = visit(None)
    phone = ana.open(mailed_link(site))
    expect(phone.get_by_role("heading", level=1)).to_have_text("The bills of Biscuit")
    assert ana.axe() == []
    assert ana.overflow() == 0
    type_card(phone, "4000000000009995")
    press_pay(phone)
    expect(phone.locator("#card-bad")).to_contain_text("insufficient funds. Nothing was taken.")
    type_card(phone, "4242424242424242")
    press_pay(phone)
    expect(phone.get_by_role("heading", level=1)).to_have_text("We received $66.08")
    assert ana.axe() == []
    assert ana.overflow() == 0
    assert len(paying.charges(sandbox)) == 1
    phone.get_by_role("link", name="Back to the bills of Biscuit").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("There is nothing to pay")
    expect(phone.get_by_role("link", name="Visa 4242")).to_be_visible()
    assert ana.axe() == []

    page.reload()
    expect(page.get_by_text("$66.08")).to_be_visible()
    expect(page.get_by_text("4242")).to_have_count(0)
    page.get_by_role("button", name="Ana Ruiz no longer pays").click()
    expect(page.get_by_text("It has ended, and their link is dead.")).to_be_visible()
    over = site.app.test_client().get(mailed_link(site))
    assert over.status_code == 404
    assert "Ana Ruiz paid $66.08 for Biscuit" in site.mails_to(bill.customer.email)
    assert "We received $66.08" in site.mails_to("ana@example.test")


def test_a_payer_keeps_a_card_joins_autopay_and_leaves(visit, site, database, sandbox):
    bill = bills.make_bill(database, effective_on=datetime.date(2026, 12, 12))
    ana = visit(None)
    page = ana.open(scoped.link(site.ctx, scoped.ask(site.ctx, bill)))
    page.get_by_role("link", name="Join autopay").click()
    assert ana.axe() == []
    page.get_by_role("link", name="Add a card or account").click()
    assert ana.axe() == []
    assert ana.overflow() == 0
    type_card(page, "4242424242424242")
    page.get_by_role("button", name="Agree and save").click()
    expect(page.get_by_text("It was saved")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Autopay for Biscuit")
    assert ana.axe() == []
    assert ana.overflow() == 0
    page.get_by_label(re.compile("I authorise")).check()
    page.get_by_role("button", name="Turn autopay on").click()
    expect(page.get_by_text("Autopay is on for Biscuit")).to_be_visible()
    assert ana.axe() == []
    page.get_by_role("link", name="Change or leave autopay").click()
    assert ana.axe() == []
    page.get_by_role("button", name="Leave autopay").click()
    expect(page.get_by_text("Autopay is off.")).to_be_visible()
    page.get_by_role("link", name="I no longer want to pay for Biscuit").click()
    assert ana.axe() == []
    page.get_by_role("button", name="End it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You no longer pay for Biscuit")
    assert ana.axe() == []


def test_the_page_is_sound_at_320_px_with_bills_late_and_in_dispute(visit, site, database, sandbox):
    customer = people.make_customer(database)
    bill = bills.make_bill(
        database, customer=customer, effective_on=datetime.date(2026, 9, 28), premium_cents=480_000
    )
    cases.raise_case(site.ctx, customer, invoice_no=bill.number, line_numbers=[1])
    number = scoped.ask(site.ctx, bill, name="Maximilian Oberhauser-Wellington the Third")
    ana = visit(None)
    ana.page.set_viewport_size({"width": 320, "height": 640})
    page = ana.open(scoped.link(site.ctx, number))
    assert ana.overflow() == 0
    assert ana.axe() == []
    page.get_by_role("link", name=re.compile("Pay only this one")).first.click()
    expect(page.get_by_role("link", name="Pay all of them")).to_be_visible()
    assert ana.overflow() == 0
    assert ana.axe() == []
