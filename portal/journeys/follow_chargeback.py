"""What Stripe says of a chargeback or an early fraud warning becomes ours, in any order, once."""

from __future__ import annotations

import structlog
from sqlalchemy import orm

from portal.domain.payments import models, returns, rules
from portal.domain.payments.operations import charging_back, fraud_warnings, settling
from portal.domain.payments.queries import chargebacks, references, shown_method
from portal.domain.payments.states import ChargebackState, PaymentState
from portal.gateways import ports
from portal.journeys import (
    arrange,
    bank_cases,
    context,
    follow_debit,
    of_nobody,
    pausing,
    send_refund,
    settle_payment,
    telling,
)
from portal.kernel import actor

log = structlog.get_logger("portal.payments")


def read(ctx: context.Context, *, chargeback_ref: str, who: actor.Actor) -> str:
    """Read the chargeback at Stripe and take it over; its number.

    Raises OfNobody for a charge we do not know, GatewayUnknown, GatewayRefused; GatewayUnknown
    also for one that is lost and does not list its money yet: what becomes of the bills is not
    known then.
    """
    view = ctx.payments.read_chargeback(chargeback_ref)
    if view.status == "lost" and not view.moves:
        raise ports.GatewayUnknown(f"{chargeback_ref} is lost, and its money is not listed yet")
    return absorb(ctx, view=view, who=who)


def absorb(ctx: context.Context, *, view: ports.ChargebackView, who: actor.Actor) -> str:
    """Take the chargeback over as it stands: state, money, case and mail in one transaction.

    Before a loss is split, refunds whose answer was lost are looked for: what Stripe has sent is
    not owed any more. Raises OfNobody, GatewayUnknown, GatewayRefused.
    """
    payment_id = _settled(ctx, intent_ref=view.intent_ref, who=who)
    if payment_id is None:
        log.warning("chargeback_of_nobody", chargeback=view.ref)
        raise of_nobody.OfNobody("chargeback")
    report = _report(view)
    if rules.CHARGEBACK_STATES[report.event] in rules.KEPT_BY_THE_BANK:
        with ctx.database.reading() as session:
            unsent = chargebacks.unsent_refunds(session, payment_id=payment_id)
        for refund_id in unsent:
            send_refund.find(ctx, refund_id=refund_id)
    now = ctx.clock.now()
    with ctx.database.unit_of_work() as session:
        payment = charging_back.lock(session, payment_id=payment_id)
        change = charging_back.absorb(
            session,
            payment=payment,
            report=report,
            now=now,
            today=ctx.clock.today(),
            who=who,
            rng=ctx.rng,
        )
        if change.is_step:
            _work(session, ctx, change, payment_id=payment_id, reason=view.reason)
            _end_debits(session, ctx, change, payment=payment, reason=view.reason, who=who)
            if change.after in rules.KEPT_BY_THE_BANK:
                arrange.follow_return(session, ctx, payment=payment)
            _tell(session, ctx, change, payment_id=payment_id)
        pausing.follow_open(session, customer_id=payment.customer_id, now=now)
    return change.number


def warn(ctx: context.Context, *, warning_ref: str, who: actor.Actor) -> bool:
    """Take an early fraud warning over and put it on the desk; whether it was new.

    It moves no money and locks nothing: the advice is to refund before the bank claims. A charge
    that was refunded in full or charged back meanwhile needs no case. Raises OfNobody.
    """
    view = ctx.payments.read_warning(warning_ref)
    payment_id = _settled(ctx, intent_ref=view.intent_ref, who=who)
    if payment_id is None:
        log.warning("fraud_warning_of_nobody", warning=view.ref)
        raise of_nobody.OfNobody("fraud_warning")
    now = ctx.clock.now()
    with ctx.database.unit_of_work() as session:
        payment = charging_back.lock(session, payment_id=payment_id)
        if fraud_warnings.is_known(session, stripe_ref=view.ref):
            return False
        case_no = ""
        if view.is_actionable:
            case_no = bank_cases.open_or_join(
                session,
                ctx,
                payment_no=payment.number,
                customer_id=payment.customer_id,
                why=bank_cases.FRAUD_WARNING,
                once_key=f"fraud_warning:{view.ref}",
                now=now,
            )
        fraud_warnings.keep(
            session,
            payment=payment,
            stripe_ref=view.ref,
            fraud_type=view.fraud_type,
            case_no=case_no,
            warned_at=view.warned_at,
            who=who,
            now=now,
        )
    return True


