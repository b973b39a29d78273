"""A year on one bill is paid monthly instead: withdrawn, planned, billed what is out by now."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from portal.domain.billing import models
from portal.domain.billing.operations import books, writing_off
from portal.domain.policies import models as policies
from portal.journeys import pay_monthly, run_billing, term_changes, void_invoice
from portal.journeys.term_scene import Ask, ChangedMeanwhile
from tests.support import bills, forms, paying, people

D = datetime.date


@pytest.fixture
def bill(database, clock, books_hold):
    """The year from 28 November on one bill, 757 dollars, due that day."""
    return bills.make_bill(database, plan="in_full", policy_fee_cents=2_500)


def ask(bill, key="one", **given):
    who = people.owner(bill.customer)
    return Ask(policy_no=bill.policy.number, once_key=key, who=who, **given)


def state(database, bill):
    with database.reading() as session:
        parts = session.scalars(
            sa.select(models.Installment)
            .where(models.Installment.term_id == bill.term.id)
            .order_by(models.Installment.sequence)
        ).all()
        return session.get_one(policies.Term, bill.term.id), parts


def test_twelve_bills_take_the_place_of_one_and_the_first_is_out(quiet_ctx, database, clock, bill):
    made = pay_monthly.pay_monthly(quiet_ctx, ask=ask(bill))
    term, parts = state(database, bill)
    assert (str(term.payment_plan), term.installments, len(parts)) == ("monthly", 12, 12)
    assert sum(part.premium_cents for part in parts) == term.premium_cents
    assert sum(part.tax_cents for part in parts) == term.tax_cents
    assert [part.policy_fee_cents for part in parts] == [2_500] + [0] * 11
    assert [part.sequence for part in parts] == list(range(1, 13))
    old, new = sorted(
        bills.invoices_of(database, policy_id=bill.policy.id), key=lambda invoice: invoice.id
    )
    assert (str(old.state), str(new.state)) == ("voided", "issued")
    assert (new.due_on, new.total_cents) == (D(2026, 11, 28), parts[0].premium_cents + 63 + 2_800)
    assert made.facts["first_bill_cents"] == new.total_cents
    assert run_billing.run(quiet_ctx, on=clock.today()) == 0
    assert run_billing.run(quiet_ctx, on=D(2026, 12, 8)) == 1


def test_a_preview_says_the_same_and_changes_nothing(quiet_ctx, database, bill):
    seen = pay_monthly.pay_monthly(quiet_ctx, ask=ask(bill, "look"), is_trial=True)
    assert str(state(database, bill)[0].payment_plan) == "in_full"
    done = pay_monthly.pay_monthly(quiet_ctx, ask=ask(bill, expects=seen.version))
    assert done.version == seen.version
    again = pay_monthly.pay_monthly(quiet_ctx, ask=ask(bill, expects=seen.version))
    assert again.number == done.number, "a double click does it once"
    assert paying.entries(quiet_ctx, "invoice_voided") == 1


def test_later_what_is_out_by_then_is_one_bill(quiet_ctx, database, clock, bill):
    clock.set(bills.at(D(2027, 1, 15)))
    made = pay_monthly.pay_monthly(quiet_ctx, ask=ask(bill))
    assert made.facts["first_bill_due_on"] == "2027-01-28"
    (new,) = [
        invoice
        for invoice in bills.invoices_of(database, policy_id=bill.policy.id)
        if str(invoice.state) == "issued"
    ]
    lines = bills.lines_of(database, new.number)
    assert len({line.installment_id for line in lines}) == 3


def test_nothing_of_it_may_be_paid_or_on_its_way(quiet_ctx, database, bill):
    seen = pay_monthly.pay_monthly(quiet_ctx, ask=ask(bill, "look"), is_trial=True)
    number = bills.begin_payment(database, bill.invoice, cents=5_000)
    with pytest.raises(void_invoice.BeingPaid):
        pay_monthly.pay_monthly(quiet_ctx, ask=ask(bill, expects=seen.version))
    bills.move_payment(database, number, bills.PaymentEvent.SETTLE, now=quiet_ctx.clock.now())
    with pytest.raises(pay_monthly.PartlyPaid):
        pay_monthly.pay_monthly(quiet_ctx, ask=ask(bill, expects=seen.version))


def dearer(ctx, clock, bill):
    """The year costs more from 1 December on: what is added is on a bill of its own."""
    clock.set(bills.at(D(2026, 12, 1)))
    made = term_changes.change_premium(
        ctx, ask=ask(bill, "more"), effective_on=D(2026, 12, 1), premium_cents=76_000
    )
    assert made.facts["billed_now_cents"] > 0
    return made


def test_a_year_that_is_paid_stays_with_a_bill_of_a_change_open(quiet_ctx, database, clock, bill):
    bills.pay(database, bill.invoice)
    dearer(quiet_ctx, clock, bill)
    with pytest.raises(pay_monthly.PartlyPaid):
        pay_monthly.pay_monthly(quiet_ctx, ask=ask(bill))


def test_all_open_bills_of_the_year_are_withdrawn_together(quiet_ctx, database, clock, bill):
    dearer(quiet_ctx, clock, bill)
    both = bills.invoices_of(database, policy_id=bill.policy.id)
    made = pay_monthly.pay_monthly(quiet_ctx, ask=ask(bill))
    assert made.facts["withdrawn_cents"] == sum(invoice.total_cents for invoice in both)
    term, parts = state(database, bill)
    assert len(parts) == 12
    assert sum(part.premium_cents for part in parts) == term.premium_cents
    assert sum(part.tax_cents for part in parts) == term.tax_cents
    now = {i.id: str(i.state) for i in bills.invoices_of(database, policy_id=bill.policy.id)}
    assert [now[invoice.id] for invoice in both] == ["voided", "voided"]


def test_a_year_written_off_is_not_paid_monthly_through_the_bill_of_a_change(
    quiet_ctx, database, clock, bill
):
    dearer(quiet_ctx, clock, bill)
    with database.unit_of_work() as session:
        books.lock_customer(session, customer_id=bill.customer.id)
        writing_off.write_off(
            session,
            invoice=session.get_one(models.Invoice, bill.invoice.id, with_for_update=True),
            reason="Not worth it.",
            now=clock.now(),
            today=clock.today(),
            who=people.owner(bill.customer),
        )
    with pytest.raises(pay_monthly.NotOnOneBill):
        pay_monthly.pay_monthly(quiet_ctx, ask=ask(bill))


def test_months_paid_before_the_rest_was_put_on_one_bill_hinder_nothing(
    quiet_ctx, database, clock, books_hold
):
    monthly = bills.make_bill(database, effective_on=D(2026, 8, 1))
    bills.pay(database, *monthly.invoices)
    term_changes.pay_in_full(quiet_ctx, ask=ask(monthly, "full"))
    pay_monthly.pay_monthly(quiet_ctx, ask=ask(monthly))
    after = bills.invoices_of(database, policy_id=monthly.policy.id)
    assert [str(i.state) for i in after].count("paid") == len(monthly.invoices)
    assert str(state(database, monthly)[0].payment_plan) == "monthly"


def test_what_was_shown_is_what_is_done(quiet_ctx, bill):
    with pytest.raises(ChangedMeanwhile):
        pay_monthly.pay_monthly(quiet_ctx, ask=ask(bill, expects="none"))


def test_a_year_paid_monthly_already_is_refused(quiet_ctx, database):
    monthly = bills.make_bill(database, effective_on=D(2026, 8, 1))
    with pytest.raises(pay_monthly.NotOnOneBill):
        pay_monthly.pay_monthly(
            quiet_ctx,
            ask=Ask(
                policy_no=monthly.policy.number, once_key="k", who=people.owner(monthly.customer)
            ),
        )


def test_the_owner_sees_it_before_and_presses_once(client, database, bill):
    owner = people.sign_in(client, bill.customer)
    address = f"/policies/{bill.policy.number}/monthly"
    assert address in owner.get(f"/policies/{bill.policy.number}").text
    page = owner.get(address).text
    assert "In its place are 12 monthly bills" in page
    assert forms.send(owner, page, to=address).status_code == 303
    forms.send(owner, page, to=address)
    assert len(bills.invoices_of(database, policy_id=bill.policy.id)) == 2
    assert "The year paid monthly" in owner.get(f"/policies/{bill.policy.number}").text
    assert "no open bill for the whole year" in owner.get(address).text
    refused = forms.post(owner, "/settings", to=address, look="1", once_key="k" * 24)
    assert refused.status_code == 422


def test_the_desk_does_it_with_a_reason(client, database, bill):
    desk = people.sign_in(client, people.make_staff(database))
    policy = f"/desk/policies/{bill.policy.number}"
    seen = forms.post(desk, policy, to=f"{policy}/monthly", reason="By phone.", look="1")
    assert "12 monthly bills" in seen.text
    nothing = forms.post(desk, policy, to=f"{policy}/monthly", reason="", look="1")
    assert nothing.status_code == 422
