"""The desk in a browser: a case from the queue to a refund that two people decide; keys; news."""

from __future__ import annotations

import datetime
import re

import pytest
from playwright.sync_api import expect

from portal.domain.disputes import categories
from portal.journeys import settle_payment
from tests.browser import conftest
from tests.support import bills, cases, paying, people

FIRST_BILL = 480_000 // 12
pytestmark = conftest.on_a_desk


@pytest.fixture
def grace(database):
    return people.make_staff(database, "specialist", name="Grace Okonjo")


@pytest.fixture
def omar(database):
    return people.make_staff(database, "supervisor", name="Omar Haddad")


@pytest.fixture
def bill(database):
    return bills.make_bill(database, premium_cents=FIRST_BILL * 12)


@pytest.fixture
def payment(site, sandbox, bill):
    """The bill paid by card, through Stripe."""
    begun = paying.begin(site.ctx, bill.customer)
    paying.confirm(sandbox, begun.client_secret)
    paid = paying.row(site.ctx, begun.number)
    settle_payment.refresh(site.ctx, payment_id=paid.id, who=people.owner(bill.customer))
    return begun.number


@pytest.fixture
def case(site, bill, payment):
    return cases.raise_case(
        site.ctx,
        bill.customer,
        category=categories.Category.CHARGED_TWICE,
        payment_no=payment,
        words="This was taken twice.",
    )


def test_a_case_is_taken_answered_and_refunded_by_two_people(visit, site, case, bill, grace, omar):
    desk = visit(grace)
    page = desk.open("/desk/queue")
    page.get_by_role("button", name="Take next").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Charged twice")
    page.get_by_label("Reply to Maria Alvarez").fill("I see it. You do not need to do anything.")
    page.get_by_role("button", name="Send to Maria").click()
    expect(page.get_by_role("status").first).to_contain_text("Your reply is on its way.")
    page.get_by_role("link", name="Decide…").click()
    page.get_by_label("Upheld", exact=True).check()
    page.get_by_label(re.compile("^Refund")).check()
    page.get_by_label("Amount").fill("300.00")
    page.get_by_label(re.compile("^Credit the bill")).check()
    page.get_by_label("Answer to Maria Alvarez").fill("You were right. $300.00 is on its way.")
    page.get_by_label("Reason").fill("Taken twice.")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Refund $300.00 to Visa 4242")
    assert desk.axe() == []
    assert desk.overflow() == 0
    page.get_by_role("button", name="Ask a second person to approve the $300.00 refund").click()
    expect(page.get_by_text("You asked for this yourself")).to_be_visible()
    page = visit(omar).open("/desk/approvals")
    page.get_by_role("link", name="Refund $300.00 to Visa 4242").click()
    page.get_by_role("button", name="Refund $300.00 to Visa 4242").click()
    expect(page.get_by_role("status").first).to_contain_text("Approved and done.")
    site.run_jobs()
    assert "Your dispute is decided" in site.mails_to(bill.customer.email)
    paying.assert_books(site.ctx)


def test_keys_move_open_take_reply_and_search(visit, site, grace, case):
    page = visit(grace).open("/desk/queue")
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page).to_have_url(re.compile(f"/desk/disputes/{case}"))
    page.keyboard.press("n")
    expect(page.get_by_label("Internal note")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(page.get_by_label("Reply to Maria Alvarez")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page = page.context.pages[0]
    page.goto(site.url + "/desk/queue")
    page.keyboard.press("t")
    expect(page).to_have_url(re.compile(f"/desk/disputes/{case}$"))


def test_new_work_announces_itself_in_the_bar_and_moves_nothing(
    visit, site, database, clock, grace, case
):
    visitor = visit(grace)
    visitor.page.clock.install()
    page = visitor.open("/desk/queue")
    row = page.locator(".c-queue tbody tr").first
    before = row.bounding_box()
    clock.advance(datetime.timedelta(minutes=1))
    cases.raise_case(site.ctx, people.make_customer(database))
    page.clock.run_for(31_000)
    expect(page.locator("[data-news-text]")).to_have_text(re.compile("^1 new case since "))
    assert row.bounding_box() == before
    page.get_by_role("link", name="Show the newest").click()
    expect(page.locator(".c-queue tbody tr")).to_have_count(2)
