"""Sends an approved refund to Stripe, once, and takes over what becomes of it."""

from __future__ import annotations

import structlog
from sqlalchemy import orm

from portal.domain.billing.operations import books
from portal.domain.payments import models, rules
from portal.domain.payments.operations import keeping, refunding
from portal.domain.payments.queries import chargebacks
from portal.domain.payments.states import RefundState
from portal.gateways import ports
from portal.journeys import context, failed_refunds, refund_mails
from portal.kernel import actor, db

log = structlog.get_logger("portal.payments")
WHO = actor.system("refunds")


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
        if refused.code == rules.CLAIMED:
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
    event = rules.refund_event(view.status)
    with ctx.database.unit_of_work() as session:
        refund = _lock(session, refund_id)
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
            _ended(session, ctx, refund)


def _ended(session: orm.Session, ctx: context.Context, refund: models.Refund) -> None:
    """Tell of it, and give one that failed, and is still owed, to people.

    Where a bank had kept the payment meanwhile, the customer has this money, and was told so.
    """
    now, today = ctx.clock.now(), ctx.clock.today()
    has_failed = refund.state is RefundState.FAILED
    if has_failed and keeping.cover(session, refund=refund, now=now, today=today, who=WHO):
        return
    refund_mails.ended(session, ctx, refund)
    if has_failed:
        payment = session.get_one(models.Payment, refund.payment_id)
        failed_refunds.hand_over(session, ctx, refund=refund, payment_no=payment.number)


def _lock(session: orm.Session, refund_id: int) -> models.Refund:
    """The refund, locked after its customer's account."""
    customer_id = session.get_one(models.Refund, refund_id).customer_id
    books.lock_customer(session, customer_id=customer_id)
    return db.lock_row(session, models.Refund, refund_id)


def _refused(ctx: context.Context, *, refund_id: int, code: str) -> None:
    with ctx.database.unit_of_work() as session:
        refund = _lock(session, refund_id)
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
            _ended(session, ctx, refund)
