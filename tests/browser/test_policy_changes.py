"""What an owner changes on a phone: the billing day, and all that is left on one bill."""

from __future__ import annotations

import datetime

import pytest
from playwright.sync_api import expect

from tests.support import bills, paying


@pytest.fixture
def bill(database):
    return bills.make_bill(database, effective_on=datetime.date(2026, 8, 1))


def heading(page):
    return page.get_by_role("heading", level=1)


def fits(visitor) -> None:
    assert visitor.axe() == []
    assert visitor.overflow() == 0


def test_the_billing_day_is_moved_as_it_was_shown(visit, site, bill):
    me = visit(bill.customer)
    page = me.open(f"/policies/{bill.policy.number}")
    page.get_by_role("link", name="Move the billing day").click()
    page.get_by_label("Day of the month").select_option("15")
    page.get_by_role("button", name="Show what this does").click()
    shown = page.get_by_role("row", name="15 Jan 2027")
    expect(shown).to_contain_text("was 1 Jan 2027")
    total = page.get_by_role("row", name="Total").get_by_role("cell").inner_text()
    fits(me)
    assert me.overflow_at_320() == 0
    page.get_by_role("button", name="Move the day").click()
    expect(heading(page)).to_have_text("Biscuit’s policy")
    expect(page.get_by_role("status").first).to_contain_text("Done.")
    coming = page.get_by_role("region", name="Bills to come")
    expect(coming).to_contain_text("Due 15 Jan 2027")
    expect(coming).to_contain_text(total)
    fits(me)
    paying.assert_books(site.ctx, with_stripe=False)


def test_the_rest_of_the_year_is_put_on_one_bill_and_can_be_paid(visit, site, bill):
    me = visit(bill.customer)
    page = me.open(f"/policies/{bill.policy.number}")
    page.get_by_role("link", name="Pay the rest at once").click()
    effect = page.get_by_role("region", name="What this does")
    expect(effect).to_contain_text("All that was still to come is on one bill of")
    expect(effect).to_contain_text("Installment fees of")
    fits(me)
    assert me.overflow_at_320() == 0
    page.get_by_role("button", name="Put it on one bill").click()
    expect(page.get_by_role("status").first).to_contain_text("Done.")
    expect(page.get_by_role("region", name="Bills to come")).to_have_count(0)
    fits(me)
    newest = bills.invoices_of(site.ctx.database, policy_id=bill.policy.id)[-1]
    page = me.open(f"/invoices/{newest.number}")
    expect(page.get_by_text(f"${newest.open_cents / 100:,.2f}").first).to_be_visible()
    paying.assert_books(site.ctx, with_stripe=False)
