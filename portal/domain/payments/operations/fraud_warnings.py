"""Keeps what a bank warned of, once; it moves no money and locks nothing."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.audit import operations as audit
from portal.domain.payments import models
from portal.kernel import actor


def is_known(session: orm.Session, *, stripe_ref: str) -> bool:
    """Whether this warning was taken in before."""
    found = sa.select(models.FraudWarning.id).where(models.FraudWarning.stripe_ref == stripe_ref)
    return bool(session.scalar(sa.select(found.exists())))


def keep(
    session: orm.Session,
    *,
    payment: models.Payment,
    stripe_ref: str,
    fraud_type: str,
    case_no: str,
    warned_at: datetime.datetime,
    who: actor.Actor,
    now: datetime.datetime,
) -> None:
    """Write the warning down beside its (locked) payment."""
    session.add(
        models.FraudWarning(
            stripe_ref=stripe_ref,
            payment_id=payment.id,
            customer_id=payment.customer_id,
            fraud_type=fraud_type,
            case_no=case_no,
            warned_at=warned_at,
        )
    )
    audit.record(
        session,
        who=who,
        action="payments.fraud_warning",
        subject=payment.number,
        now=now,
        customer_id=payment.customer_id,
        kind=fraud_type,
        case=case_no,
    )
    session.flush()
