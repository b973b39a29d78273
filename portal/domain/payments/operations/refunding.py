"""Refunds: approved out of unapplied cash, sent once, ended by what Stripe says."""

from __future__ import annotations

import datetime

from sqlalchemy import orm

from portal.domain.audit import operations as audit
from portal.domain.billing.operations import books
from portal.domain.ledger import rules as ledger
from portal.domain.payments import models, rules
from portal.domain.payments.queries import chargebacks
from portal.domain.payments.states import PaymentState, RefundState
from portal.kernel import actor, calendars, db, ids

BANK_DAYS = 10  # banking days until a refund is usually on the card


def approve(
    session: orm.Session,
    *,
    payment: models.Payment,
    amount_cents: int,
    key: str,
    subject: str,
    reason: str,
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
    rng: ids.Bits,
) -> models.Refund:
    """Owe `amount_cents` of the (locked) payment's unapplied cash back, and queue its sending.

    Raises RefundLocked while a bank claims the payment, RefundTooLarge when it has less unapplied.
    """
    check_not_locked(session, payment_id=payment.id)
    if payment.state is not PaymentState.SETTLED or not (
        0 < amount_cents <= payment.unapplied_cents
    ):
        raise rules.RefundTooLarge(amount_cents=amount_cents, left_cents=payment.unapplied_cents)
    payment.unapplied_cents -= amount_cents
    payment.refunded_cents += amount_cents
    refund = begin(
        session,
        key=key,
        payment_id=payment.id,
        customer_id=payment.customer_id,
        amount_cents=amount_cents,
        subject=subject,
        reason=reason,
        now=now,
        today=today,
        who=who,
        rng=rng,
    )
    books.post(
        session,
        key=f"refund_approved:{refund.number}",
        event=ledger.Event.REFUND_APPROVED,
        booked_on=today,
        now=now,
        subject=refund.number,
        actor=who.label,
        postings=ledger.refund_approved(amount_cents=amount_cents, customer_id=payment.customer_id),
        memo=payment.number,
    )
    return refund


def begin(
    session: orm.Session,
    *,
    key: str,
    payment_id: int,
    customer_id: int,
    amount_cents: int,
    subject: str,
    reason: str,
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
    rng: ids.Bits,
) -> models.Refund:
    """Write a refund down and queue its sending; what it pays out is the caller's to post."""
    refund = models.Refund(
        number=ids.new(ids.Prefix.REFUND, rng),
        key=key,
        payment_id=payment_id,
        customer_id=customer_id,
        amount_cents=amount_cents,
        state=RefundState.APPROVED,
        subject=subject,
        reason=reason,
        expected_on=calendars.BANKING.add_business_days(today, BANK_DAYS),
        created_at=now,
    )
    session.add(refund)
    session.flush()
    _audit(session, refund, action="payments.refund_approved", who=who, now=now)
    db.queue_task(session, "send_refund", refund_id=refund.id)
    return refund


def check_not_locked(session: orm.Session, *, payment_id: int) -> None:
    """Raises RefundLocked while a chargeback on the payment is open, and after it is lost."""
    if chargebacks.locks_refunds(session, payment_id=payment_id):
        raise rules.RefundLocked()


def move(
    session: orm.Session,
    *,
    refund: models.Refund,
    event: rules.RefundEvent,
    stripe_ref: str = "",
    failure_code: str = "",
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
) -> bool:
    """Take the (locked) refund along `event`; whether its state changed.

    Money leaves the balance at Stripe when Stripe takes the refund, and comes back when it fails
    after that; a refund that failed is still owed and stays in refunds payable.
    """
    before = refund.state
    refund.stripe_ref = stripe_ref or refund.stripe_ref
    refund.state = rules.REFUNDS.next(before, event)
    was_sent = refund.sent_at is not None
    if refund.stripe_ref and not was_sent:
        refund.sent_at = now
        _post(session, refund, "refund_sent", ledger.Event.REFUND_SENT, now, today, who)
    if refund.state is RefundState.FAILED and before is not RefundState.FAILED:
        refund.failure_code = failure_code or "refused"
        if refund.sent_at is not None:
            _post(session, refund, "refund_failed", ledger.Event.REFUND_FAILED, now, today, who)
    if refund.state in (RefundState.SUCCEEDED, RefundState.FAILED):
        refund.ended_at = now
    if refund.state is before:
        return False
    _audit(session, refund, action=f"payments.refund_{refund.state}", who=who, now=now)
    return True


def _post(
    session: orm.Session,
    refund: models.Refund,
    name: str,
    event: ledger.Event,
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
) -> None:
    recipe = ledger.refund_sent if event is ledger.Event.REFUND_SENT else ledger.refund_failed
    books.post(
        session,
        key=f"{name}:{refund.number}",
        event=event,
        booked_on=today,
        now=now,
        subject=refund.number,
        actor=who.label,
        postings=recipe(amount_cents=refund.amount_cents),
    )


def _audit(
    session: orm.Session,
    refund: models.Refund,
    *,
    action: str,
    who: actor.Actor,
    now: datetime.datetime,
) -> None:
    audit.record(
        session,
        who=who,
        action=action,
        subject=refund.number,
        now=now,
        customer_id=refund.customer_id,
        amount_cents=refund.amount_cents,
        case=refund.subject,
    )
