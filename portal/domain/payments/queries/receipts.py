"""What a receipt says: the money received and the bills it is on."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.payments import models
from portal.domain.policies import models as policies


@dataclasses.dataclass(frozen=True, kw_only=True)
class PaidBill:
    """Part of a payment on one invoice, in cents."""

    number: str
    pet_name: str
    period_start_on: datetime.date
    cents: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Receipt:
    """A settled payment as its receipt tells of it."""

    number: str
    amount_cents: int
    method_label: str
    settled_at: datetime.datetime
    bills: tuple[PaidBill, ...]


_BILLS = (
    sa.select(
        billing.Invoice.number,
        policies.Pet.name.label("pet_name"),
        billing.Invoice.period_start_on,
        sa.func.sum(billing.Allocation.cents).label("cents"),
    )
    .join(billing.InvoiceLine, billing.InvoiceLine.id == billing.Allocation.line_id)
    .join(billing.Invoice, billing.Invoice.id == billing.InvoiceLine.invoice_id)
    .join(policies.Policy, policies.Policy.id == billing.Invoice.policy_id)
    .join(policies.Pet, policies.Pet.id == policies.Policy.pet_id)
    .where(billing.Allocation.source == sa.bindparam("source"), billing.Allocation.cents > 0)
    .group_by(billing.Invoice.id, policies.Pet.name)
    .order_by(billing.Invoice.due_on, billing.Invoice.id)
)


def receipt(session: orm.Session, *, payment_id: int) -> Receipt:
    """The receipt of a settled payment."""
    payment = session.get_one(models.Payment, payment_id)
    rows = session.execute(_BILLS, {"source": payment.number})
    if payment.settled_at is None:
        raise ValueError(f"{payment.number} is not settled")
    return Receipt(
        number=payment.number,
        amount_cents=payment.amount_cents,
        method_label=payment.method_label,
        settled_at=payment.settled_at,
        bills=tuple(PaidBill(**(row._asdict() | {"cents": int(row.cents)})) for row in rows),
    )
