"""The account of one customer in figures: balance, invoices; refuses to know a page."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.billing.queries import held
from portal.domain.policies import models as policies


@dataclasses.dataclass(frozen=True, kw_only=True)
class Balance:
    """What is owed on invoices and what waits unapplied, in cents."""

    owed_cents: int
    unapplied_cents: int
    together_day: int | None  # of the month, for all pets, where that was chosen
    together_since: datetime.datetime | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class InvoiceRow:
    """One invoice in a customer's list; amounts in cents, `held_cents` is under dispute."""

    number: str
    policy_no: str
    pet_name: str
    state: str
    issued_on: datetime.date
    due_on: datetime.date
    period_start_on: datetime.date
    total_cents: int
    open_cents: int
    held_cents: int
    paid_on: datetime.date | None


def balance(session: orm.Session, *, customer_id: int) -> Balance:
    """The customer's balances; zeros where nothing was ever booked."""
    table, joint = billing.AccountBalance, billing.JointBilling
    is_joint = sa.and_(joint.customer_id == table.customer_id, joint.left_at.is_(None))
    row = session.execute(
        sa.select(table.receivable_cents, table.unapplied_cents, joint.day, joint.joined_at)
        .outerjoin(joint, is_joint)
        .where(table.customer_id == customer_id)
    ).one_or_none()
    owed, unapplied, day, since = row or (0, 0, None, None)
    return Balance(
        owed_cents=owed, unapplied_cents=unapplied, together_day=day, together_since=since
    )


def invoices(session: orm.Session, *, customer_id: int, limit: int = 25) -> tuple[InvoiceRow, ...]:
    """The customer's invoices, every open one and then the newest, latest due first."""
    table = billing.Invoice
    rows = session.execute(
        sa.select(
            table.number,
            policies.Policy.number.label("policy_no"),
            policies.Pet.name.label("pet_name"),
            table.state,
            table.issued_on,
            table.due_on,
            table.period_start_on,
            table.total_cents,
            table.open_cents,
            held.of_invoice().label("held_cents"),
            table.paid_on,
        )
        .join(policies.Policy, policies.Policy.id == table.policy_id)
        .join(policies.Pet, policies.Pet.id == policies.Policy.pet_id)
        .where(table.customer_id == customer_id)
        .order_by(
            (table.state == billing.InvoiceState.ISSUED).desc(), table.due_on.desc(), table.id
        )
        .limit(limit)
    )
    return tuple(
        InvoiceRow(**(row._asdict() | {"held_cents": int(row.held_cents)})) for row in rows
    )
