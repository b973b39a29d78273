"""What a customer can pay now: open invoices, less what disputes hold."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models
from portal.domain.billing.queries import held
from portal.domain.policies import models as policies


@dataclasses.dataclass(frozen=True, kw_only=True)
class PayableInvoice:
    """An open invoice and how much of it can be paid; amounts in cents."""

    id: int
    number: str
    policy_no: str
    pet_name: str
    species: str
    issued_on: datetime.date
    due_on: datetime.date
    period_start_on: datetime.date
    total_cents: int
    open_cents: int
    disputed_cents: int

    @property
    def payable_cents(self) -> int:
        """What is open and not held by a dispute."""
        return self.open_cents - self.disputed_cents

    def is_past_due(self, today: datetime.date) -> bool:
        """Due today is current; what is wholly in dispute is not past due."""
        return self.due_on < today and self.payable_cents > 0


_DISPUTED = (
    sa.select(
        models.Hold.subject.label("number"), sa.func.sum(models.Hold.amount_cents).label("cents")
    )
    .where(
        models.Hold.customer_id == sa.bindparam("customer_id"),
        models.Hold.kind == models.HoldKind.OVERDUE,
        models.Hold.lifted_at.is_(None),
    )
    .group_by(models.Hold.subject)
    .subquery()
)
_OPEN = (
    sa.select(
        models.Invoice.id,
        models.Invoice.number,
        policies.Policy.number.label("policy_no"),
        policies.Pet.name.label("pet_name"),
        policies.Pet.species,
        models.Invoice.issued_on,
        models.Invoice.due_on,
        models.Invoice.period_start_on,
        models.Invoice.total_cents,
        models.Invoice.open_cents,
        sa.case(
            (held.is_whole(models.HoldKind.OVERDUE), models.Invoice.open_cents),
            else_=sa.func.least(sa.func.coalesce(_DISPUTED.c.cents, 0), models.Invoice.open_cents),
        ).label("disputed_cents"),
    )
    .join(policies.Policy, policies.Policy.id == models.Invoice.policy_id)
    .join(policies.Pet, policies.Pet.id == policies.Policy.pet_id)
    .outerjoin(_DISPUTED, _DISPUTED.c.number == models.Invoice.number)
    .where(
        models.Invoice.customer_id == sa.bindparam("customer_id"),
        models.Invoice.state == models.InvoiceState.ISSUED,
    )
    .order_by(models.Invoice.due_on, models.Invoice.id)
)
_NUMBERS = sa.bindparam("numbers", expanding=True)
_CHOSEN = _OPEN.where(models.Invoice.number.in_(_NUMBERS))


def open_invoices(
    session: orm.Session, *, customer_id: int, numbers: Sequence[str] | None = None
) -> tuple[PayableInvoice, ...]:
    """The customer's open invoices, oldest due first; only `numbers`, where they are given."""
    if numbers is None:
        rows = session.execute(_OPEN, {"customer_id": customer_id})
    else:
        rows = session.execute(_CHOSEN, {"customer_id": customer_id, "numbers": list(numbers)})
    return tuple(
        PayableInvoice(**(row._asdict() | {"disputed_cents": int(row.disputed_cents)}))
        for row in rows
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Whose:
    """Whose invoice it is, and the pet it is for."""

    customer_id: int
    pet_name: str
    due_on: datetime.date


def whose(session: orm.Session, *, number: str) -> Whose | None:
    """The owner of an invoice in any state, or None: for those who hold a link to this bill."""
    row = session.execute(
        sa.select(models.Invoice.customer_id, policies.Pet.name, models.Invoice.due_on)
        .join(policies.Policy, policies.Policy.id == models.Invoice.policy_id)
        .join(policies.Pet, policies.Pet.id == policies.Policy.pet_id)
        .where(models.Invoice.number == number)
    ).one_or_none()
    return None if row is None else Whose(customer_id=row[0], pet_name=row[1], due_on=row[2])


_KEPT = (
    sa.select(
        *(
            sa.func.coalesce(
                sa.func.sum(models.Hold.amount_cents).filter(models.Hold.kind == kind), 0
            )
            for kind in (models.HoldKind.AUTOPAY, models.HoldKind.OVERDUE)
        )
    )
    .where(models.Hold.subject.in_(_NUMBERS), models.Hold.lifted_at.is_(None))
    .group_by(models.Hold.subject)
)


def kept_from_autopay(session: orm.Session, *, numbers: Sequence[str]) -> int:
    """Cents of these invoices that no draft may take, beyond what disputes hold of them."""
    rows = session.execute(_KEPT, {"numbers": list(numbers)})
    return sum(max(int(autopay) - int(disputed), 0) for autopay, disputed in rows)
