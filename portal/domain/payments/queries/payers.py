"""Payers as owners and they themselves see them, and what they paid; no bill of another pet."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.identity import models as identity
from portal.domain.payments import models
from portal.domain.payments.queries import history
from portal.domain.payments.states import PaymentState
from portal.domain.policies import models as policies

SIZE = 24  # payments that a page shows: two years of bills


@dataclasses.dataclass(frozen=True, kw_only=True)
class PayerView:
    """Somebody else who pays for one policy, or did; `owner_name` is the first name alone."""

    id: int
    number: str
    customer_id: int
    policy_id: int
    policy_no: str
    pet_name: str
    owner_name: str
    name: str
    email: str
    language: str
    stripe_ref: str | None
    link_version: int
    invited_at: datetime.datetime
    first_seen_at: datetime.datetime | None
    ended_at: datetime.datetime | None


class PaidRow(NamedTuple):
    """A payment of a payer; cents. `bills` it was meant for, `due_on` the first one's due day."""

    id: int
    number: str
    payer_id: int
    state: str
    amount_cents: int
    refunded_cents: int
    method_label: str
    failure_code: str
    created_at: datetime.datetime
    settled_at: datetime.datetime | None
    verify_url: str  # where two small deposits are told, while it waits for them
    expected_on: datetime.date | None  # of a debit: when it usually arrives
    bills: int
    due_on: datetime.date | None

    @property
    def at(self) -> datetime.datetime:
        """When it was received, or begun."""
        return self.settled_at or self.created_at


_payment = models.Payment.__table__
_reservation = models.Reservation.__table__
_invoice = billing.Invoice.__table__
_PAYERS = (
    sa.select(
        models.Payer.id,
        models.Payer.number,
        models.Payer.customer_id,
        models.Payer.policy_id,
        policies.Policy.number.label("policy_no"),
        policies.Pet.name.label("pet_name"),
        identity.Customer.first_name.label("owner_name"),
        models.Payer.name,
        models.Payer.email,
        models.Payer.language,
        models.Payer.stripe_ref,
        models.Payer.link_version,
        models.Payer.invited_at,
        models.Payer.first_seen_at,
        models.Payer.ended_at,
    )
    .join(policies.Policy, policies.Policy.id == models.Payer.policy_id)
    .join(policies.Pet, policies.Pet.id == policies.Policy.pet_id)
    .join(identity.Customer, identity.Customer.id == models.Payer.customer_id)
)
_ACTIVE = _PAYERS.where(models.Payer.ended_at.is_(None))
_meant = (
    sa.select(sa.func.count().label("bills"), sa.func.min(_invoice.c.due_on).label("due_on"))
    .select_from(_reservation.join(_invoice, _invoice.c.id == _reservation.c.invoice_id))
    .where(_reservation.c.payment_id == _payment.c.id)
    .lateral("meant")
)
_PAID = (
    sa.select(
        _payment.c.id,
        _payment.c.number,
        _payment.c.payer_id,
        sa.type_coerce(_payment.c.state, sa.Text),
        _payment.c.amount_cents,
        _payment.c.refunded_cents,
        _payment.c.method_label,
        _payment.c.failure_code,
        _payment.c.created_at,
        _payment.c.settled_at,
        _payment.c.verify_url,
        _payment.c.expected_on,
        _meant.c.bills,
        _meant.c.due_on,
    )
    .select_from(_payment.join(_meant, sa.true()))
    .order_by(_payment.c.created_at.desc(), _payment.c.id.desc())
)


def of_customer(session: orm.Session, *, customer_id: int) -> tuple[PayerView, ...]:
    """Those who pay for one of the customer's pets now, by the pet's name."""
    rows = session.execute(
        _ACTIVE.where(models.Payer.customer_id == customer_id).order_by(
            policies.Pet.name, models.Payer.id
        )
    )
    return tuple(PayerView(**row._asdict()) for row in rows)


