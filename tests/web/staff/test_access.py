"""What every page of the desk has in common, its files, and what a decided case still allows."""

from __future__ import annotations

import datetime
import io
import re

import PIL.Image
import pytest

from portal.journeys import taking_files
from portal.web import access
from tests.support import bills, cases, forms


@pytest.fixture
def bill(database):
    return bills.make_bill(
        database, effective_on=datetime.date(2026, 10, 28), premium_cents=480_000
    )


@pytest.fixture
def addresses(database, quiet_ctx, specialist, bill):
    """Every page of the desk, with a case of each kind of state behind it."""
    bills.pay(database, bill.invoices[0])
    extra = bills.pay(database, bill.invoices[0], cents=bill.invoices[0].total_cents)
    waiting = cases.raise_case(quiet_ctx, bill.customer, payment_no=extra)
    cases.take(quiet_ctx, waiting, specialist)
    asked = cases.resolve(quiet_ctx, waiting, specialist, cases.refund(extra, 30000))
    case = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number)
    cases.take(quiet_ctx, case, specialist)
    return (
        "/desk",
        "/desk/trouble",
        "/desk/queue",
        "/desk/queue?view=mine&priority=P1&category=fee&q=al",
        f"/desk/disputes/{case}",
        f"/desk/disputes/{waiting}",
        f"/desk/disputes/{case}/resolve",
        f"/desk/disputes/{case}/hand-over",
        "/desk/approvals",
        f"/desk/approvals/{asked.approval_no}",
        "/desk/customers",
        f"/desk/customers/{bill.customer.number}",
        f"/desk/invoices/{bill.number}",
        f"/desk/payments/{extra}",
        "/desk/ledger",
    )


def test_every_page_speaks_spanish_too_and_has_one_heading(addresses, desk):
    for address in addresses:
        joint = "&" if "?" in address else "?"
        html = desk.get(f"{address}{joint}lang=es").get_data(as_text=True)
        assert '<html lang="es">' in html, address
        assert html.count("<h1") == 1, address


def test_no_link_of_the_desk_leads_nowhere(addresses, supervisor_desk):
    links = {
        link.replace("&amp;", "&").partition("#")[0]
        for address in addresses
        for link in re.findall(r'href="(/desk[^"]*)"', supervisor_desk.get(address).text)
    }
    assert len(links) > 20
    for link in sorted(links):
        assert supervisor_desk.get(link).status_code in (200, 302), link


def test_only_a_supervisor_approves():
    for endpoint in ("desk_approvals.approve", "desk_approvals.send_back"):
        assert access.TABLE[endpoint] == {access.SUPERVISOR}


def picture() -> bytes:
    out = io.BytesIO()
    PIL.Image.new("RGB", (60, 40), "green").save(out, "JPEG")
    return out.getvalue()


PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"xref\n0 1\n0000000000 65535 f \ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
)


@pytest.mark.parametrize(
    ("name", "data", "shown"), [("bill.jpg", picture(), "inline"), ("bill.pdf", PDF, "attachment")]
)
def test_a_photo_is_shown_and_a_pdf_is_only_ever_downloaded(
    quiet_ctx, desk, bill, name, data, shown
):
    number = cases.raise_case(
        quiet_ctx, bill.customer, files=[taking_files.Upload(name=name, data=data)]
    )
    html = desk.get(f"/desk/disputes/{number}").get_data(as_text=True)
    address = re.search(rf'href="(/desk/disputes/{number}/files/ATT-\w+)"', html)[1]
    answer = desk.get(address)
    assert answer.headers["Content-Disposition"].startswith(shown)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert ("<img" in html.split("c-events")[1]) is (shown == "inline")


def test_a_file_of_another_case_is_not_found(quiet_ctx, desk, bill):
    files = [taking_files.Upload(name="a.jpg", data=picture())]
    number = cases.raise_case(quiet_ctx, bill.customer, files=files)
    other = cases.raise_case(quiet_ctx, bill.customer, category=cases.Category.FEE)
    html = desk.get(f"/desk/disputes/{number}").get_data(as_text=True)
    attachment = re.search(r"/files/(ATT-\w+)", html)[1]
    assert desk.get(f"/desk/disputes/{other}/files/{attachment}").status_code == 404


def test_a_decided_case_shows_its_answer_and_asks_for_no_reply(quiet_ctx, desk, specialist, bill):
    number = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number)
    cases.take(quiet_ctx, number, specialist)
    cases.resolve(quiet_ctx, number, specialist, cases.decision())
    html = desk.get(f"/desk/disputes/{number}").get_data(as_text=True)
    assert "We looked at it, and the bill is right." in html
    assert "Decide…" not in html
    token = forms.token(desk, "/desk/queue")
    answer = desk.post(
        f"/desk/disputes/{number}/resolve",
        data={
            "csrf_token": token,
            "outcome": "declined",
            "action": "none",
            "answer": "Again",
            "reason": "Again",
        },
    )
    assert answer.status_code == 422
    assert "This cannot be done any more." in answer.get_data(as_text=True)
