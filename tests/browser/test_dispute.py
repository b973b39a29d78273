"""The main job in a browser: raise with a photo, take, answer, refund 300.00, approve, see it."""

from __future__ import annotations

import datetime
import io
import re

import PIL.Image
import pytest
from playwright.sync_api import expect

from tests.browser import conftest
from tests.support import bills, paying, people


@pytest.fixture
def photo(tmp_path):
    """A photo as a phone takes it."""
    path = tmp_path / "bank app.jpg"
    raw = io.BytesIO()
    PIL.Image.new("RGB", (1600, 1200), (90, 130, 110)).save(raw, "JPEG")
    path.write_bytes(raw.getvalue())
    return path


@pytest.fixture
def bill(database):
    """A term paid in full: 756.78, so that 300.00 can go back."""
    return bills.make_bill(
        database, plan="in_full", installment_fee_cents=0, effective_on=datetime.date(2026, 11, 28)
    )


def raise_it(page, bill, photo) -> str:
    """From the bill to the case, as its owner; the number of the case."""
    page.get_by_role("link", name="Dispute this bill").click()
    page.get_by_label("The amount is wrong").check()
    page.get_by_role("button", name="Next").click()
    lines = page.locator('input[name="line"]')
    expect(lines.first).to_be_visible()
    for line in lines.all():
        line.check()
    page.get_by_label(re.compile("What happened")).fill("You promised me 450.00 for the year.")
    page.get_by_role("button", name="Next").click()
    page.locator('input[type="file"]').set_input_files(photo)
    page.get_by_role("button", name=re.compile("^Send")).last.click()
    expect(page).to_have_url(re.compile(r"/disputes/DSP-\w+"))
    return re.search(r"DSP-\w+", page.url)[0]


@conftest.both_widths
def test_from_a_photo_to_money_back(visit, site, sandbox, database, bill, photo):
    specialist = people.make_staff(database, "specialist", name="Grace Lindqvist")
    supervisor = people.make_staff(database, "supervisor", name="Omar Haddad")
    paying.save_card(site.ctx, sandbox, bill.customer)
    owner = visit(bill.customer)
    page = owner.open("/pay")
    page.get_by_role("button", name="Pay $756.78").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("We received $756.78")

    page = owner.open(f"/invoices/{bill.number}")
    number = raise_it(page, bill, photo)
    assert owner.axe() == []

    grace = visit(specialist)
    desk = grace.open("/desk/queue")
    desk.get_by_role("button", name="Take next").first.click()
    expect(desk).to_have_url(re.compile(number))
    expect(desk.get_by_text("You promised me 450.00").first).to_be_visible()
    desk.get_by_label(re.compile("^Reply to Maria")).fill("I see your payment and the offer.")
    desk.get_by_role("button", name=re.compile("^Send to Maria")).click()
    expect(desk.get_by_text("I see your payment").first).to_be_visible()

    decide(desk, number)
    expect(desk.get_by_text(re.compile("second person", re.I)).first).to_be_visible()
    assert grace.axe() == []
    assert grace.overflow() == 0
    desk.get_by_role("button", name=re.compile("Ask a second person")).click()
    expect(desk).not_to_have_url(re.compile("resolve"))

    omar = visit(supervisor)
    board = omar.open("/desk/approvals")
    board.get_by_role("link", name=re.compile(r"300\.00|" + number)).first.click()
    assert omar.axe() == []
    board.get_by_role("button", name=re.compile(r"300\.00")).click()
    expect(board).not_to_have_url(re.compile(r"/approve$"))
    site.run_jobs()

    page = owner.open(f"/disputes/{number}")
    expect(page.get_by_text("$300.00").first).to_be_visible()
    refunds = list(sandbox.client().v1.refunds.list({}).auto_paging_iter())
    assert [refund.amount for refund in refunds] == [30_000]
    subjects = " | ".join(site.mails_to(bill.customer.email))
    assert "refund of $300.00 is on its way" in subjects
    sandbox.advance(2)
    paying.assert_books(site.ctx)


def decide(desk, number: str) -> None:
    """Fill the decision in: upheld in part, 300.00 back, the bill credited."""
    desk.get_by_role("link", name=re.compile("Decide|Resolve")).first.click()
    desk.locator('[name="outcome"][value="partly_upheld"]').check()
    desk.locator('[name="action"][value="refund"]').check()
    desk.locator('[name="amount"]').fill("300.00")
    desk.locator('[name="payment_no"]').select_option(index=1)
    desk.locator('[name="freed_by"][value="credit"]').check()
    desk.locator('[name="answer"]').fill("You were right in part: $300.00 goes back.")
    desk.locator('[name="reason"]').fill("Offer of 450.00 confirmed.")
    desk.get_by_role("button", name="Preview").click()
