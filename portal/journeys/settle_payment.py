"""What Stripe says of a payment becomes ours: by return page, webhook or re-reading, once."""

from __future__ import annotations

import structlog
from sqlalchemy import orm

from portal.domain.payments import declines, models, rules
from portal.domain.payments.operations import settling
from portal.domain.payments.states import PaymentState
from portal.gateways import ports
from portal.journeys import (
    context,
    follow_debit,
    follow_draft,
    off_session,
    open_dispute,
    receipt_mails,
)
from portal.kernel import actor, labels

log = structlog.get_logger("portal.payments")
# While a payment is in one of these the payer is told to wait for a mail; then this is its answer.
_IN_DOUBT = frozenset({PaymentState.UNKNOWN, PaymentState.PROCESSING})
_NOT_TAKEN = frozenset({PaymentState.INITIATED, PaymentState.FAILED, PaymentState.CANCELLED})


def absorb(
    ctx: context.Context, *, payment_id: int, view: ports.IntentView, who: actor.Actor
) -> settling.Moved:
    """Move the payment to what the intent is now. Absorbing the same view twice changes nothing.

    Settling, the entry, the fee, the receipt, the saved card and the audit event are one
    transaction. Raises settling.WrongAmount when another sum was received.
    """
    now, today = ctx.clock.now(), ctx.clock.today()
    debit = follow_debit.facts(ctx, view)
    with ctx.database.unit_of_work() as session:
        payment = settling.lock(session, payment_id=payment_id)
        payment.stripe_ref = payment.stripe_ref or view.ref
        moved = settling.move(
            session,
            payment=payment,
            event=rules.intent_event(view.status, was_declined=bool(view.decline_code)),
            received_cents=view.received_cents,
            charge_ref=view.charge_ref if debit or view.status == "succeeded" else "",
            method_label=labels.of_method(view.card) if view.card else "",
            failure_code=follow_debit.code(view),
            debit=debit,
            now=now,
            today=today,
            who=who,
        )
        told = follow_debit.follow(session, ctx, payment=payment, moved=moved, view=view, who=who)
        told = told or payment.draft_id is not None
        if moved.settled_now:
            _after_settling(session, ctx, payment=payment, moved=moved)
        elif not told and moved.before in _IN_DOUBT and moved.after in _NOT_TAKEN:
            receipt_mails.not_received(session, ctx, payment=payment)
        follow_draft.follow(session, ctx, payment=payment, moved=moved, who=who)
        if moved.after is PaymentState.SETTLED and view.money is not None:
            settling.post_fee(
                session,
                payment=payment,
                money_ref=view.money.ref,
                fee_cents=view.money.fee_cents,
                now=now,
                today=today,
                who=who,
            )
    if moved.after is PaymentState.FAILED and view.status == "requires_payment_method":
        _close(ctx, intent_ref=view.ref)
        follow_debit.post_return_fee(ctx, payment_id=payment_id, who=who)
    return moved


def _close(ctx: context.Context, *, intent_ref: str) -> None:
    """A declined intent could still be confirmed from a stale page: cancel it now."""
    try:
        ctx.payments.cancel_intent(intent_ref)
    except (ports.GatewayUnknown, ports.GatewayRefused) as trouble:
        log.warning("declined_not_closed", intent=intent_ref, kind=type(trouble).__name__)


def refresh(ctx: context.Context, *, payment_id: int, who: actor.Actor) -> ports.IntentView | None:
    """Read the payment's intent again and absorb it; None when it is not known how it stands.

    So it is when Stripe does not answer, does not know the intent, or received another sum;
    nothing is changed then, and the log says why.
    """
    with ctx.database.reading() as session:
        payment = session.get_one(models.Payment, payment_id)
    try:
        view = _find(ctx, payment)
        if view is not None:
            absorb(ctx, payment_id=payment_id, view=view, who=who)
    except ports.GatewayUnknown as lost:
        log.warning("still_unknown", payment=payment.number, kind=type(lost).__name__)
        return None
    except _NeverMade as dead:
        give_up(ctx, payment_id=payment_id, code=dead.code, who=who)
        return None
    except (ports.GatewayRefused, settling.WrongAmount, ValueError) as odd:
        log.error("not_readable", payment=payment.number, kind=type(odd).__name__, said=str(odd))
        return None
    return view


def look(ctx: context.Context, *, payment_id: int, who: actor.Actor) -> ports.IntentView | None:
    """Refresh where the payer may have been charged: what can't be read is kept as unknown."""
    view = refresh(ctx, payment_id=payment_id, who=who)
    if view is None:
        _keep_unknown(ctx, payment_id=payment_id, who=who)
    return view


