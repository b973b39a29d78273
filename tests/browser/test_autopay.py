"""Autopay on a phone: joined with a card that later needs its owner, who confirms by mail."""

from __future__ import annotations

import datetime
import re

import pytest
from playwright.sync_api import expect

from portal.journeys import announce_drafts
from tests.browser import conftest
from tests.browser.test_pay import type_card
from tests.support import autopaying, bills, drafting, paying

ASKS_ALWAYS = "4000002760003184"
DUE_ON = datetime.date(2026, 12, 12)


@pytest.fixture
def bill(database):
    return bills.make_bill(database, effective_on=DUE_ON)


def sound(me) -> None:
    """The page pleases axe and fits."""
    assert me.axe() == []
    assert me.overflow() == 0
    assert me.overflow_at_320() == 0


def test_a_card_that_later_needs_its_owner(visit, site, sandbox, clock, bill):
    me = visit(bill.customer)
    page = me.open("/home")
    page.get_by_role("link", name="Set up autopay for Biscuit").click()
    sound(me)
    page.get_by_role("link", name="Add a card or account").click()
    type_card(page, ASKS_ALWAYS)
    page.get_by_role("button", name="Agree and save").click()
    challenge = page.frame_locator('iframe[title*="authentication" i], iframe[title*="Secure 2" i]')
    challenge.get_by_role("button", name="Complete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Autopay for Biscuit")
    expect(page.get_by_label("Visa 3184")).to_be_checked()
    page.get_by_label("3 days before it").check()
    page.get_by_role("button", name="Turn autopay on").click()
    expect(page.get_by_role("alert")).to_contain_text("Tick the box to agree")
    sound(me)
    me.complaints[:] = [said for said in me.complaints if "422" not in said]  # the browser's own
    page.get_by_label("I authorise").check()
    page.get_by_role("button", name="Turn autopay on").click()
    expect(page.get_by_text("Next $66.08 on Wed 9 Dec")).to_be_visible()
    sound(me)
    page = me.open(f"/invoices/{bill.number}")
    expect(page.get_by_text("Autopay takes it: $66.08 on 9 Dec")).to_be_visible()

    drafting.to_day(site.ctx, clock, sandbox, datetime.date(2026, 12, 9))
    announce_drafts.run(site.ctx, on=site.ctx.clock.today())
    drafting.collect(site.ctx)
    link = re.search(r"/confirm/\S+", paying.mail(site.ctx, "confirm_needed"))[0]
    stranger = visit(None)  # on another device, not signed in
    page = stranger.open(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm the payment for Biscuit")
    sound(stranger)
    page.get_by_role("button", name="Confirm and pay $66.08").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your bank asks you to confirm")
    sound(stranger)
    page.get_by_role("link", name="Continue at your bank").click()
    page.get_by_role("button", name="Complete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("We received $66.08")
    sound(stranger)
    assert len(paying.charges(sandbox)) == 1
    page = stranger.open(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing to confirm")


@conftest.both_widths
def test_leaving_asks_once_more(visit, site, bill):
    card = autopaying.card(site.ctx.database, bill.customer)
    autopaying.join(site.ctx, bill, card)
    me = visit(bill.customer)
    page = me.open("/autopay")
    sound(me)
    page.get_by_role("link", name="Biscuit").click()
    page.get_by_role("link", name="Leave autopay").click()
    expect(page.get_by_text("called off")).to_be_visible()
    sound(me)
    page.get_by_role("button", name="Leave autopay").click()
    expect(page.get_by_text("Off, you pay each bill")).to_be_visible()
    sound(me)
