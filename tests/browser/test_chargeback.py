"""A chargeback in a browser: it arrives, a specialist sees it, edits the evidence, and wins."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser import conftest
from tests.support import bills, charging, paying, people

pytestmark = conftest.on_a_desk


@pytest.fixture
def grace(database):
    return people.make_staff(database, "specialist", name="Grace Okonjo")


def test_a_chargeback_arrives_is_answered_once_and_won(visit, site, sandbox, database, grace):
    bill = bills.make_bill(database)
    people.begin_session(database, bill.customer)
    begun = paying.begin(site.ctx, bill.customer)
    paying.confirm(sandbox, begun.client_secret, "4000000000000259")
    sandbox.advance(2)
    charging.hear(site.ctx, sandbox)
    desk = visit(grace)
    page = desk.open("/desk/queue")
    page.get_by_role("button", name="Take next").click()
    heading = page.get_by_role("heading", level=2, name="Chargeback CBK-")
    expect(heading).to_be_visible()
    expect(page.get_by_text("The cardholder says that they did not pay this")).to_be_visible()
    expect(page.get_by_text("8 days left")).to_be_visible()
    assert desk.axe() == []
    assert desk.overflow() == 0
    page.get_by_role("link", name="Answer the bank…").click()
    evidence = page.get_by_label("What the bank reads")
    expect(evidence).to_have_value(re.compile(f"Payment {begun.number}: .66.08"))
    assert desk.axe() == []
    assert desk.overflow() == 0
    evidence.fill("winning_evidence")
    page.get_by_role("button", name="Send this evidence to the bank, once").click()
    expect(page.get_by_role("status").first).to_contain_text("on its way to the bank")
    site.run_jobs()
    page.reload()
    expect(page.get_by_text("It cannot be changed any more.")).to_be_visible()
    expect(page.get_by_label("What the bank reads")).to_have_count(0)
    sandbox.advance(10)
    charging.hear(site.ctx, sandbox)
    page.reload()
    expect(page.get_by_text("Won, the money is back").first).to_be_visible()
    expect(page.get_by_text("1030 Chargebacks in dispute").first).to_be_visible()
    assert desk.axe() == []
    assert "Your bank has decided about a payment" in site.mails_to(bill.customer.email)
    paying.assert_books(site.ctx)
