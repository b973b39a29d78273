"""A worried owner opens a bill that is larger than the one before and reads why, on a phone."""

from __future__ import annotations

import datetime

from playwright.sync_api import expect

from portal.journeys import term_changes
from portal.kernel import actor
from tests.support import bills


def test_an_owner_reads_on_a_phone_why_a_bill_grew(visit, site, database):
    bill = bills.make_bill(database, effective_on=datetime.date(2026, 8, 1))
    asked = term_changes.Ask(policy_no=bill.policy.number, once_key="1", who=actor.system("test"))
    on = datetime.date(2026, 11, 24)
    term_changes.change_premium(site.ctx, ask=asked, effective_on=on, premium_cents=90_000)
    term_changes.move_day(site.ctx, ask=_again(asked), day=15)
    bills.issue_through(database, term_id=bill.term.id, through=on + datetime.timedelta(days=40))
    *_, before, after = bills.invoices_of(database, policy_id=bill.policy.id)
    me = visit(bill.customer)
    page = me.open(f"/invoices/{after.number}")
    page.get_by_text("How each line is worked out").click()
    expect(page.get_by_text("A whole year costs $900.00.")).to_be_visible()
    why = page.get_by_role("region", name="Why did this change?")
    expect(why.get_by_text("more than the bill due 1 Dec")).to_be_visible()
    causes = why.get_by_role("table").first
    expect(causes).to_contain_text("The premium changed on 24 Nov")
    expect(causes).to_contain_text("The new due day")
    expect(causes.get_by_role("row").last).to_contain_text(
        f"+${(after.total_cents - before.total_cents) / 100:.2f}"
    )
    why.get_by_text("Line by line").click()
    table = why.get_by_role("table").last
    expect(table.get_by_role("row").last).to_contain_text(f"${after.total_cents / 100:.2f}")
    assert me.axe() == []
    assert me.overflow() == me.overflow_at_320() == 0
    page.goto(page.url + "?lang=es")
    page.get_by_text("Línea por línea").click()
    assert me.axe() == []
    assert me.overflow() == me.overflow_at_320() == 0
    page.get_by_role("link", name="La factura que vencía el 1 dic").click()
    expect(page).to_have_url(f"{site.url}/invoices/{before.number}")


def _again(asked: term_changes.Ask) -> term_changes.Ask:
    return term_changes.Ask(policy_no=asked.policy_no, once_key="2", who=asked.who)
