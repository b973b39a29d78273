"""A statement on a phone: found from the bills, read without scrolling sideways, kept as a PDF."""

from __future__ import annotations

import datetime

import pytest
from playwright.sync_api import expect

from tests.support import bills, refunding

DAY = datetime.date


@pytest.fixture
def owner(database):
    """Biscuit since August with bills overdue, Miso since October; one bill paid too much."""
    bill = bills.make_bill(
        database, effective_on=DAY(2026, 8, 28), pet_name="Bartholomew the Third"
    )
    miso = bills.make_bill(
        database,
        customer=bill.customer,
        pet_name="Miso",
        effective_on=DAY(2026, 10, 20),
        premium_cents=1_480_000,
    )
    first = miso.invoices[0]
    paid = bills.pay(database, first, cents=first.total_cents + 2000, on=DAY(2026, 11, 2))
    refunding.refund_line(database, payment_no=paid, invoice_no=first.number, line=1)
    return bill.customer


def within(page, name):
    """By how many pixels a table is wider than its place."""
    table = page.get_by_role("region", name=name)
    return table.evaluate("place => place.scrollWidth - place.clientWidth")


def test_a_statement_is_found_read_and_kept_on_a_phone(visit, owner):
    me = visit(owner)
    page = me.open("/invoices")
    page.get_by_role("link", name="Statements by month and year").click()
    page.get_by_role("link", name="November 2026").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Statement, November 2026")
    moves = page.get_by_role("region", name="Every movement, oldest first")
    expect(moves.get_by_role("link", name="Payment, Visa 4242")).to_be_visible()
    expect(moves.get_by_role("row").last).to_contain_text("Balance")
    assert me.axe() == []
    assert me.overflow_at_320() == 0
    assert within(page, "Every movement, oldest first") == 0
    assert within(page, "What each pet’s bills did in this time") == 0
    href = page.get_by_role("link", name="Statement as PDF").get_attribute("href")
    paper = page.context.request.get(me.site.url + href)
    assert paper.headers["content-type"] == "application/pdf"
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert me.overflow() == 0


def test_a_statement_in_spanish_fits_a_phone_too(visit, owner):
    me = visit(owner)
    page = me.open("/statements/2026?lang=es")
    expect(page.get_by_role("heading", level=1)).to_have_text("Estado de cuenta, 2026")
    assert me.axe() == []
    assert me.overflow_at_320() == 0
    assert within(page, "Cada movimiento, del más antiguo al más reciente") == 0
