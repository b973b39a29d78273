"""One bill as its owner reads it: head, lines, everything that happened to it; changes nothing."""

from __future__ import annotations

import dataclasses
import datetime
import functools
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.billing.queries import bill_before, coverage, held, replacing
from portal.domain.identity import models as identity
from portal.domain.payments.queries import bill_events
from portal.domain.policies import models as policies
from portal.kernel import answers, types


class BillLine(NamedTuple):
    """One charge; `held_cents` of its open cents are in dispute."""

    number: int
    kind: str
    cents: int
    open_cents: int
    rule: str
    held_cents: int


class BillHead(NamedTuple):
    """What stands above the lines; the period is half-open, amounts are in cents."""

    number: str
    state: str
    issued_on: datetime.date
    due_on: datetime.date
    period_start_on: datetime.date
    period_end_on: datetime.date
    total_cents: int
    open_cents: int
    paid_on: datetime.date | None
    pet_name: str
    species: str
    policy_no: str
    us_state: str
    plan: str  # how the term is split, "" for a bill that no installment made
    sequence: int
    first_name: str
    last_name: str
    street: str
    city: str
    state_code: str
    zip: str
    replaces_no: str | None = None  # the withdrawn bill in whose place it is
    replaced_by_no: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bill:
    """A bill with its lines in order, its events, newest first, and the bill before it.

    `cover` is what it means for the pet's cover; None where the policy has passed on.
    """

    head: BillHead
    lines: tuple[BillLine, ...]
    events: tuple[bill_events.BillEvent, ...]
    beside: bill_before.Beside | None  # None where no plan made it
    cover: coverage.Cover | None

    @functools.cached_property
    def disputed_cents(self) -> int:
        """What disputes hold of it, at most what is open."""
        return min(sum(line.held_cents for line in self.lines), self.head.open_cents)

    @property
    def payable_cents(self) -> int:
        """What is open and not in dispute; what is still processing is part of it."""
        return self.head.open_cents - self.disputed_cents

    @property
    def under_way(self) -> bill_events.BillEvent | None:
        """The payment of this bill that is processing or whose answer is unknown, if any."""
        return next((event for event in self.events if event.is_under_way), None)

    @property
    def to_pay_cents(self) -> int:
        """What can be paid now."""
        return 0 if self.under_way else self.payable_cents

    def is_past_due(self, today: datetime.date) -> bool:
        """Due today is current; what is wholly in dispute is not past due."""
        return self.head.due_on < today and self.payable_cents > 0


_invoice = billing.Invoice.__table__
_line = billing.InvoiceLine.__table__
_installment = billing.Installment.__table__
_policy = policies.Policy.__table__
_pet = policies.Pet.__table__
_term = policies.Term.__table__
_customer = identity.Customer.__table__

_one = _installment.alias("one")
# the first of the installments on the bill: several stand on one that was caught up
_FIRST = (
    sa.select(_one.c.id)
    .where(_one.c.invoice_id == _invoice.c.id)
    .order_by(_one.c.due_on, _one.c.id)
    .limit(types.constant(1))
    .correlate(_invoice)
    .scalar_subquery()
)
_HEAD = (
    _invoice.c.number,
    sa.type_coerce(_invoice.c.state, sa.Text),
    _invoice.c.issued_on,
    _invoice.c.due_on,
    _invoice.c.period_start_on,
    _invoice.c.period_end_on,
    _invoice.c.total_cents,
    _invoice.c.open_cents,
    _invoice.c.paid_on,
    _pet.c.name,
    sa.type_coerce(_pet.c.species, sa.Text),
    _policy.c.number,
    _policy.c.us_state,
    sa.func.coalesce(sa.type_coerce(_term.c.payment_plan, sa.Text), types.constant("")),
    sa.func.coalesce(_installment.c.sequence, types.constant(0)),
    _customer.c.first_name,
    _customer.c.last_name,
    _customer.c.street,
    _customer.c.city,
    _customer.c.state,
    _customer.c.zip,
    *replacing.COLUMNS,
)
_MINE = (
    _invoice.c.number == sa.bindparam("number"),
    _invoice.c.customer_id == sa.bindparam("customer_id"),
)
_LINES = (
    sa.select(
        _line.c.number,
        sa.type_coerce(_line.c.kind, sa.Text),
        _line.c.amount_cents,
        _line.c.open_cents,
        _line.c.rule,
        sa.cast(sa.func.least(held.of_line(), _line.c.open_cents), sa.BigInteger),
    )
    .where(_line.c.invoice_id == _invoice.c.id)
    .order_by(_line.c.number)
    .correlate(_invoice)
)
_BILL = answers.Written(
    answers.whole(
        sa.select(
            *_HEAD,
            answers.rows(_LINES),
            answers.rows(bill_events.EVENTS),
            *bill_before.COLUMNS,
            coverage.OF_BILL,
        )
        .select_from(
            _invoice.join(_policy, _policy.c.id == _invoice.c.policy_id)
            .join(_pet, _pet.c.id == _policy.c.pet_id)
            .join(_customer, _customer.c.id == _invoice.c.customer_id)
            .outerjoin(_installment, _installment.c.id == _FIRST)
            .outerjoin(_term, _term.c.id == _installment.c.term_id)
        )
        .where(*_MINE)
    )
)
_DAYS = ("issued_on", "due_on", "period_start_on", "period_end_on", "paid_on")


class DayBill(NamedTuple):
    """A bill among those of all pets due on one day; cents."""

    number: str
    pet_name: str
    state: str
    due_on: datetime.date
    paid_on: datetime.date | None
    total_cents: int


_OF_DAY = (
    sa.select(
        _invoice.c.number,
        _pet.c.name,
        sa.type_coerce(_invoice.c.state, sa.Text),
        _invoice.c.due_on,
        _invoice.c.paid_on,
        _invoice.c.total_cents,
    )
    .select_from(
        _invoice.join(_policy, _policy.c.id == _invoice.c.policy_id).join(
            _pet, _pet.c.id == _policy.c.pet_id
        )
    )
    .where(
        _invoice.c.customer_id == sa.bindparam("customer_id"),
        _invoice.c.due_on == sa.bindparam("due_on"),
        _invoice.c.state != types.constant(billing.InvoiceState.VOIDED),
    )
    .order_by(_invoice.c.id)
)


def due_on(session: orm.Session, *, customer_id: int, day: datetime.date) -> tuple[DayBill, ...]:
    """The customer's bills due on a day, withdrawn ones left out; one statement."""
    found = session.connection().execute(_OF_DAY, {"customer_id": customer_id, "due_on": day})
    return tuple(DayBill._make(row) for row in found)


def bill(
    session: orm.Session, *, customer_id: int, number: str, today: datetime.date
) -> Bill | None:
    """The customer's bill with this number, or None: also when it is another's; one statement."""
    given = {"customer_id": customer_id, "number": number, "today": today}
    found = _BILL.value(session, given)
    if found is None:
        return None
    *named, lines, events, two, changes, covers = found
    head = BillHead._make(named)
    return Bill(
        head=head._replace(**{name: answers.day(getattr(head, name)) for name in _DAYS}),
        lines=tuple(BillLine._make(line) for line in lines),
        events=bill_events.of_rows(events),
        beside=bill_before.read(two, changes, number=number),
        cover=next(iter(coverage.of_rows(covers, today)), None),
    )