def _settled(ctx: context.Context, *, intent_ref: str, who: actor.Actor) -> int | None:
    """The payment behind the charge, settled here first if its own event has not come yet."""
    if not intent_ref:
        return None
    with ctx.database.reading() as session:
        known = references.payment_of_intent(session, intent_ref=intent_ref, payment_no="")
        if known is not None:
            state = session.get_one(models.Payment, known).state
            if state is PaymentState.SETTLED:
                return known
    view = ctx.payments.read_intent(intent_ref)
    with ctx.database.reading() as session:
        payment_id = references.payment_of_intent(
            session, intent_ref=intent_ref, payment_no=view.payment_no
        )
    if payment_id is not None:
        settle_payment.absorb(ctx, payment_id=payment_id, view=view, who=who)
    return payment_id


def _report(view: ports.ChargebackView) -> charging_back.Report:
    return charging_back.Report(
        stripe_ref=view.ref,
        event=rules.chargeback_event(view.status),
        reason=view.reason,
        amount_cents=view.amount_cents,
        opened_at=view.opened_at,
        evidence_due_at=view.evidence_due_at,
        is_answered=view.is_answered,
        moves=tuple(
            charging_back.Move(ref=m.ref, amount_cents=m.amount_cents, fee_cents=m.fee_cents)
            for m in view.moves
        ),
    )


def _work(
    session: orm.Session,
    ctx: context.Context,
    change: charging_back.Change,
    *,
    payment_id: int,
    reason: str,
) -> None:
    """Put it on the desk: one case from the first word on, a note for each step after."""
    now, key = ctx.clock.now(), f"chargeback:{change.number}"
    case_no = chargebacks.case_of(session, chargeback_id=change.chargeback_id)
    if not case_no:
        payment = session.get_one(models.Payment, payment_id)
        case_no = bank_cases.open_or_join(
            session,
            ctx,
            payment_no=payment.number,
            customer_id=payment.customer_id,
            why=_why(change, payment),
            reason=reason,
            once_key=key,
            now=now,
        )
        charging_back.keep_case(session, chargeback_id=change.chargeback_id, case_no=case_no)
    bank_cases.note(session, ctx, case_no=case_no, change=change, key=key, now=now)


def _end_debits(
    session: orm.Session,
    ctx: context.Context,
    change: charging_back.Change,
    *,
    payment: models.Payment,
    reason: str,
    who: actor.Actor,
) -> None:
    """A claim on a debit is final: its account may be debited no more, unless money only lacked."""
    if payment.method_kind != settling.DEBIT or change.after not in rules.KEPT_BY_THE_BANK:
        return
    if returns.voids_mandate(reason):
        follow_debit.end_mandate(session, ctx, payment=payment, who=who)
    follow_debit.charge_fee(session, ctx, payment=payment, found=returns.meaning(reason), who=who)


def _why(change: charging_back.Change, payment: models.Payment) -> bank_cases.Why:
    if payment.method_kind == settling.DEBIT and change.after in rules.KEPT_BY_THE_BANK:
        return bank_cases.LATE_RETURN
    return bank_cases.INQUIRY if change.is_inquiry else bank_cases.CHARGEBACK


def _tell(
    session: orm.Session, ctx: context.Context, change: charging_back.Change, *, payment_id: int
) -> None:
    """Write to the customer where their money or their bills changed; an inquiry changes none.

    Who was told that the bank took the payment back is told how that ended.
    """
    payment = session.get_one(models.Payment, payment_id)
    chargeback = session.get_one(models.Chargeback, change.chargeback_id)
    if change.is_inquiry or change.after is ChargebackState.WARNING_CLOSED:
        return
    template, facts = "chargeback_opened", {}
    if change.after in rules.CHARGEBACK_ENDS:
        template = "chargeback_ended"
        facts = {
            "outcome": chargeback.outcome,
            "due_again_cents": change.due_again_cents,
            "regained_cents": change.regained_cents,
        }
    elif change.before is not None and not str(change.before).startswith("warning"):
        return  # a step in between
    telling.tell_customer(
        session,
        ctx,
        customer_id=payment.customer_id,
        template=template,
        key=f"{template}:{change.number}:{change.after if facts else 'once'}",
        subject_no=payment.number,
        amount_cents=chargeback.amount_cents,
        method_label=shown_method.of_payment(session, payment=payment),
        by_payer=payment.payer_id is not None,
        paid_at=payment.settled_at,
        **facts,
    )
