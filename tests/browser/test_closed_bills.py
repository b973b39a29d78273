"""A bill is reissued at the desk and read by its owner; every page on the way fits and is read."""

from __future__ import annotations

import datetime

from tests.browser import conftest
from tests.support import bills, people
from tests.support.closing import Action, ask, close


def check(me, path: str) -> None:
    """The page at `path` is accessible and fits at both widths."""
    me.open(path)
    for width, height in conftest.SIZES.items():
        me.page.set_viewport_size({"width": width, "height": height})
        assert me.axe() == [], (path, width)
        assert me.overflow() == 0, (path, width)


def test_a_bill_is_reissued_and_both_pages_say_so(visit, site, database):
    bill = bills.make_bill(database, effective_on=datetime.date(2026, 8, 1))
    desk = visit(people.make_staff(database))
    desk.open(f"/desk/invoices/{bill.number}")
    page = desk.page
    page.get_by_role("link", name="Void and reissue").click()
    page.get_by_label("Reason").fill("The sum was wrong.")
    page.get_by_role("button", name="Preview").click()
    for width, height in conftest.SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        assert desk.axe() == []
        assert desk.overflow() == 0
    page.get_by_role("button", name="Void and reissue").click()
    page.wait_for_url("**/desk/invoices/INV-*")
    new = page.url.rsplit("/", 1)[1]
    assert new != bill.number
    check(desk, f"/desk/invoices/{new}")
    owner = visit(bill.customer)
    check(owner, f"/invoices/{bill.number}")
    check(owner, f"/invoices/{new}")


def test_requests_and_written_off_bills_fit(visit, site, database):
    dear = bills.make_bill(database, plan="in_full")
    staff = people.make_staff(database, "supervisor")
    small = bills.make_bill(database, customer=dear.customer, pet_name="Miso")
    close(site.ctx, small.number, ask(Action.WRITE_OFF))
    owner = visit(dear.customer)
    check(owner, f"/invoices/{small.number}")
    check(owner, f"/policies/{dear.policy.number}/monthly")
    desk = visit(staff)
    check(desk, f"/desk/policies/{dear.policy.number}/invoicing")
    desk.open(f"/desk/invoices/{dear.number}/close?do=write_off")
    desk.page.get_by_label("Reason").fill("Nobody answers.")
    desk.page.get_by_role("button", name="Preview").click()
    desk.page.get_by_role("button", name="Ask a second person").click()
    desk.page.wait_for_url("**/desk/approvals/APR-*")
    check(desk, desk.page.url.removeprefix(site.url))