def lose(ctx: context.Context, *, payment_id: int, who: actor.Actor) -> PaymentState:
    """No answer came to a charge: read once more, else keep it as unknown for the job."""
    look(ctx, payment_id=payment_id, who=who)
    with ctx.database.reading() as session:
        return session.get_one(models.Payment, payment_id).state


def _keep_unknown(ctx: context.Context, *, payment_id: int, who: actor.Actor) -> None:
    with ctx.database.unit_of_work() as session:
        payment = settling.lock(session, payment_id=payment_id)
        if payment.stripe_ref is None and not payment.is_off_session:
            return  # nobody can have been charged: no browser was given an intent
        if payment.state in rules.OPEN_STATES - {PaymentState.PROCESSING}:
            settling.move(
                session,
                payment=payment,
                event=rules.PaymentEvent.LOSE_ANSWER,
                now=ctx.clock.now(),
                today=ctx.clock.today(),
                who=who,
            )


def cancel(ctx: context.Context, *, payment_id: int, who: actor.Actor) -> bool:
    """Cancel an attempt where it still can be; False when it may take or has taken money."""
    with ctx.database.reading() as session:
        payment = session.get_one(models.Payment, payment_id)
    is_unasked = payment.stripe_ref is None and not payment.is_off_session
    if is_unasked and payment.state is not PaymentState.UNKNOWN:
        return _cancel_unasked(ctx, payment_id=payment_id, who=who)
    try:
        if payment.stripe_ref is None:
            view = refresh(ctx, payment_id=payment_id, who=who)
            if view is None:
                return False
            view = ctx.payments.cancel_intent(view.ref)
        else:
            view = ctx.payments.cancel_intent(payment.stripe_ref)
        moved = absorb(ctx, payment_id=payment_id, view=view, who=who)
    except (ports.GatewayUnknown, ports.GatewayRefused, settling.WrongAmount) as trouble:
        log.warning("not_cancelled", payment=payment.number, kind=type(trouble).__name__)
        return False
    return moved.after in (PaymentState.CANCELLED, PaymentState.FAILED)


def _cancel_unasked(ctx: context.Context, *, payment_id: int, who: actor.Actor) -> bool:
    """Nobody holds a secret of this attempt: whoever made it finds it cancelled and stops."""
    with ctx.database.unit_of_work() as session:
        payment = settling.lock(session, payment_id=payment_id)
        if payment.stripe_ref is not None or payment.state is not PaymentState.INITIATED:
            return payment.state in (PaymentState.CANCELLED, PaymentState.FAILED)
        settling.move(
            session,
            payment=payment,
            event=rules.PaymentEvent.CANCEL,
            now=ctx.clock.now(),
            today=ctx.clock.today(),
            who=who,
        )
    return True


class _NeverMade(Exception):
    """The charge of an off-session payment is known never to have been made; `code` says why."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def _find(ctx: context.Context, payment: models.Payment) -> ports.IntentView | None:
    """The intent behind the payment. Raises _NeverMade where there is none and will be none."""
    if payment.stripe_ref is not None:
        return ctx.payments.read_intent(payment.stripe_ref)
    now = ctx.clock.now()
    with ctx.database.reading() as session:
        may_send = off_session.may_send(session, payment, now=now)
        customer_ref = off_session.customer_ref(session, payment)
    if may_send:
        try:
            return off_session.send(ctx, payment)
        except ports.GatewayRefused as refused:
            raise _NeverMade(refused.code) from refused
    found = None
    if customer_ref is not None:
        found = ctx.payments.find_intent(customer_ref=customer_ref, payment_no=payment.number)
    if found is None and payment.is_off_session:
        if off_session.is_on_its_way(payment, now=now):
            return None
        raise _NeverMade(declines.NOT_MADE)
    return found


def give_up(ctx: context.Context, *, payment_id: int, code: str, who: actor.Actor) -> None:
    """An off-session payment whose charge was never made, for `code`: it failed."""
    with ctx.database.unit_of_work() as session:
        payment = settling.lock(session, payment_id=payment_id)
        if payment.stripe_ref is not None:
            return  # its intent was found in this very moment
        moved = settling.move(
            session,
            payment=payment,
            event=rules.PaymentEvent.FAIL,
            failure_code=code,
            now=ctx.clock.now(),
            today=ctx.clock.today(),
            who=who,
        )
        follow_draft.follow(session, ctx, payment=payment, moved=moved, who=who)


def _after_settling(
    session: orm.Session,
    ctx: context.Context,
    *,
    payment: models.Payment,
    moved: settling.Moved,
) -> None:
    receipt_mails.received(session, ctx, payment=payment, moved=moved)
    paid_ahead = payment.amount_cents - sum(cents for _, cents in payment.planned)
    if moved.unapplied_cents > paid_ahead:
        open_dispute.raise_for_payment(
            session,
            ctx,
            payment_no=moved.number,
            customer_id=moved.customer_id,
            now=ctx.clock.now(),
        )
