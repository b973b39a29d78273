"""One bill a month for all pets in tests: chosen, billed by runs, told by the jobs of a run."""

from __future__ import annotations

import datetime

import sqlalchemy as sa

from portal.domain.billing import models as billing
from portal.domain.notifications import models as notifications
from portal.journeys import bill_together, run_billing, tell_bills
from tests.support import bills, people

STARTS = (datetime.date(2026, 10, 5), datetime.date(2026, 10, 10), datetime.date(2026, 10, 20))
ISSUE_ON = datetime.date(2026, 12, 26)  # what is due on 15 January goes out
DUE_ON = datetime.date(2027, 1, 15)


def pets(database, names=("Biscuit", "Miso", "Pico"), **given):
    """Pets of one customer, billed through today; the next bills are due on different days."""
    first = bills.make_bill(database, pet_name=names[0], effective_on=STARTS[0], **given)
    rest = [
        bills.make_bill(
            database,
            customer=first.customer,
            pet_name=name,
            effective_on=start,
            **given,
        )
        for name, start in zip(names[1:], STARTS[1:], strict=False)
    ]
    return [first, *rest]


def ask(customer, day=15, *, key="the form", expects=""):
    return bill_together.Ask(
        customer_id=customer.id,
        day=day,
        once_key=key,
        who=people.owner(customer),
        expects=expects,
    )


def join(ctx, customer, day=15, **given):
    return bill_together.join(ctx, ask=ask(customer, day, **given))


def coming(database, found):
    """The days on which the bills of each pet are due that are still to come."""
    with database.reading() as session:
        return {
            bill.pet.name: session.scalars(
                sa.select(billing.Installment.due_on)
                .where(
                    billing.Installment.term_id == bill.term.id,
                    billing.Installment.invoice_id.is_(None),
                )
                .order_by(billing.Installment.due_on)
            ).all()
            for bill in found
        }


def run(ctx, database, clock, on):
    """The billing run of a day and the jobs it asks for, twice each."""
    clock.set(bills.at(on))
    run_billing.run(ctx, on=on)
    with database.reading() as session:
        run_id = session.scalar(sa.select(sa.func.max(billing.BillingRun.id)))
        ids = session.scalars(
            sa.select(billing.Invoice.id).where(billing.Invoice.run_id == run_id)
        ).all()
    for _ in range(2):
        tell_bills.tell(ctx, invoice_ids=ids)
        tell_bills.tell_together(ctx, run_id=run_id)


def mails(database, customer):
    with database.reading() as session:
        return session.scalars(
            sa.select(notifications.Mail)
            .where(notifications.Mail.customer_id == customer.id)
            .order_by(notifications.Mail.id)
        ).all()
