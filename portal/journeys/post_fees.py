"""Posts the fee of each payment, settled or sent back, once Stripe reports it, as no event does."""

from __future__ import annotations

from portal.domain.payments.queries import references, returned
from portal.journeys import context, follow_debit, settle_payment
from portal.kernel import actor

WHO = actor.system("posting fees")


def run(ctx: context.Context) -> int:
    """Read the payments that have no fee yet again; how many were looked at."""
    with ctx.database.reading() as session:
        due = references.without_fee(session)
        sent_back = returned.without_return_fee(session, now=ctx.clock.now())
    for payment_id in due:
        settle_payment.refresh(ctx, payment_id=payment_id, who=WHO)
    for payment_id in sent_back:
        follow_debit.post_return_fee(ctx, payment_id=payment_id, who=WHO)
    return len(due) + len(sent_back)
