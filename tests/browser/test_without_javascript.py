"""The product without JavaScript: everything but entering a card and the bank's own question."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from portal.domain.identity.operations import passwords
from tests.browser import conftest
from tests.support import bills, cases, paying, people


@pytest.fixture
def bill(database):
    return bills.make_bill(
        database,
        customer=people.make_customer(
            database, password_hash=passwords.hashed("a-long-and-good-password")
        ),
    )


@pytest.fixture
def plain(chromium, site):
    """A window of a phone whose JavaScript is off, signed in as `person`."""
    opened = []

    def begin(person=None):
        context = chromium.new_context(
            java_script_enabled=False, viewport={"width": 360, "height": 640}
        )
        if person is not None:
            context.add_cookies([conftest.cookie(site, person)])
        opened.append(context)
        return context.new_page()

    yield begin
    for context in opened:
        context.close()


def test_sign_in_and_out(plain, site, bill):
    page = plain()
    page.goto(site.url + "/sign-in")
    page.get_by_label("E-mail").fill(bill.customer.email)
    page.locator('input[type="password"]').fill("a-long-and-good-password")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(site.url + "/home")
    page.goto(site.url + "/sign-out")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.goto(site.url + "/home")
    expect(page).to_have_url(re.compile("/sign-in"))


def test_pay_with_a_saved_card(plain, site, sandbox, bill):
    paying.save_card(site.ctx, sandbox, bill.customer)
    page = plain(bill.customer)
    page.goto(site.url + "/pay")
    page.get_by_role("button", name="Pay $66.08").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("We received $66.08")


def test_ticking_another_bill_shows_the_new_sum_before_anything_is_taken(
    plain, site, sandbox, database, bill
):
    bills.make_bill(database, customer=bill.customer, pet_name="Miso", species="cat")
    paying.save_card(site.ctx, sandbox, bill.customer)
    page = plain(bill.customer)
    page.goto(site.url + "/pay")
    for box in page.locator('input[name="bill"]').all():
        box.check()
    page.get_by_role("button", name="Pay $66.08").click()
    expect(page.get_by_text("The amount changed")).to_be_visible()
    assert paying.charges(sandbox) == []
    page.get_by_role("button", name="Pay $132.16").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("We received $132.16")


def test_plan_a_payment_for_another_day(plain, site, sandbox, bill):
    paying.save_card(site.ctx, sandbox, bill.customer)
    page = plain(bill.customer)
    page.goto(site.url + "/pay")
    page.get_by_label("On another day").check()
    page.get_by_label("Day", exact=True).fill("2026-12-04")
    page.get_by_role("button", name="Pay $66.08").click()
    expect(page.get_by_text("Look at what this does")).to_be_visible()
    page.get_by_role("button", name="Plan $66.08 for 4 Dec").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "$66.08 will be taken on Friday 4 December"
    )
    assert paying.charges(sandbox) == []


def test_raise_and_answer_a_dispute(plain, site, database, bill):
    page = plain(bill.customer)
    page.goto(f"{site.url}/disputes/new?invoice={bill.number}")
    page.get_by_label("A fee should not be there").check()
    page.get_by_role("button", name="Next").click()
    page.locator('input[name="line"]').last.check()
    page.get_by_label(re.compile("What happened")).fill("I pay yearly.")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name=re.compile("^Send")).last.click()
    expect(page).to_have_url(re.compile(r"/disputes/DSP-"))
    number = re.search(r"DSP-\w+", page.url)[0]
    specialist = people.make_staff(database, "specialist", name="Grace Lindqvist")
    cases.take(site.ctx, number, specialist)
    desk = plain(specialist)
    desk.goto(f"{site.url}/desk/disputes/{number}")
    desk.get_by_label(re.compile("^Internal note")).fill("Fee rule checked.")
    desk.get_by_role("button", name=re.compile("^Keep note")).click()
    desk.get_by_label(re.compile("^Reply to Maria")).fill("You are right.")
    desk.get_by_role("button", name=re.compile("^Send to Maria")).click()
    page.reload()
    expect(page.get_by_text("You are right.")).to_be_visible()
    assert "Fee rule checked." not in page.content()
