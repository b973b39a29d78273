"""What owners see of bills that are withdrawn, replaced or written off; nobody can pay them."""

from __future__ import annotations

import datetime
import io

import pypdf
import pytest

from portal.journeys import guest_pay
from tests.support import bills, paying, people
from tests.support.closing import Action, ask, close

D = datetime.date


@pytest.fixture
def bill(database, clock, books_hold):
    """A policy from 1 August on, billed through today."""
    return bills.make_bill(database, effective_on=D(2026, 8, 1))


@pytest.fixture
def owner(client, bill):
    return people.sign_in(client, bill.customer)


def paper(owner, number) -> str:
    read = pypdf.PdfReader(io.BytesIO(owner.get(f"/invoices/{number}.pdf").data))
    return " ".join("\n".join(page.extract_text() for page in read.pages).split())


def test_a_bill_in_anothers_place_says_so_on_both_pages_and_on_paper(
    owner, quiet_ctx, database, bill
):
    bills.pay(database, bill.invoice, cents=2_000)
    new = close(quiet_ctx, bill.number, ask(Action.REISSUE)).new_no
    old_page = owner.get(f"/invoices/{bill.number}").text
    assert f"Bill {new} has taken its place" in old_page
    assert "Withdrawn" in old_page
    page = owner.get(f"/invoices/{new}").text
    assert f"In the place of bill {bill.number}" in page
    assert "Why did this change?" not in page or bill.number not in page.split("Why did")[1]
    assert f"Replaces {bill.number}" in paper(owner, new)
    assert "Replaces" not in paper(owner, bill.number)


def test_a_withdrawn_bill_asks_for_nothing(owner, quiet_ctx, bill):
    close(quiet_ctx, bill.number)
    page = owner.get(f"/invoices/{bill.number}").text
    assert "/pay?invoice=" not in page
    assert "Withdrawn by us" in page or "Bill withdrawn" in page
    assert "Withdrawn" in paper(owner, bill.number)
    assert bill.number not in owner.get("/pay").text


def test_a_written_off_bill_is_paid_by_nobody_until_it_is_written_back(
    owner, app, quiet_ctx, database, bill
):
    bills.pay(database, bill.invoice, cents=2_000)
    close(quiet_ctx, bill.number, ask(Action.WRITE_OFF))
    page = owner.get(f"/invoices/{bill.number}").text
    assert "/pay?invoice=" not in page
    assert "written off: we do not ask for it any more" in page
    assert bill.number not in owner.get("/pay").text
    link = guest_pay.link(quiet_ctx, invoice_no=bill.number).removeprefix(quiet_ctx.base_url)
    assert "There is nothing to pay" in app.test_client().get(link).text
    close(quiet_ctx, bill.number, ask(Action.WRITE_BACK))
    assert "/pay?invoice=" in owner.get(f"/invoices/{bill.number}").text
    assert "is owed again" in owner.get(f"/invoices/{bill.number}").text


def test_the_statement_tells_of_both_and_ends_where_the_account_does(
    owner, quiet_ctx, database, bill
):
    before = owner.get("/statements/2026-11").text
    close(quiet_ctx, bill.invoices[0].number)
    close(quiet_ctx, bill.invoices[1].number, ask(Action.WRITE_OFF))
    page = owner.get("/statements/2026-11").text
    assert "Bill withdrawn" in page
    assert "Written off" in page
    assert page != before
    assert owner.get("/statements/2026-11.pdf").status_code == 200
    assert paying.entries(quiet_ctx, "invoice_written_off") == 1


def test_the_list_of_bills_shows_each_once(owner, quiet_ctx, bill):
    new = close(quiet_ctx, bill.number, ask(Action.REISSUE)).new_no
    page = owner.get("/invoices").text
    assert page.count(f'href="/invoices/{new}"') == 1
    assert owner.get("/home").status_code == 200
