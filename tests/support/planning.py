"""Chosen days and parts in tests: planned, proposed, read as they stand, ended."""

from __future__ import annotations

import datetime

from portal.domain.billing.queries import arranged
from portal.domain.billing.rules import arranging
from portal.domain.payments.queries import drafts
from portal.journeys import arrange, propose_arrangement, schedule_payment
from tests.support import bills, drafting, people

DAY = datetime.date(2026, 12, 4)
FIRST = datetime.date(2026, 12, 1)
KEY = "the-form-of-this-test"
LATE = {
    "effective_on": datetime.date(2026, 10, 28),
    "through": datetime.date(2026, 10, 30),
}


def late_bill(database, **given):
    """One bill that is late: 66.08, due on 28 October."""
    return bills.make_bill(database, **(LATE | given))


def big_bill(database):
    """A late bill of much more than the rule agrees to."""
    return late_bill(database, premium_cents=1_200_000)


def schedule(ctx, bill, card, *, cents=None, expected=6608, day=DAY, key=KEY, numbers=None):
    """Plan to pay a bill on a day; the draft's number."""
    return schedule_payment.schedule(
        ctx,
        customer_id=bill.customer.id,
        order=schedule_payment.Order(
            invoice_nos=numbers or (bill.number,), draft_on=day, method_no=card, cents=cents
        ),
        expected_cents=expected,
        once_key=key,
        language="en",
        who=people.owner(bill.customer),
    )


def cancel(ctx, bill, number, *, who=None):
    """The bill's owner, or `who`, calls the planned payment off."""
    person = who or bill.customer
    schedule_payment.cancel(ctx, customer_id=person.id, number=number, who=people.owner(person))


def by_autopay(ctx, bill, card):
    """A draft as autopay plans it, on the due day."""
    return drafting.plan(ctx, bill, card, on=bill.invoice.due_on)


def propose(ctx, bill, card, *, expected=None, key=KEY, numbers=None, **changed):
    """Propose to pay a late bill in parts."""
    asked = {"count": 3, "first_on": FIRST, "every": arranging.Every.WEEK} | changed
    return propose_arrangement.propose(
        ctx,
        customer_id=bill.customer.id,
        proposal=propose_arrangement.Proposal(
            invoice_nos=numbers or (bill.number,), method_no=card, **asked
        ),
        expected_cents=bill.invoice.open_cents if expected is None else expected,
        once_key=key,
        language="en",
        who=people.owner(bill.customer),
    )


def waiting(ctx, bill):
    """What is planned for the bill's owner."""
    with ctx.database.reading() as session:
        return drafts.not_over(session, customer_id=bill.customer.id)


def found(ctx, number):
    """The arrangement as the desk reads it."""
    with ctx.database.reading() as session:
        return arranged.one(session, number=number)


def end(ctx, bill, number, who=None):
    """Its customer, or `who`, ends it."""
    person = who or bill.customer
    arrange.cancel(ctx, customer_id=person.id, number=number, who=people.owner(person))
