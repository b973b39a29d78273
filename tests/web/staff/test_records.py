"""Invoice, payment and ledger pages of the desk."""

from __future__ import annotations

import dataclasses
import datetime

import pytest

from portal.domain.wallet import consents
from portal.domain.wallet import models as wallet
from portal.kernel import ids
from tests.support import bills, people

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


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


def agree(ctx, customer, subject, **given):
    values = {
        "shown": consents.Shown(
            kind=wallet.ConsentKind.DEBIT, version="debit-2026-11", language="en", text="Take it."
        ),
        "customer_id": customer.id,
        "subject": subject,
        "method_label": "STRIPE TEST BANK 6789",
        "now": ctx.clock.now(),
        "who": dataclasses.replace(people.owner(customer), address="203.0.113.80", device=FIREFOX),
    }
    with ctx.database.unit_of_work() as session:
        consents.record(session, **(values | given))


def test_a_payment_shows_what_was_agreed_and_from_where(quiet_ctx, database, desk, bill):
    number = bills.pay(database, bill.invoices[0])
    agree(quiet_ctx, bill.customer, number)
    text = page(desk, f"/desk/payments/{number}")
    block = text.partition("What was agreed to")[2].partition("</section>")[0]
    assert "Agreed to debits of an account" in block
    assert "24 Nov 2026, 10:00" in block
    assert "from 203.0.113.80, Firefox, Linux" in block
    assert ">Take it.</p>" in block.partition("<details")[2]


def test_a_payment_that_needed_no_agreement_shows_none(database, desk, bill):
    number = bills.pay(database, bill.invoices[0])
    assert "What was agreed to" not in page(desk, f"/desk/payments/{number}")


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
