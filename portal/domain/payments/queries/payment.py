"""One payment as its payer reads it: what became of it, which bills it is on, its refunds."""

from __future__ import annotations

import dataclasses
import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.payments import models, rules
from portal.domain.payments.queries import failed_refunds, shown_method
from portal.domain.policies import models as policies


class PaymentHead(NamedTuple):
    """What became of the payment; amounts in cents."""

    id: int
    number: str
    state: str
    amount_cents: int
    unapplied_cents: int
    refunded_cents: int
    method_label: str
    failure_code: str
    created_at: datetime.datetime
    checked_at: datetime.datetime | None
    settled_at: datetime.datetime | None
    held_cents: int  # set aside by a dispute about this payment
    dispute_no: str  # the dispute that set it aside, or ""
    expected_on: datetime.date | None  # of a debit on its way: when it usually arrives
    verify_url: str  # where two small deposits are told, while it waits for them
    by_other: bool  # a guest or somebody else who pays made it, not the owner
    claim: str  # "open" while a bank claims it, "kept" once it has kept it, else ""
    taken_cents: int  # of a lost chargeback: off bills and unapplied money


class PaymentBill(NamedTuple):
    """A bill of the payment: what was meant for it and what is on it now, in cents."""

    number: str
    pet_name: str
    due_on: datetime.date
    planned_cents: int
    applied_cents: int


class PaymentRefund(NamedTuple):
    """Money on its way back, or back; its state is "by_bank" where a chargeback made it."""

    number: str
    state: str
    amount_cents: int
    expected_on: datetime.date
    created_at: datetime.datetime
    ended_at: datetime.datetime | None
    check_no: str
    check_on: datetime.date | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Payment:
    """A payment with its bills, oldest due first, and its refunds, newest first."""

    head: PaymentHead
    bills: tuple[PaymentBill, ...]
    refunds: tuple[PaymentRefund, ...]


_payment = models.Payment.__table__
_reservation = models.Reservation.__table__
_refund = models.Refund.__table__
_chargeback = models.Chargeback.__table__
_invoice = billing.Invoice.__table__
_line = billing.InvoiceLine.__table__
_allocation = billing.Allocation.__table__
_hold = billing.Hold.__table__
_policy = policies.Policy.__table__
_pet = policies.Pet.__table__

_hold_on_it = (
    sa.select(_hold.c.amount_cents, _hold.c.owner)
    .where(
        _hold.c.customer_id == _payment.c.customer_id,
        _hold.c.subject == _payment.c.number,
        _hold.c.kind == billing.HoldKind.ALLOCATION,
        _hold.c.lifted_at.is_(None),
    )
    .limit(1)
    .lateral("hold_on_it")
)
_claim_on_it = (
    sa.select(
        sa.case(
            (_chargeback.c.state.in_(sorted(rules.KEPT_BY_THE_BANK)), "kept"), else_="open"
        ).label("claim"),
        _chargeback.c.taken_cents,
    )
    .where(
        _chargeback.c.payment_id == _payment.c.id,
        _chargeback.c.state.in_(sorted(rules.LOCKING)),
    )
    .order_by(_chargeback.c.id.desc())
    .limit(1)
    .lateral("claim_on_it")
)
_HEAD = (
    sa.select(
        _payment.c.id,
        _payment.c.number,
        sa.type_coerce(_payment.c.state, sa.Text),
        _payment.c.amount_cents,
        _payment.c.unapplied_cents,
        _payment.c.refunded_cents,
        shown_method.LABEL,
        shown_method.FAILURE,
        _payment.c.created_at,
        _payment.c.checked_at,
        _payment.c.settled_at,
        sa.func.coalesce(_hold_on_it.c.amount_cents, 0),
        sa.func.coalesce(_hold_on_it.c.owner, ""),
        _payment.c.expected_on,
        _payment.c.verify_url,
        _payment.c.by_guest | _payment.c.payer_id.is_not(None),
        sa.func.coalesce(_claim_on_it.c.claim, ""),
        sa.func.coalesce(_claim_on_it.c.taken_cents, 0),
    )
    .select_from(_payment.outerjoin(_hold_on_it, sa.true()).outerjoin(_claim_on_it, sa.true()))
    .where(
        _payment.c.number == sa.bindparam("number"),
        _payment.c.customer_id == sa.bindparam("customer_id"),
    )
)
# what was meant for a bill and what is on it: money may reach bills it was not meant for
_parts = sa.union_all(
    sa.select(
        _reservation.c.invoice_id,
        _reservation.c.cents.label("planned"),
        sa.literal(0, sa.BigInteger).label("applied"),
    ).where(_reservation.c.payment_id == sa.bindparam("payment_id")),
    sa.select(_line.c.invoice_id, sa.literal(0, sa.BigInteger), _allocation.c.cents)
    .join(_line, _line.c.id == _allocation.c.line_id)
    .where(_allocation.c.source == sa.bindparam("number")),
).subquery("parts")
_BILLS = (
    sa.select(
        _invoice.c.number,
        _pet.c.name,
        _invoice.c.due_on,
        sa.cast(sa.func.sum(_parts.c.planned), sa.BigInteger),
        sa.cast(sa.func.sum(_parts.c.applied), sa.BigInteger),
    )
    .join(_parts, _parts.c.invoice_id == _invoice.c.id)
    .join(_policy, _policy.c.id == _invoice.c.policy_id)
    .join(_pet, _pet.c.id == _policy.c.pet_id)
    .group_by(_invoice.c.id, _pet.c.name)
    .order_by(_invoice.c.due_on, _invoice.c.id)
)
_REFUNDS = (
    sa.select(
        _refund.c.number,
        failed_refunds.SHOWN_STATE,
        _refund.c.amount_cents,
        _refund.c.expected_on,
        _refund.c.created_at,
        _refund.c.ended_at,
        _refund.c.check_no,
        _refund.c.check_on,
    )
    .where(_refund.c.payment_id == sa.bindparam("payment_id"))
    .order_by(_refund.c.id.desc())
)


def payment(session: orm.Session, *, customer_id: int, number: str) -> Payment | None:
    """The customer's payment with this number, or None: also when it is another's.

    Three statements. The caller decides what an attempt that moved nothing is worth showing.
    """
    row = session.execute(_HEAD, {"customer_id": customer_id, "number": number}).one_or_none()
    if row is None:
        return None
    head = PaymentHead._make(row)
    asked = {"payment_id": head.id, "number": number}
    return Payment(
        head=head,
        bills=tuple(PaymentBill._make(part) for part in session.execute(_BILLS, asked)),
        refunds=tuple(PaymentRefund._make(part) for part in session.execute(_REFUNDS, asked)),
    )
