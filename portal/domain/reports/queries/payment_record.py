"""One payment as the desk sees it: its states, Stripe ids and refunds; refuses to change it."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.identity import models as identity
from portal.domain.payments import models as payments
from portal.domain.payments.queries import failed_refunds as owed
from portal.domain.payments.queries import shown_method
from portal.domain.payments.states import PaymentState


@dataclasses.dataclass(frozen=True, kw_only=True)
class PaymentRecord:
    """The head of a payment; amounts in cents, `planned` is (invoice no, cents) as asked for."""

    id: int
    number: str
    customer_id: int
    customer_no: str
    customer_name: str
    amount_cents: int
    state: str
    planned: tuple[tuple[str, int], ...]
    method_label: str
    payer_name: str  # somebody else who paid; "" where it was the customer, or a guest
    stripe_ref: str | None
    charge_ref: str | None
    failure_code: str
    fee_cents: int | None
    unapplied_cents: int
    refunded_cents: int
    created_at: datetime.datetime
    checked_at: datetime.datetime | None
    settled_at: datetime.datetime | None
    expected_on: datetime.date | None  # of a debit: when it usually arrives


@dataclasses.dataclass(frozen=True, kw_only=True)
class RefundRecord:
    """Money on its way back; `case_no` is where its failure is worked, "" where it did not fail."""

    number: str
    payment_no: str
    method_label: str
    customer_id: int
    customer_no: str
    customer_name: str
    amount_cents: int
    state: str
    subject: str
    reason: str
    stripe_ref: str | None
    failure_code: str
    case_no: str
    check_no: str
    check_on: datetime.date | None
    expected_on: datetime.date
    created_at: datetime.datetime
    ended_at: datetime.datetime | None

    @property
    def is_owed(self) -> bool:
        """Whether it failed, and nothing else has paid it since."""
        return owed.is_owed(self)


_P, _R, _C = payments.Payment, payments.Refund, identity.Customer
_NAME = (_C.first_name + " " + _C.last_name).label("customer_name")
_PAYER_NAME = sa.func.coalesce(
    sa.select(payments.Payer.name).where(payments.Payer.id == _P.payer_id).scalar_subquery(), ""
).label("payer_name")
_HEAD = sa.select(
    _P.id,
    _P.number,
    _P.customer_id,
    _C.number.label("customer_no"),
    _NAME,
    _P.amount_cents,
    _P.state,
    _P.planned,
    _P.method_label,
    _PAYER_NAME,
    _P.stripe_ref,
    _P.charge_ref,
    _P.failure_code,
    _P.fee_cents,
    _P.unapplied_cents,
    _P.refunded_cents,
    _P.created_at,
    _P.checked_at,
    _P.settled_at,
    _P.expected_on,
).join(_C, _C.id == _P.customer_id)
_REFUNDS = (
    sa.select(
        _R.number,
        _P.number.label("payment_no"),
        shown_method.LABEL.label("method_label"),
        _R.customer_id,
        _C.number.label("customer_no"),
        _NAME,
        _R.amount_cents,
        _R.state,
        _R.subject,
        _R.reason,
        _R.stripe_ref,
        _R.failure_code,
        _R.case_no,
        _R.check_no,
        _R.check_on,
        _R.expected_on,
        _R.created_at,
        _R.ended_at,
    )
    .join(_P, _P.id == _R.payment_id)
    .join(_C, _C.id == _R.customer_id)
)


def payment(session: orm.Session, *, number: str) -> PaymentRecord | None:
    """The payment with this public number, or None."""
    row = session.execute(_HEAD.where(_P.number == number)).one_or_none()
    return None if row is None else _view(row)


def payments_of(
    session: orm.Session, *, customer_id: int, limit: int = 25
) -> tuple[PaymentRecord, ...]:
    """A customer's payments, newest first."""
    rows = session.execute(
        _HEAD.where(_P.customer_id == customer_id)
        .order_by(_P.created_at.desc(), _P.id.desc())
        .limit(limit)
    )
    return tuple(_view(row) for row in rows)


def payments_in_state(
    session: orm.Session, *, state: str, limit: int = 50
) -> tuple[PaymentRecord, ...]:
    """Payments in one state, oldest first: what the desk has to look at."""
    rows = session.execute(
        _HEAD.where(_P.state == PaymentState(state)).order_by(_P.created_at, _P.id).limit(limit)
    )
    return tuple(_view(row) for row in rows)


def refund(session: orm.Session, *, number: str) -> RefundRecord | None:
    """The refund with this public number, or None."""
    row = session.execute(_REFUNDS.where(_R.number == number)).one_or_none()
    return None if row is None else RefundRecord(**row._mapping)


def refunds_of_payment(session: orm.Session, *, payment_id: int) -> tuple[RefundRecord, ...]:
    """A payment's refunds, oldest first."""
    rows = session.execute(_REFUNDS.where(_R.payment_id == payment_id).order_by(_R.id))
    return tuple(RefundRecord(**row._mapping) for row in rows)


def refunds_of(
    session: orm.Session, *, customer_id: int, limit: int = 25
) -> tuple[RefundRecord, ...]:
    """A customer's refunds, newest first."""
    rows = session.execute(
        _REFUNDS.where(_R.customer_id == customer_id).order_by(_R.created_at.desc()).limit(limit)
    )
    return tuple(RefundRecord(**row._mapping) for row in rows)


def failed_refunds(session: orm.Session, *, limit: int = 50) -> tuple[RefundRecord, ...]:
    """Refunds that are still owed because they did not arrive, oldest first."""
    rows = session.execute(_REFUNDS.where(owed.OWED).order_by(_R.id).limit(limit))
    return tuple(RefundRecord(**row._mapping) for row in rows)


def _view(row: sa.Row) -> PaymentRecord:
    planned = tuple((str(number), int(cents)) for number, cents in row.planned if cents)
    return PaymentRecord(**(row._asdict() | {"planned": planned}))
