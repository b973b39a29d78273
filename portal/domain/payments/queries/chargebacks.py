"""Which chargeback is whose, which need a job, and whether one locks refunds; changes nothing."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.payments import models, rules
from portal.domain.payments.states import RefundState


def locks_refunds(session: orm.Session, *, payment_id: int) -> bool:
    """Whether a bank claims the payment or has kept it; an inquiry claims nothing yet."""
    found = sa.select(models.Chargeback.id).where(
        models.Chargeback.payment_id == payment_id,
        models.Chargeback.state.in_(sorted(rules.LOCKING)),
    )
    return bool(session.scalar(sa.select(found.exists())))


def is_claimed(session: orm.Session, *, payment_id: int) -> bool:
    """Whether a bank has taken the payment and has not decided yet."""
    found = sa.exists().where(
        models.Chargeback.payment_id == payment_id,
        models.Chargeback.state.in_(sorted(rules.DECIDING)),
    )
    return bool(session.scalar(sa.select(found)))


def count_of(session: orm.Session, *, payment_id: int) -> int:
    """How many chargebacks and inquiries the payment ever had."""
    return session.scalar(
        sa.select(sa.func.count())
        .select_from(models.Chargeback)
        .where(models.Chargeback.payment_id == payment_id)
    )


def unsent_refunds(session: orm.Session, *, payment_id: int) -> list[int]:
    """The payment's refunds that are approved, and not known to be at Stripe, oldest first."""
    rows = session.scalars(
        sa.select(models.Refund.id)
        .where(
            models.Refund.payment_id == payment_id,
            models.Refund.state == RefundState.APPROVED,
        )
        .order_by(models.Refund.id)
    )
    return list(rows)


def of_number(session: orm.Session, *, number: str, lock: bool = False) -> models.Chargeback:
    """The chargeback, locked if asked. Raises NoSuchChargeback."""
    chosen = sa.select(models.Chargeback).where(models.Chargeback.number == number)
    if lock:
        chosen = chosen.with_for_update().execution_options(populate_existing=True)
    found = session.scalar(chosen)
    if found is None:
        raise rules.NoSuchChargeback(number=number)
    return found


def case_of(session: orm.Session, *, chargeback_id: int) -> str:
    """The number of the case that is about it, or ""."""
    return session.scalars(
        sa.select(models.Chargeback.case_no).where(models.Chargeback.id == chargeback_id)
    ).one()


def is_deciding(session: orm.Session, *, case_no: str) -> bool:
    """Whether a bank has taken money in this case and has not decided yet."""
    found = sa.exists().where(
        models.Chargeback.case_no == case_no,
        models.Chargeback.state.in_(sorted(rules.DECIDING)),
    )
    return bool(session.scalar(sa.select(found)))


def unsent(session: orm.Session, *, limit: int = 200) -> list[int]:
    """Chargebacks whose evidence somebody released and Stripe has not confirmed, oldest first."""
    rows = session.scalars(
        sa.select(models.Chargeback.id)
        .where(
            models.Chargeback.closed_at.is_(None),
            models.Chargeback.evidence_asked_at.is_not(None),
            models.Chargeback.evidence_submitted_at.is_(None),
        )
        .order_by(models.Chargeback.evidence_asked_at, models.Chargeback.id)
        .limit(limit)
    )
    return list(rows)


def running(session: orm.Session, *, limit: int = 200) -> list[str]:
    """Stripe's references of chargebacks that have not ended, the longest unread first."""
    rows = session.scalars(
        sa.select(models.Chargeback.stripe_ref)
        .where(models.Chargeback.closed_at.is_(None))
        .order_by(models.Chargeback.checked_at, models.Chargeback.id)
        .limit(limit)
    )
    return list(rows)