def one(session: orm.Session, *, customer_id: int, number: str) -> PayerView | None:
    """The customer's active payer with this number; None also for another's and an ended one."""
    mine = _ACTIVE.where(models.Payer.number == number, models.Payer.customer_id == customer_id)
    return _view(session, mine)


def active(session: orm.Session, *, number: str) -> PayerView | None:
    """The active payer with this number, whoever asked them: for the holder of their link."""
    return _view(session, _ACTIVE.where(models.Payer.number == number))


def by_id(session: orm.Session, *, payer_id: int) -> PayerView:
    """The payer with this row id, also one that has ended; there must be one."""
    found = _view(session, _PAYERS.where(models.Payer.id == payer_id))
    if found is None:
        raise LookupError(f"no payer {payer_id}")
    return found


def of_stripe_customer(session: orm.Session, *, stripe_ref: str) -> PayerView | None:
    """The payer whose counterpart in Stripe this is, also one that has ended; or None."""
    return _view(session, _PAYERS.where(models.Payer.stripe_ref == stripe_ref))


def awaiting_bills(session: orm.Session, *, policy_ids: Sequence[int]) -> dict[int, PayerView]:
    """By policy, the active payers who have used their link and do not pay by autopay."""
    runs = sa.exists().where(
        models.Autopay.policy_id == models.Payer.policy_id, models.Autopay.ended_at.is_(None)
    )
    rows = session.execute(
        _ACTIVE.where(
            models.Payer.policy_id.in_(policy_ids),
            models.Payer.first_seen_at.is_not(None),
            ~runs,
        )
    )
    return {row.policy_id: PayerView(**row._asdict()) for row in rows}


def paid_by(session: orm.Session, *, payer_id: int, size: int = SIZE) -> tuple[PaidRow, ...]:
    """The payer's payments, newest first; attempts that moved nothing stay out."""
    shown = _PAID.where(
        _payment.c.payer_id == payer_id,
        sa.or_(
            *(_payment.c.state == state for state in history.SHOWN),
            sa.and_(_payment.c.state == PaymentState.REQUIRES_ACTION, _payment.c.verify_url != ""),
        ),
    )
    return tuple(PaidRow._make(row) for row in session.execute(shown.limit(size)))


def received_from(
    session: orm.Session, *, customer_id: int, payer_ids: Sequence[int], size: int = SIZE
) -> tuple[PaidRow, ...]:
    """What the customer's payers have paid, newest first: money that was received, no attempt."""
    found = _PAID.where(
        _payment.c.customer_id == customer_id,
        _payment.c.payer_id.in_(payer_ids),
        _payment.c.state == PaymentState.SETTLED,
    )
    return tuple(PaidRow._make(row) for row in session.execute(found.limit(size)))


def payment(session: orm.Session, *, payer_id: int, number: str) -> PaidRow | None:
    """The payer's payment with this number, in any state; None when it is another's."""
    row = session.execute(
        _PAID.where(_payment.c.payer_id == payer_id, _payment.c.number == number)
    ).one_or_none()
    return None if row is None else PaidRow._make(row)


def bills_among(session: orm.Session, *, policy_id: int, numbers: Sequence[str]) -> frozenset[str]:
    """Which of the numbers are bills of this policy, open or not: all that a payer may name."""
    found = session.scalars(
        sa.select(_invoice.c.number).where(
            _invoice.c.policy_id == policy_id, _invoice.c.number.in_(numbers)
        )
    )
    return frozenset(found)


def open_payment_ids(session: orm.Session, *, payer_id: int) -> tuple[int, ...]:
    """Attempts of the payer that may still be confirmed in a browser and have moved nothing."""
    waiting = (PaymentState.INITIATED, PaymentState.REQUIRES_ACTION)
    rows = session.scalars(
        sa.select(_payment.c.id).where(
            _payment.c.payer_id == payer_id, _payment.c.state.in_(waiting)
        )
    )
    return tuple(rows)


def _view(session: orm.Session, found: sa.Select) -> PayerView | None:
    row = session.execute(found).one_or_none()
    return None if row is None else PayerView(**row._asdict())
