"""Sends an approved refund to Stripe, once, and takes over what becomes of it."""

from __future__ import annotations

import structlog
from sqlalchemy import orm

from portal.domain.payments import models, rules
from portal.domain.payments.operations import refunding
from portal.domain.payments.queries import chargebacks, payers, shown_method
from portal.domain.payments.states import RefundState
from portal.gateways import ports
from portal.journeys import context, telling
from portal.kernel import actor, db

log = structlog.get_logger("portal.payments")
WHO = actor.system("refunds")
CLAIMED = "charge_disputed"  # Stripe's code while a bank claims the charge


def send(ctx: context.Context, *, refund_id: int) -> None:
    """Send an approved refund; its key makes a second call harmless.

    What Stripe holds already is taken over first. While a bank claims the payment nothing more
    is sent: the refund is held until the chargeback is won.
    Raises GatewayUnknown when no answer came: the job tries again with the same key, and reads
    what Stripe holds before it does.
    """
    with ctx.database.reading() as session:
        refund = session.get_one(models.Refund, refund_id)
        payment = session.get_one(models.Payment, refund.payment_id)
        is_locked = chargebacks.locks_refunds(session, payment_id=payment.id)
        claims = chargebacks.count_of(session, payment_id=payment.id)
    if refund.state is not RefundState.APPROVED or payment.stripe_ref is None:
        return
    try:
        if find(ctx, refund_id=refund_id):
            return
        if is_locked:
            log.info("refund_held", refund=refund.number)
            return
        view = ctx.payments.create_refund(
            key=_key(refund.number, claims),
            intent_ref=payment.stripe_ref,
            amount_cents=refund.amount_cents,
            refund_no=refund.number,
        )
    except ports.GatewayRefused as refused:
        if refused.code == CLAIMED:
            log.info("refund_held", refund=refund.number)  # the chargeback's event is on its way
            return
        log.error("refund_refused", refund=refund.number, code=refused.code)
        _refused(ctx, refund_id=refund_id, code=refused.code)
        return
    absorb(ctx, refund_id=refund_id, view=view, who=WHO)


def find(ctx: context.Context, *, refund_id: int) -> bool:
    """Take over the approved refund if Stripe holds it, its answer was lost; whether it does.

    Raises GatewayUnknown, GatewayRefused.
    """
    with ctx.database.reading() as session:
        refund = session.get_one(models.Refund, refund_id)
        intent_ref = session.get_one(models.Payment, refund.payment_id).stripe_ref
    view = intent_ref and ctx.payments.find_refund(intent_ref=intent_ref, refund_no=refund.number)
    if not view:
        return False
    absorb(ctx, refund_id=refund_id, view=view, who=WHO)
    return True


def _key(number: str, claims: int) -> str:
    """Stripe repeats a refusal under its key: what a claim refused is asked anew after it."""
    return f"{number}:create:{claims}" if claims else f"{number}:create"


def absorb(
    ctx: context.Context, *, refund_id: int, view: ports.RefundView, who: actor.Actor
) -> None:
    """Move the refund to what it is at Stripe now; doing it twice changes nothing."""
    with ctx.database.unit_of_work() as session:
        refund = db.lock_row(session, models.Refund, refund_id)
        event = rules.refund_event(view.status)
        if not rules.REFUNDS.allows(refund.state, event):
            return  # an older word about a refund that has ended
        changed = refunding.move(
            session,
            refund=refund,
            event=event,
            stripe_ref=view.ref,
            failure_code=view.failure_code,
            now=ctx.clock.now(),
            today=ctx.clock.today(),
            who=who,
        )
        if changed and refund.state in (RefundState.SUCCEEDED, RefundState.FAILED):
            _tell(session, ctx, refund)


def _tell(session: orm.Session, ctx: context.Context, refund: models.Refund) -> None:
    payment = session.get_one(models.Payment, refund.payment_id)
    telling.tell_customer(
        session,
        ctx,
        customer_id=refund.customer_id,
        template=f"refund_{refund.state}",
        key=f"refund_{refund.state}:{refund.number}",
        subject_no=refund.number,
        amount_cents=refund.amount_cents,
        method_label=shown_method.of_payment(session, payment=payment),
        by_payer=payment.payer_id is not None,
        expected_on=refund.expected_on,
        was_sent=refund.sent_at is not None,
    )
    if payment.payer_id is not None and refund.state is RefundState.SUCCEEDED:
        payer = payers.by_id(session, payer_id=payment.payer_id)
        telling.tell_payer(
            session,
            ctx,
            payer=payer,
            template="payer_refund",
            key=f"payer_refund:{refund.number}",
            subject_no=refund.number,
            amount_cents=refund.amount_cents,
            method_label=payment.method_label,
            pet_name=payer.pet_name,
            expected_on=refund.expected_on,
        )


def _refused(ctx: context.Context, *, refund_id: int, code: str) -> None:
    with ctx.database.unit_of_work() as session:
        refund = db.lock_row(session, models.Refund, refund_id)
        if refund.state is RefundState.APPROVED:
            refunding.move(
                session,
                refund=refund,
                event=rules.RefundEvent.FAIL,
                failure_code=code,
                now=ctx.clock.now(),
                today=ctx.clock.today(),
                who=WHO,
            )
            _tell(session, ctx, refund)
