"""Reads refunds again that have not ended, where no event told of it."""

from __future__ import annotations

import structlog

from portal.domain.payments import models
from portal.domain.payments.queries import references
from portal.domain.payments.states import RefundState
from portal.gateways import ports
from portal.journeys import context, failed_refunds, send_refund

log = structlog.get_logger("portal.payments")


def run(ctx: context.Context) -> int:
    """Send what is approved, re-read what is on its way; how many were looked at.

    What failed and has no case yet, like one that is owed again after a chargeback, gets one.
    """
    with ctx.database.reading() as session:
        due = references.open_refunds(session)
    for refund_id, state in due:
        try:
            _look(ctx, refund_id, state)
        except (ports.GatewayUnknown, ports.GatewayRefused) as trouble:
            log.warning("refund_not_read", refund=refund_id, kind=type(trouble).__name__)
    failed_refunds.hand_over_rest(ctx)
    return len(due)


def _look(ctx: context.Context, refund_id: int, state: RefundState) -> None:
    if state is RefundState.APPROVED:
        send_refund.send(ctx, refund_id=refund_id)
        return
    with ctx.database.reading() as session:
        ref = session.get_one(models.Refund, refund_id).stripe_ref
    if ref is not None:
        view = ctx.payments.read_refund(ref)
        send_refund.absorb(ctx, refund_id=refund_id, view=view, who=send_refund.WHO)
