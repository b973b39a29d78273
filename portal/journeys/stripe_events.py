"""Events of Stripe: taken in once, handled by a table of type to handler, object read again."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping

import structlog

from portal.domain.inbox import operations, queries
from portal.domain.payments.operations import settling
from portal.domain.payments.queries import references
from portal.gateways import ports
from portal.journeys import (
    context,
    follow_chargeback,
    follow_mandate,
    follow_payout,
    keep_method,
    of_nobody,
    send_refund,
    settle_payment,
)
from portal.kernel import actor

log = structlog.get_logger("portal.stripe")
PROVIDER = "stripe"
WHO = actor.system("Stripe webhook")
LOOK_BACK = datetime.timedelta(days=30)  # as far as Stripe lists events
OVERLAP = datetime.timedelta(hours=1)
ERROR_MOST = 500  # characters
REFUNDS_THAT_TOOK = ("pending", "succeeded")
PASSING = (ports.GatewayUnknown, of_nobody.OfNobody)  # of nobody: until our own row is written
TROUBLE = (*PASSING, ports.GatewayRefused, settling.WrongAmount, ValueError)

Handler = Callable[[context.Context, str], None]


def receive(ctx: context.Context, *, body: bytes, signature: str) -> bool:
    """Verify, store once, queue the handling. Raises BadSignature; nothing is stored then.

    Whether the event is new.
    """
    return _store(ctx, ctx.payments.verify_event(body=body, signature=signature))


def handle(ctx: context.Context, *, event_id: int) -> None:
    """Handle one stored event; handling it again changes nothing.

    What went wrong is kept with the event and raised: after GatewayUnknown and OfNobody the job is
    tried again, and people see the event once it is late; after GatewayRefused and WrongAmount it
    stays unhandled, for people to see at once.
    """
    with ctx.database.reading() as session:
        event = queries.event(session, event_id=event_id)
    if event.is_handled:
        return
    handler = HANDLERS.get(event.type)
    if handler is not None:
        try:
            handler(ctx, event.object_id)
        except TROUBLE as trouble:
            _keep_trouble(ctx, event_id, trouble)
            raise
    with ctx.database.unit_of_work() as session:
        operations.mark_handled(session, event_id=event_id, now=ctx.clock.now())


def _keep_trouble(ctx: context.Context, event_id: int, trouble: Exception) -> None:
    said = f"{type(trouble).__name__}: {trouble}"
    if isinstance(trouble, of_nobody.OfNobody):
        said = trouble.code  # people read words for it
    with ctx.database.unit_of_work() as session:
        operations.mark_failed(
            session,
            event_id=event_id,
            error=said[:ERROR_MOST],
            may_pass=isinstance(trouble, PASSING),
        )


def recover(ctx: context.Context) -> int:
    """Take in what we missed, up to 30 days back; how many events were new.

    That is every event since the last one known, and every one that Stripe could not deliver: of
    an outage these are the older ones, where newer ones have come since it was over.
    Raises GatewayUnknown, GatewayRefused.
    """
    with ctx.database.reading() as session:
        last = queries.last_occurred_at(session, provider=PROVIDER)
    earliest = ctx.clock.now() - LOOK_BACK
    since = max(last - OVERLAP, earliest) if last else earliest
    missed = list(ctx.payments.events_since(earliest, undelivered=True))
    return sum(_store(ctx, event) for event in (*missed, *ctx.payments.events_since(since)))


def _store(ctx: context.Context, event: ports.EventView) -> bool:
    with ctx.database.unit_of_work() as session:
        stored = operations.store(
            session,
            provider=PROVIDER,
            external_id=event.ref,
            type_=event.type,
            object_id=event.object_ref,
            occurred_at=event.created_at,
            payload={"type": event.type, "object": event.object_ref},
            task="handle_stripe_event",
            now=ctx.clock.now(),
        )
    return stored is not None


def _intent(ctx: context.Context, intent_ref: str) -> None:
    view = ctx.payments.read_intent(intent_ref)
    with ctx.database.reading() as session:
        payment_id = references.payment_of_intent(
            session, intent_ref=intent_ref, payment_no=view.payment_no
        )
    if payment_id is None:
        log.warning("intent_of_nobody", intent=intent_ref, status=view.status)
        if view.status == "succeeded":  # money came in; any other may be somebody's trial
            raise of_nobody.OfNobody("intent")
        return
    settle_payment.absorb(ctx, payment_id=payment_id, view=view, who=WHO)


def _charge(ctx: context.Context, charge_ref: str) -> None:
    """The charge has its balance transaction now: read its intent and post the fee."""
    with ctx.database.reading() as session:
        found = references.intent_of_charge(session, charge_ref=charge_ref)
    if found is not None:
        _intent(ctx, found)


def _setup(ctx: context.Context, setup_ref: str) -> None:
    keep_method.finish(ctx, setup_ref=setup_ref, who=WHO)


def _method(ctx: context.Context, method_ref: str) -> None:
    """Newer details of a saved method, or one that was taken off at Stripe."""
    card = ctx.payments.read_method(method_ref)
    if card.customer_ref:
        keep_method.mirror(ctx, card=card, who=WHO)
    else:
        keep_method.removed_at_stripe(ctx, method_ref=method_ref, who=WHO)


def _mandate(ctx: context.Context, mandate_ref: str) -> None:
    follow_mandate.read(ctx, mandate_ref=mandate_ref, who=WHO)


def _refund(ctx: context.Context, refund_ref: str) -> None:
    view = ctx.payments.read_refund(refund_ref)
    with ctx.database.reading() as session:
        refund_id = references.refund_of(session, refund_ref=refund_ref, refund_no=view.refund_no)
    if refund_id is None:
        log.warning("refund_of_nobody", refund=refund_ref)
        if view.status in REFUNDS_THAT_TOOK:  # our books know nothing of that money
            raise of_nobody.OfNobody("refund")
        return
    send_refund.absorb(ctx, refund_id=refund_id, view=view, who=WHO)


def _chargeback(ctx: context.Context, chargeback_ref: str) -> None:
    follow_chargeback.read(ctx, chargeback_ref=chargeback_ref, who=WHO)


def _fraud_warning(ctx: context.Context, warning_ref: str) -> None:
    follow_chargeback.warn(ctx, warning_ref=warning_ref, who=WHO)


def _payout(ctx: context.Context, payout_ref: str) -> None:
    follow_payout.read(ctx, payout_ref=payout_ref, who=WHO)


HANDLERS: Mapping[str, Handler] = {
    "payment_intent.processing": _intent,
    "payment_intent.succeeded": _intent,
    "payment_intent.payment_failed": _intent,
    "payment_intent.canceled": _intent,
    "payment_intent.requires_action": _intent,
    "setup_intent.requires_action": _setup,
    "setup_intent.succeeded": _setup,
    "setup_intent.setup_failed": _setup,
    "payment_method.attached": _method,
    "payment_method.detached": _method,
    "payment_method.updated": _method,
    "payment_method.automatically_updated": _method,
    "mandate.updated": _mandate,
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "charge.updated": _charge,
    "charge.dispute.created": _chargeback,
    "charge.dispute.updated": _chargeback,
    "charge.dispute.closed": _chargeback,
    "charge.dispute.funds_withdrawn": _chargeback,
    "charge.dispute.funds_reinstated": _chargeback,
    "radar.early_fraud_warning.created": _fraud_warning,
    "payout.created": _payout,
    "payout.updated": _payout,
    "payout.paid": _payout,
    "payout.failed": _payout,
    "payout.canceled": _payout,
    "payout.reconciliation_completed": _payout,
}
