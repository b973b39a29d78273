"""The desk's pages of what is done to a bill: form, preview, deed, request, bad input."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from portal.domain.billing import models
from tests.support import bills, forms, paying

D = datetime.date
BAD = ("due_on", "2026-13-45"), ("due_on", "1999-01-01"), ("reason", " "), ("reason", "x" * 2001)


@pytest.fixture
def bill(database, clock, books_hold):
    """A policy from 1 August on, billed through today: four bills are out."""
    return bills.make_bill(database, effective_on=D(2026, 8, 1))


@pytest.fixture
def dear(database, clock, books_hold):
    """More than one person decides."""
    return bills.make_bill(database, plan="in_full")


def address(number):
    return f"/desk/invoices/{number}/close"


def preview(desk, number, do, **typed):
    page = f"{address(number)}?do={do}"
    sent = {"do": do, "reason": "The sum was wrong.", "step": "preview"} | typed
    return forms.post(desk, page, to=address(number), **sent)


def go(desk, number, do, **typed):
    """Preview it and press its button."""
    html = preview(desk, number, do, **typed).get_data(as_text=True)
    return forms.send(desk, html, to=address(number), step="do")


def row(database, number) -> models.Invoice:
    with database.reading() as session:
        return session.scalars(
            sa.select(models.Invoice).where(models.Invoice.number == number)
        ).one()


def test_the_page_of_a_bill_offers_what_its_state_allows(desk, finance_desk, database, bill):
    page = desk.get(f"/desk/invoices/{bill.number}").get_data(as_text=True)
    assert "close?do=void" in page
    assert "close?do=write_off" in page
    assert "do=write_back" not in page
    assert "close?do=" not in finance_desk.get(f"/desk/invoices/{bill.number}").text
    assert finance_desk.get(address(bill.number)).status_code == 403
    go(desk, bill.number, "write_off")
    page = desk.get(f"/desk/invoices/{bill.number}").get_data(as_text=True)
    assert "do=write_back" in page
    assert "do=void" not in page
    go(desk, bill.number, "write_back")
    assert str(row(database, bill.number).state) == "issued"
    go(desk, bill.number, "void")
    assert "close?do=" not in desk.get(f"/desk/invoices/{bill.number}").get_data(as_text=True)


def test_reissued_each_names_the_other(desk, quiet_ctx, database, bill):
    bills.pay(database, bill.invoice, cents=2_000)
    shown = preview(desk, bill.number, "reissue", due_on="2026-12-31")
    assert shown.status_code == 200
    assert "31 Dec 2026" in shown.text
    assert "The customer gets a mail" not in shown.text, "the new bill has its own"
    for told in ("void", "write_off"):
        assert "The customer gets a mail" in preview(desk, bill.number, told).text
    assert str(row(database, bill.number).state) == "issued", "a preview changes nothing"
    done = go(desk, bill.number, "reissue", due_on="2026-12-31")
    new = row(database, done.location.rsplit("/", 1)[1])
    assert (new.due_on, new.total_cents - new.open_cents) == (D(2026, 12, 31), 2_000)
    assert new.number in desk.get(f"/desk/invoices/{bill.number}").text
    assert bill.number in desk.get(f"/desk/invoices/{new.number}").text


def test_the_money_can_be_left(desk, database, bill):
    bills.pay(database, bill.invoice, cents=2_000)
    done = go(desk, bill.number, "reissue", leaves_unapplied="1")
    new = row(database, done.location.rsplit("/", 1)[1])
    assert new.open_cents == new.total_cents


def test_pressed_twice_it_is_done_once(desk, quiet_ctx, bill):
    html = preview(desk, bill.number, "void").get_data(as_text=True)
    first = forms.send(desk, html, to=address(bill.number), step="do")
    second = forms.send(desk, html, to=address(bill.number), step="do")
    assert (first.status_code, second.status_code) == (302, 409)
    assert "withdrawn already" in second.text
    assert paying.entries(quiet_ctx, "invoice_voided") == 1


def test_what_changed_meanwhile_is_shown_before_it_is_done(desk, database, bill):
    html = preview(desk, bill.number, "write_off").get_data(as_text=True)
    bills.pay(database, bill.invoice, cents=1_000)
    answer = forms.send(desk, html, to=address(bill.number), step="do")
    assert answer.status_code == 409
    assert str(row(database, bill.number).state) == "issued"
    assert forms.send(desk, answer.text, to=address(bill.number), step="do").status_code == 302


@pytest.mark.parametrize(("field", "typed"), BAD)
def test_bad_input_comes_back_beside_its_field(desk, bill, field, typed):
    answer = preview(desk, bill.number, "reissue", **{field: typed})
    assert answer.status_code == 422
    assert f'id="{field}-bad"' in answer.text


@pytest.mark.parametrize("do", ["burn", "", "VOID"])
def test_an_unknown_action_is_no_page(desk, bill, do):
    assert desk.get(f"{address(bill.number)}?do={do}").status_code == 404
    token = forms.token(desk, address(bill.number))
    sent = {"csrf_token": token, "do": do, "reason": "x", "step": "do"}
    assert desk.post(address(bill.number), data=sent).status_code == 404


def test_nobodys_number_is_no_page(desk):
    assert desk.get("/desk/invoices/INV-0000000000A/close").status_code == 404


def test_above_the_limit_a_supervisor_approves(desk, supervisor_desk, database, dear):
    shown = preview(desk, dear.number, "write_off")
    assert "A second person must approve" in shown.text
    asked = forms.send(desk, shown.text, to=address(dear.number), step="do")
    request = asked.location
    assert request.startswith("/desk/approvals/APR-")
    assert str(row(database, dear.number).state) == "issued"
    assert "Write off" in supervisor_desk.get("/desk/approvals").text
    assert "You asked for this yourself" in desk.get(request).text
    page = supervisor_desk.get(request).text
    done = forms.send(supervisor_desk, page, to=f"{request}/approve")
    assert done.location == f"/desk/invoices/{dear.number}"
    assert str(row(database, dear.number).state) == "written_off"
    assert supervisor_desk.get(request).status_code == 200


def test_sent_back_it_can_be_asked_again(desk, supervisor_desk, database, dear):
    request = go(desk, dear.number, "void").location
    again = go(desk, dear.number, "void")
    assert again.status_code == 409
    assert "waits for a second person already" in again.text
    forms.post(supervisor_desk, request, to=f"{request}/return", reason="Not this one.")
    assert go(desk, dear.number, "void").location != request


def test_what_cannot_be_done_any_more_can_only_be_sent_back(desk, supervisor_desk, database, dear):
    request = go(desk, dear.number, "write_off").location
    bills.pay(database, dear.invoice)
    page = supervisor_desk.get(request).text
    assert "Nothing is open on this bill" in page
    assert f"{request}/approve" not in page


def test_what_runs_refuses_with_its_reason(desk, database, bill):
    bills.begin_payment(database, bill.invoice)
    answer = preview(desk, bill.number, "void")
    assert answer.status_code == 409
    assert "under way" in answer.text
