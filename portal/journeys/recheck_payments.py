"""Reads again what has no result: unknown charges at once, other open ones after a while."""

from __future__ import annotations

import datetime

from portal.domain.payments.operations import settling
from portal.domain.payments.queries import references
from portal.domain.payments.states import PaymentState
from portal.journeys import context, open_dispute, settle_payment
from portal.kernel import actor

WHO = actor.system("re-reading payments")
BRIEF = datetime.timedelta(seconds=75)  # longer than a call to Stripe with its repetitions takes
QUIET = datetime.timedelta(minutes=10)
SLOW = datetime.timedelta(hours=3)  # of a bank account
LONG = datetime.timedelta(hours=24)  # unknown: by then Stripe has been asked in every way there is


def run(ctx: context.Context) -> int:
    """Re-read every payment that is unknown or was not looked at for a while; how many.

    What is still unknown after a day becomes a case in the queue.
    """
    with ctx.database.reading() as session:
        now = ctx.clock.now()
        due = references.to_recheck(
            session, brief_since=now - BRIEF, quiet_since=now - QUIET, slow_since=now - SLOW
        )
    for payment_id in due:
        settle_payment.refresh(ctx, payment_id=payment_id, who=WHO)
    with ctx.database.reading() as session:
        lost = references.long_unknown(session, since=now - LONG)
    for payment_id in lost:
        _hand_over(ctx, payment_id)
    return len(due)


def _hand_over(ctx: context.Context, payment_id: int) -> None:
    """People find out what no re-reading could; one case a payment."""
    with ctx.database.unit_of_work() as session:
        payment = settling.lock(session, payment_id=payment_id)
        if payment.state is not PaymentState.UNKNOWN:
            return
        open_dispute.raise_for_payment(
            session,
            ctx,
            payment_no=payment.number,
            customer_id=payment.customer_id,
            now=ctx.clock.now(),
            words=open_dispute.STILL_UNKNOWN,
        )
