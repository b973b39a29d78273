"""What must be known when a debit comes back: whose bill it was for, who may be a victim."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.billing.rules.charges import ChargeKind
from portal.domain.payments import models
from portal.domain.payments.states import PaymentState

# A bank's claim for one of these says that somebody else used the customer's money.
FRAUD = ("fraudulent", "unrecognized", "debit_not_authorized")
VICTIM_DAYS = 180
LOOKED_FOR_DAYS = 10  # so long Stripe's own fee for a return is waited for


def first_policy(session: orm.Session, *, payment_id: int) -> int | None:
    """The policy of the bill that the payment was meant for first; None: it was for none.

    The bill of such a fee does not count: no fee for a fee.
    """
    asks_more = sa.exists().where(
        billing.InvoiceLine.invoice_id == billing.Invoice.id,
        billing.InvoiceLine.kind != ChargeKind.NSF_FEE,
    )
    return session.scalar(
        sa.select(billing.Invoice.policy_id)
        .join(models.Reservation, models.Reservation.invoice_id == billing.Invoice.id)
        .where(models.Reservation.payment_id == payment_id, asks_more)
        .order_by(billing.Invoice.due_on, billing.Invoice.id)
        .limit(1)
    )


def was_victim(session: orm.Session, *, customer_id: int, now: datetime.datetime) -> bool:
    """Whether a bank has told of fraud with this customer's money within VICTIM_DAYS."""
    since = now - datetime.timedelta(days=VICTIM_DAYS)
    warned = sa.exists().where(
        models.FraudWarning.customer_id == customer_id, models.FraudWarning.warned_at >= since
    )
    claimed = sa.exists().where(
        models.Chargeback.customer_id == customer_id,
        models.Chargeback.reason.in_(FRAUD),
        models.Chargeback.opened_at >= since,
    )
    return bool(session.scalar(sa.select(sa.or_(warned, claimed))))


def without_return_fee(
    session: orm.Session, *, now: datetime.datetime, limit: int = 200
) -> list[int]:
    """Debits that came back lately and whose fee at Stripe is not posted yet, oldest first."""
    since = now - datetime.timedelta(days=LOOKED_FOR_DAYS)
    rows = session.scalars(
        sa.select(models.Payment.id)
        .where(
            models.Payment.state == PaymentState.FAILED,
            models.Payment.expected_on.is_not(None),
            models.Payment.fee_cents.is_(None),
            models.Payment.charge_ref.is_not(None),
            models.Payment.checked_at >= since,
        )
        .order_by(models.Payment.checked_at, models.Payment.id)
        .limit(limit)
    )
    return list(rows)
