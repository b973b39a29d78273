"""Paying all of several bills at once, in a browser that runs scripts."""

from __future__ import annotations

import datetime

import pytest
from playwright.sync_api import expect

from tests.browser import conftest
from tests.browser.test_pay import press_pay, type_card
from tests.support import bills, paying


@pytest.fixture
def dog(database):
    """Two bills: one overdue since 28 October, one due on 28 November."""
    return bills.make_bill(database, effective_on=datetime.date(2026, 10, 28))


@pytest.fixture
def cat(database, dog):
    return bills.make_bill(database, customer=dog.customer, pet_name="Miso", species="cat")


def tick_all(page) -> None:
    """Tick every bill, as a person does: one after the other."""
    for box in page.get_by_role("group", name="Bills to pay").get_by_role("checkbox").all():
        box.check()


def heading(page):
    """What the page says first."""
    return page.get_by_role("heading", level=1)


def states(database, *made: bills.Bill) -> list[str]:
    """The states of all invoices of the policies."""
    found = (bills.invoices_of(database, policy_id=bill.policy.id) for bill in made)
    return [str(invoice.state) for invoices in found for invoice in invoices]


@conftest.both_widths
def test_all_bills_are_ticked_summed_and_paid_by_one_charge(
    visit, site, sandbox, database, dog, cat
):
    paying.save_card(site.ctx, sandbox, dog.customer)
    me = visit(dog.customer)
    page = me.open("/pay")
    tick_all(page)
    expect(page.get_by_role("button", name="Pay $198.23")).to_be_visible()
    assert me.axe() == []
    assert me.overflow() == 0
    press_pay(page)
    expect(heading(page)).to_have_text("We received $198.23")
    assert [charge.amount for charge in paying.charges(sandbox)] == [19_823]
    assert states(database, dog, cat) == ["paid"] * 3
    page = me.open("/pay")
    expect(heading(page)).to_have_text("Nothing to pay")
    sandbox.advance(2)
    paying.assert_books(site.ctx, with_stripe=False)


def test_a_new_card_pays_the_sum_of_what_was_ticked_after_it_was_typed(
    visit, site, sandbox, database, dog, cat
):
    page = visit(dog.customer).open("/pay")
    type_card(page, paying.VISA)
    tick_all(page)
    expect(page.get_by_role("button", name="Pay $198.23")).to_be_visible()
    page.get_by_role("checkbox", name="Miso, November").uncheck()
    expect(page.get_by_role("button", name="Pay $132.15")).to_be_visible()
    press_pay(page)
    expect(heading(page)).to_have_text("We received $132.15")
    assert [charge.amount for charge in paying.charges(sandbox)] == [13_215]
    assert states(database, dog, cat) == ["paid", "paid", "issued"]


def test_a_bill_that_was_paid_elsewhere_meanwhile_is_said_on_the_page_that_comes_anew(
    visit, site, sandbox, database, dog, cat
):
    me = visit(dog.customer)
    page = me.open("/pay")
    type_card(page, paying.VISA)
    tick_all(page)
    expect(page.get_by_role("button", name="Pay $198.23")).to_be_visible()
    bills.pay(database, cat.invoice)
    press_pay(page)
    expect(page.get_by_role("status").get_by_text("The amount changed")).to_be_visible()
    expect(page.get_by_role("button", name="Pay $66.08")).to_be_visible()
    assert paying.charges(sandbox) == []
    me.complaints[:] = [said for said in me.complaints if "409" not in said]  # the browser's own
