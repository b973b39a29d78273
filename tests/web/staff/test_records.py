"""Invoice, payment and ledger pages of the desk."""

from __future__ import annotations

import datetime

import pytest

from portal.kernel import ids
from tests.support import bills


@pytest.fixture
def bill(database):
    return bills.make_bill(database, effective_on=datetime.date(2026, 10, 28))


def page(browser, address):
    answer = browser.get(address)
    assert answer.status_code == 200, answer.status_code
    return answer.get_data(as_text=True)


def test_an_invoice_shows_its_lines_and_its_entry_in_the_books(desk, bill):
    html = page(desk, f"/desk/invoices/{bill.number}")
    assert "Installment fee" in html
    assert "1100 Premium receivable" in html
    assert "66.08" in html or "66.07" in html


def test_an_invoice_that_was_paid_shows_the_payment_that_paid_it(database, desk, bill):
    number = bills.pay(database, bill.invoices[0])
    html = page(desk, f"/desk/invoices/{bill.invoices[0].number}")
    assert f'href="/desk/payments/{number}"' in html
    assert "Paid" in html


def test_a_payment_shows_where_its_money_went(database, desk, bill):
    number = bills.pay(database, bill.invoices[0])
    html = page(desk, f"/desk/payments/{number}")
    assert f'href="/desk/invoices/{bill.invoices[0].number}"' in html
    assert "1010 Stripe clearing" in html


@pytest.mark.parametrize("address", ["/desk/invoices/", "/desk/payments/"])
@pytest.mark.parametrize("number", ["INV-00000000000", "nothing", "%00", "PAY-1"])
def test_a_number_that_is_nobodys_is_not_found(desk, address, number):
    assert desk.get(address + number).status_code == 404


def test_a_valid_number_of_no_invoice_is_not_found(desk):
    assert desk.get(f"/desk/invoices/{ids.new(ids.Prefix.INVOICE)}").status_code == 404


def test_the_trial_balance_adds_up_to_the_same_on_both_sides(database, desk, bill):
    bills.pay(database, bill.invoices[0])
    html = page(desk, "/desk/ledger")
    assert "Debits equal credits" in html
    assert "differ by" not in html


def test_the_journal_can_be_narrowed_to_a_number_an_account_and_a_day(database, desk, bill):
    number = bills.pay(database, bill.invoices[0])
    about = page(desk, f"/desk/ledger?q={number.lower()}")
    assert "Payment received" in about
    assert "Invoice issued" not in about
    assert "Payment received" not in page(desk, "/desk/ledger?account=2100")
    assert "No entry fits" in page(desk, "/desk/ledger?day=2020-01-01")


def test_a_day_that_cannot_be_read_is_kept_and_explained(desk):
    html = page(desk, "/desk/ledger?day=yesterday")
    assert 'value="yesterday"' in html
    assert "Write the day as" in html


def test_the_journal_is_paged_by_key(database, desk):
    for _ in range(3):
        bills.make_bill(database, effective_on=datetime.date(2025, 12, 28))
    first = page(desk, "/desk/ledger?account=1100")
    assert "after=" in first
    assert page(desk, "/desk/ledger?account=1100&after=broken").count("<h1") == 1
