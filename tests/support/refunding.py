"""A refund for tests: a line's money is taken back and owed to its payer, as a decision does it."""

from __future__ import annotations

import sqlalchemy as sa

from portal.domain.billing.operations import allocating, books
from portal.domain.ledger import rules as ledger
from portal.domain.payments import models
from portal.domain.payments.operations import refunding, settling
from portal.kernel import actor, ids
from tests.support import bills, people

WHO = actor.system("test")


def refund_line(database, *, payment_no: str, invoice_no: str, line: int) -> str:
    """Approve a refund of what the payment has on one line; the refund's number."""
    now, today = people.NOW, people.NOW.date()
    charge = bills.lines_of(database, invoice_no)[line - 1]
    with database.unit_of_work() as session:
        payment_id = session.scalars(
            sa.select(models.Payment.id).where(models.Payment.number == payment_no)
        ).one()
        payment = settling.lock(session, payment_id=payment_id)
        cents = allocating.applied_by_line(session, source=payment_no)[charge.id]
        taken = allocating.take_back(
            session,
            source=payment_no,
            parts={charge.id: cents},
            rule="refund",
            now=now,
            today=today,
        )
        payment = session.get_one(models.Payment, payment_id)
        payment.unapplied_cents += cents
        books.post(
            session,
            key=f"taken_back:{payment_no}",
            event=ledger.Event.ALLOCATION_TAKEN_BACK,
            booked_on=today,
            now=now,
            subject=payment_no,
            actor=WHO.label,
            postings=ledger.allocation_taken_back(taken, customer_id=payment.customer_id),
        )
        refund = refunding.approve(
            session,
            payment=payment,
            amount_cents=cents,
            key=f"refund:{payment_no}",
            subject="DSP-TEST",
            reason="test",
            now=now,
            today=today,
            who=WHO,
            rng=ids.SYSTEM,
        )
        return refund.number
