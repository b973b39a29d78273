"""Cancels payments that their payer abandoned, so that their bills are free again.

An hour is enough for whoever pays on the page; for two small deposits Stripe allows ten days.
"""

from __future__ import annotations

import datetime

from portal.domain.payments import models
from portal.domain.payments.queries import references
from portal.journeys import context, follow_debit, keep_method, settle_payment
from portal.kernel import actor

WHO = actor.system("sweeping payments")
ABANDONED = datetime.timedelta(hours=1)
UNVERIFIED = datetime.timedelta(days=10)


def run(ctx: context.Context) -> int:
    """Cancel what was abandoned; how many could be cancelled."""
    with ctx.database.reading() as session:
        due = references.abandoned(session, begun_before=ctx.clock.now() - ABANDONED)
        unverified = references.unverified(session, begun_before=ctx.clock.now() - UNVERIFIED)
    keep_method.sweep(ctx, who=WHO)
    return sum(settle_payment.cancel(ctx, payment_id=i, who=WHO) for i in due) + sum(
        _give_up(ctx, payment_id=i) for i in unverified
    )


def _give_up(ctx: context.Context, *, payment_id: int) -> bool:
    """Cancel a payment whose deposits were never told, and say so by mail."""
    if not settle_payment.cancel(ctx, payment_id=payment_id, who=WHO):
        return False
    with ctx.database.unit_of_work() as session:
        payment = session.get_one(models.Payment, payment_id)
        follow_debit.gave_up(session, ctx, payment=payment)
    return True
