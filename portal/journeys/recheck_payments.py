"""Reads again what has no result: unknown charges at once, other open ones after a while."""

from __future__ import annotations

import datetime

from portal.domain.payments.queries import references
from portal.journeys import context, settle_payment
from portal.kernel import actor

WHO = actor.system("re-reading payments")
QUIET = datetime.timedelta(minutes=10)
SLOW = datetime.timedelta(hours=3)  # of a bank account


def run(ctx: context.Context) -> int:
    """Re-read every payment that is unknown or was not looked at for a while; how many."""
    with ctx.database.reading() as session:
        now = ctx.clock.now()
        due = references.to_recheck(session, quiet_since=now - QUIET, slow_since=now - SLOW)
    for payment_id in due:
        settle_payment.refresh(ctx, payment_id=payment_id, who=WHO)
    return len(due)
