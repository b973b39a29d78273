"""Whether a pet is covered and to which day, asked of real terms, bills and payments."""

import datetime

from portal.domain.billing import models
from portal.domain.billing.operations import holds
from portal.domain.billing.queries import coverage
from portal.domain.billing.rules.coverage import CoverageKind
from portal.domain.payments.rules import PaymentEvent
from portal.domain.policies import models as policies
from tests.support import bills, people, statements

DAY = datetime.date
TODAY = bills.TODAY


def cover(database, customer, today=TODAY):
    with database.reading() as session:
        return coverage.covers(session, customer_id=customer.id, today=today)


def cancel(database, bill, day):
    with database.unit_of_work() as session:
        session.get_one(policies.Policy, bill.policy.id).cancelled_on = day


def test_premium_paid_buys_cover_to_the_equity_date(database):
    bill = bills.make_bill(database, effective_on=DAY(2026, 8, 28))
    bills.pay(database, *bill.invoices[:3])
    (found,) = cover(database, bill.customer)
    assert found.line.kind is CoverageKind.COVERED
    # 18733 of 74929 cents buy 91 of 365 days
    assert found.line.on == DAY(2026, 11, 27)
    assert (found.paid, found.due, found.installments) == (3, 1, 12)
    assert (found.next_on, found.next_cents) == (DAY(2026, 12, 28), 6607)


def test_money_that_is_still_processing_buys_nothing(database):
    bill = bills.make_bill(database, effective_on=DAY(2026, 11, 20))
    bills.begin_payment(database, bill.invoice, event=PaymentEvent.PROCESS)
    (found,) = cover(database, bill.customer)
    assert found.paid_to == DAY(2026, 11, 20)
    assert found.paid == 0
    assert found.line.kind is CoverageKind.PAST_DUE


def test_what_is_past_due_leaves_out_what_a_dispute_holds(database):
    bill = bills.make_bill(database, effective_on=DAY(2026, 10, 28))
    with database.unit_of_work() as session:
        holds.place(
            session,
            kind=models.HoldKind.OVERDUE,
            customer_id=bill.customer.id,
            subject=bill.invoices[0].number,
            line_number=1,
            amount_cents=6245,
            reason="disputed",
            owner="DSP-TEST",
            now=people.NOW,
        )
    (found,) = cover(database, bill.customer)
    assert (found.line.kind, found.line.amount_cents, found.line.on) == (
        CoverageKind.PAST_DUE,
        363,
        DAY(2026, 10, 28),
    )


def test_a_bill_due_today_is_not_past_due(database):
    bill = bills.make_bill(database, effective_on=TODAY)
    (found,) = cover(database, bill.customer)
    assert found.line.kind is CoverageKind.COVERED


def test_a_cancelled_policy_ended_on_its_day_and_has_no_next_bill(database):
    bill = bills.make_bill(database, effective_on=DAY(2026, 8, 28))
    cancel(database, bill, DAY(2026, 10, 2))
    (found,) = cover(database, bill.customer)
    assert (found.line.kind, found.line.on) == (CoverageKind.CANCELLED, DAY(2026, 10, 2))
    assert found.next_on is None


def test_a_cancellation_that_lies_ahead_has_ended_nothing(database):
    bill = bills.make_bill(database, effective_on=DAY(2026, 11, 1))
    bills.pay(database, bill.invoice)
    cancel(database, bill, DAY(2026, 12, 24))
    (found,) = cover(database, bill.customer)
    assert found.line.kind is not CoverageKind.CANCELLED


def test_a_term_that_is_over_without_another_has_ended(database):
    bill = bills.make_bill(database, effective_on=DAY(2025, 11, 20))
    (found,) = cover(database, bill.customer)
    assert (found.line.kind, found.line.on) == (CoverageKind.CANCELLED, DAY(2026, 11, 20))


def test_every_pet_is_asked_in_one_statement_and_a_strangers_never(database):
    bill = bills.make_bill(database)
    bills.make_bill(database, customer=bill.customer, pet_name="Miso")
    bills.make_bill(database, pet_name="Somebody else’s")
    with statements.counted() as sent:
        found = cover(database, bill.customer)
    assert len(sent) == 1
    assert [c.pet_name for c in found] == ["Biscuit", "Miso"]
