"""Cancels payments that their payer abandoned an hour ago, so that their bills are free again."""

from __future__ import annotations

import datetime

from portal.domain.payments.queries import references
from portal.journeys import context, settle_payment
from portal.kernel import actor

WHO = actor.system("sweeping payments")
ABANDONED = datetime.timedelta(hours=1)


def run(ctx: context.Context) -> int:
    """Cancel what was abandoned; how many could be cancelled."""
    with ctx.database.reading() as session:
        due = references.abandoned(session, begun_before=ctx.clock.now() - ABANDONED)
    return sum(settle_payment.cancel(ctx, payment_id=i, who=WHO) for i in due)
