"""A customer's open bills as pages show them: what is due, paused, on its way; changes nothing.

Bills live in billing; whether a payment of one is under way is known here.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.billing.queries import held, joint
from portal.domain.payments import models
from portal.domain.payments.states import PaymentState
from portal.domain.policies import models as policies
from portal.kernel import types


class OpenBill(NamedTuple):
    """An open invoice; amounts in cents."""

    number: str
    pet_name: str
    species: str
    policy_no: str
    issued_on: datetime.date
    due_on: datetime.date
    total_cents: int
    open_cents: int
    disputed_cents: int  # held by disputes, at most what is open
    under_way: str  # the state of a payment that is processing or unknown, else ""
    under_way_cents: int

    @property
    def payable_cents(self) -> int:
        """What is open and not held by a dispute; what is still processing is part of it."""
        return self.open_cents - self.disputed_cents

    @property
    def to_pay_cents(self) -> int:
        """What can be paid now: nothing while a payment of this bill is under way."""
        return 0 if self.under_way else self.payable_cents

    def is_past_due(self, today: datetime.date) -> bool:
        """Due today is current; what is wholly in dispute, or being paid, is not past due."""
        return self.due_on < today and self.to_pay_cents > 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class OpenBills:
    """All open bills of a customer, oldest due first, and money that waits unapplied."""

    bills: tuple[OpenBill, ...]
    unapplied_cents: int
    is_together: bool = False  # the customer has one bill a month for all pets

    @property
    def owed_cents(self) -> int:
        """What is open and not in dispute; a payment on its way does not lessen it."""
        return sum(bill.payable_cents for bill in self.bills)

    @property
    def to_pay_cents(self) -> int:
        """What a payment made now would ask for."""
        return sum(bill.to_pay_cents for bill in self.bills)

    @property
    def under_way_cents(self) -> int:
        """What payments on their way would bring on these bills."""
        return sum(bill.under_way_cents for bill in self.bills)

    def past_due(self, today: datetime.date) -> tuple[OpenBill, ...]:
        """The bills that are past due, oldest first."""
        return tuple(bill for bill in self.bills if bill.is_past_due(today))

    def past_due_cents(self, today: datetime.date) -> int:
        """What is past due; disputes and what is being paid are left out."""
        return sum(bill.to_pay_cents for bill in self.past_due(today))

    def next_due(self, today: datetime.date) -> OpenBill | None:
        """The first bill with something to pay that is not past due."""
        current = (b for b in self.bills if b.to_pay_cents > 0 and not b.is_past_due(today))
        return next(current, None)


_invoice = billing.Invoice.__table__
_balance = billing.AccountBalance.__table__
_policy = policies.Policy.__table__
_pet = policies.Pet.__table__
_reservation = models.Reservation.__table__
_payment = models.Payment.__table__

_WAY = (
    sa.select(_reservation.c.invoice_id, _reservation.c.cents, _payment.c.state)
    .join(_payment, _payment.c.id == _reservation.c.payment_id)
    .where(
        _reservation.c.released_at.is_(None),
        _payment.c.customer_id == sa.bindparam("customer_id"),
        # Only these are on their way: a page that was opened and left has moved nothing.
        _payment.c.state.in_(
            [types.constant(PaymentState.PROCESSING), types.constant(PaymentState.UNKNOWN)]
        ),
    )
    .subquery()
)
ISSUED_ON, DUE_ON = 5, 6  # the places of days in a row of `OPEN`
OPEN = (
    sa.select(
        _balance.c.unapplied_cents,
        _invoice.c.number,
        _pet.c.name,
        sa.type_coerce(_pet.c.species, sa.Text),
        _policy.c.number,
        _invoice.c.issued_on,
        _invoice.c.due_on,
        _invoice.c.total_cents,
        _invoice.c.open_cents,
        sa.cast(
            sa.func.least(held.of_invoice(), _invoice.c.open_cents),
            sa.BigInteger,
        ).label("disputed_cents"),
        sa.func.coalesce(sa.type_coerce(_WAY.c.state, sa.Text), types.constant("")),
        sa.func.coalesce(_WAY.c.cents, types.constant(0)),
        joint.is_running(_balance.c.customer_id).label("is_together"),
    )
    .select_from(
        _balance.outerjoin(
            _invoice,
            sa.and_(
                _invoice.c.customer_id == _balance.c.customer_id,
                _invoice.c.state == types.constant(billing.InvoiceState.ISSUED),
            ),
        )
        .outerjoin(_policy, _policy.c.id == _invoice.c.policy_id)
        .outerjoin(_pet, _pet.c.id == _policy.c.pet_id)
        .outerjoin(_WAY, _WAY.c.invoice_id == _invoice.c.id)
    )
    .where(_balance.c.customer_id == sa.bindparam("customer_id"))
    .order_by(_invoice.c.due_on, _invoice.c.id)
)


def open_bills(session: orm.Session, *, customer_id: int) -> OpenBills:
    """The customer's open bills and unapplied money; one statement."""
    return of_rows(session.connection().execute(OPEN, {"customer_id": customer_id}).all())


def of_rows(rows: Sequence[Sequence[Any]]) -> OpenBills:
    """What the rows of `OPEN` say: one a bill, or a single one without any."""
    return OpenBills(
        bills=tuple(OpenBill._make(row[1:-1]) for row in rows if row[1] is not None),
        unapplied_cents=rows[0][0] if rows else 0,
        is_together=bool(rows and rows[0][-1]),
    )
