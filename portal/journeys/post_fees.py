"""Posts the fee of each settled payment once Stripe reports it, where no event brought it."""

from __future__ import annotations

from portal.domain.payments.queries import references
from portal.journeys import context, settle_payment
from portal.kernel import actor

WHO = actor.system("posting fees")


def run(ctx: context.Context) -> int:
    """Read the payments that have no fee yet again; how many were looked at."""
    with ctx.database.reading() as session:
        due = references.without_fee(session)
    for payment_id in due:
        settle_payment.refresh(ctx, payment_id=payment_id, who=WHO)
    return len(due)
