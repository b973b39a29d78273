"""From Stripe's references to our rows, and which rows a job must look at."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.payments import models, rules
from portal.domain.payments.states import PaymentState, RefundState


def payment_of_intent(session: orm.Session, *, intent_ref: str, payment_no: str) -> int | None:
    """The payment behind an intent: by its reference, or by our number in its metadata."""
    by_ref = session.scalar(
        sa.select(models.Payment.id).where(models.Payment.stripe_ref == intent_ref)
    )
    if by_ref is not None or not payment_no:
        return by_ref
    return session.scalar(
        sa.select(models.Payment.id).where(
            models.Payment.number == payment_no, models.Payment.stripe_ref.is_(None)
        )
    )


def intent_of_charge(session: orm.Session, *, charge_ref: str) -> str | None:
    """The intent whose payment this charge settled."""
    return session.scalar(
        sa.select(models.Payment.stripe_ref).where(models.Payment.charge_ref == charge_ref)
    )


def refund_of(session: orm.Session, *, refund_ref: str, refund_no: str) -> int | None:
    """The refund behind Stripe's: by its reference, or by our number in its metadata."""
    by_ref = session.scalar(
        sa.select(models.Refund.id).where(models.Refund.stripe_ref == refund_ref)
    )
    if by_ref is not None or not refund_no:
        return by_ref
    return session.scalar(
        sa.select(models.Refund.id).where(
            models.Refund.number == refund_no, models.Refund.stripe_ref.is_(None)
        )
    )


def to_recheck(
    session: orm.Session,
    *,
    brief_since: datetime.datetime,
    quiet_since: datetime.datetime,
    slow_since: datetime.datetime,
    limit: int = 200,
) -> list[int]:
    """Open payments that nobody looked at since `quiet_since`, unknown ones whenever they are.

    A saved method is charged by one call of ours: one that has told nothing since `brief_since`
    belongs to a process that was killed. A payer with a form of Stripe's open takes longer.

    Debits take days: one on its way, or waiting to be verified, is looked at again after
    `slow_since` only.
    """
    is_slow = (models.Payment.verify_url != "") | (models.Payment.state == PaymentState.PROCESSING)
    asked = sa.func.coalesce(models.Payment.checked_at, models.Payment.created_at)
    rows = session.scalars(
        sa.select(models.Payment.id)
        .where(
            models.Payment.state.in_(rules.OPEN_STATES),
            sa.or_(
                models.Payment.state == PaymentState.UNKNOWN,
                (models.Payment.state == PaymentState.INITIATED)
                & models.Payment.method_id.is_not(None)
                & (asked < brief_since),
                asked < slow_since,
                sa.not_(is_slow) & (asked < quiet_since),
            ),
        )
        .order_by(asked, models.Payment.id)
        .limit(limit)
    )
    return list(rows)


def unanswered(session: orm.Session, *, part: rules.Part = rules.WHOLE) -> list[int]:
    """Charges of a part without a payer present of which Stripe's answer never came."""
    rows = session.scalars(
        sa.select(models.Payment.id)
        .where(
            models.Payment.state.in_([PaymentState.INITIATED, PaymentState.UNKNOWN]),
            models.Payment.is_off_session,
            models.Payment.stripe_ref.is_(None),
            models.Payment.customer_id % part.of == part.index,
        )
        .order_by(models.Payment.id)
    )
    return list(rows)


def long_unknown(session: orm.Session, *, since: datetime.datetime) -> list[int]:
    """Payments that are unknown and began before `since`."""
    rows = session.scalars(
        sa.select(models.Payment.id)
        .where(models.Payment.state == PaymentState.UNKNOWN, models.Payment.created_at < since)
        .order_by(models.Payment.id)
    )
    return list(rows)


def abandoned(
    session: orm.Session, *, begun_before: datetime.datetime, limit: int = 200
) -> list[int]:
    """Payments that wait for their payer since before `begun_before`."""
    rows = session.scalars(
        sa.select(models.Payment.id)
        .where(
            models.Payment.state.in_([PaymentState.INITIATED, PaymentState.REQUIRES_ACTION]),
            models.Payment.verify_url == "",
            models.Payment.created_at < begun_before,
            sa.not_(models.Payment.is_off_session & models.Payment.stripe_ref.is_(None)),
        )
        .order_by(models.Payment.id)
        .limit(limit)
    )
    return list(rows)


def unverified(
    session: orm.Session, *, begun_before: datetime.datetime, limit: int = 200
) -> list[int]:
    """Payments that wait for two small deposits to be told since before `begun_before`."""
    rows = session.scalars(
        sa.select(models.Payment.id)
        .where(
            models.Payment.state == PaymentState.REQUIRES_ACTION,
            models.Payment.verify_url != "",
            models.Payment.created_at < begun_before,
        )
        .order_by(models.Payment.id)
        .limit(limit)
    )
    return list(rows)


def without_fee(session: orm.Session, *, limit: int = 200) -> list[int]:
    """Settled payments whose fee is not known yet, oldest first."""
    rows = session.scalars(
        sa.select(models.Payment.id)
        .where(models.Payment.state == PaymentState.SETTLED, models.Payment.fee_cents.is_(None))
        .order_by(models.Payment.settled_at, models.Payment.id)
        .limit(limit)
    )
    return list(rows)


def open_refunds(session: orm.Session, *, limit: int = 200) -> list[tuple[int, RefundState]]:
    """Refunds that have not ended, oldest first."""
    rows = session.execute(
        sa.select(models.Refund.id, models.Refund.state)
        .where(models.Refund.state.in_([RefundState.APPROVED, RefundState.SENT]))
        .order_by(models.Refund.created_at, models.Refund.id)
        .limit(limit)
    )
    return [(refund_id, state) for refund_id, state in rows]
