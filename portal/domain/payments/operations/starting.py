"""Begins a payment: the row and its reservations, before Stripe hears of it."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.payments import models, rules
from portal.domain.payments.states import PaymentState
from portal.kernel import db, ids


@dataclasses.dataclass(frozen=True, kw_only=True)
class Share:
    """What of a payment is meant for one invoice, in cents; 0 for one that was chosen in vain."""

    invoice_id: int | None  # None where nothing of ours can be paid under the number
    invoice_no: str
    cents: int


_RESERVATIONS = models.Reservation.__table__
_RESERVE = sa.insert(_RESERVATIONS)
_RELEASE = sa.update(_RESERVATIONS).where(
    _RESERVATIONS.c.payment_id == sa.bindparam("of_payment"),
    _RESERVATIONS.c.released_at.is_(None),
)


def by_once_key(session: orm.Session, *, once_key: str, customer_id: int) -> models.Payment | None:
    """The payment that this form asked for already, if it did."""
    return session.scalar(
        sa.select(models.Payment).where(
            models.Payment.once_key == once_key, models.Payment.customer_id == customer_id
        )
    )


_HOLDERS = (
    sa.select(models.Payment)
    .where(
        models.Payment.id.in_(
            sa.select(models.Reservation.payment_id).where(
                models.Reservation.invoice_id.in_(sa.bindparam("invoice_ids", expanding=True)),
                models.Reservation.released_at.is_(None),
            )
        )
    )
    .order_by(models.Payment.id)
)


def holders(session: orm.Session, *, invoice_ids: Sequence[int]) -> tuple[models.Payment, ...]:
    """The payments that hold an open reservation on any of the invoices."""
    return tuple(session.scalars(_HOLDERS, {"invoice_ids": list(invoice_ids)}))


def begin(
    session: orm.Session,
    *,
    customer_id: int,
    shares: Sequence[Share],
    ahead_cents: int = 0,
    once_key: str,
    method_id: int | None,
    method_label: str,
    save_method: bool,
    draft_id: int | None = None,
    payer_id: int | None = None,
    is_off_session: bool = False,
    now: datetime.datetime,
    rng: ids.Bits,
) -> models.Payment:
    """Insert the payment and one reservation per invoice; the invoices are locked by the caller.

    `ahead_cents` are paid beyond the shares, for later bills; `draft_id` is the draft that this is
    an attempt of. Raises NothingToPay when all of it is nothing.
    """
    amount = sum(share.cents for share in shares) + ahead_cents
    if amount <= 0:
        raise rules.NothingToPay()
    payment = models.Payment(
        number=ids.new(ids.Prefix.PAYMENT, rng),
        customer_id=customer_id,
        amount_cents=amount,
        state=PaymentState.INITIATED,
        planned=[[share.invoice_no, share.cents] for share in shares],
        once_key=once_key,
        method_id=method_id,
        method_label=method_label,
        save_method=save_method,
        draft_id=draft_id,
        payer_id=payer_id,
        is_off_session=is_off_session,
        created_at=now,
    )
    session.add(payment)
    session.flush()
    reserved = [
        {"payment_id": payment.id, "invoice_id": share.invoice_id, "cents": share.cents}
        for share in shares
        if share.cents
    ]
    if reserved:
        session.execute(_RESERVE, reserved)
    return payment


def remember_intent(
    session: orm.Session, *, payment_id: int, intent_ref: str, now: datetime.datetime
) -> PaymentState:
    """Write down which intent Stripe made; the state, which another attempt may have changed."""
    payment = db.lock_row(session, models.Payment, payment_id)
    payment.stripe_ref = intent_ref
    payment.checked_at = now
    return payment.state


def release(session: orm.Session, *, payment_id: int, now: datetime.datetime) -> None:
    """Give up the payment's reservations."""
    session.execute(_RELEASE, {"of_payment": payment_id, "released_at": now})
