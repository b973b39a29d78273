"""One invoice as the desk sees it: lines, what was applied, holds, cases; refuses to change it."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.billing.queries import bill_before, replacing
from portal.domain.disputes import models as disputes
from portal.domain.identity import models as identity
from portal.domain.policies import models as policies


@dataclasses.dataclass(frozen=True, kw_only=True)
class InvoiceRecord:
    """The head of an invoice; amounts in cents, the period half-open.

    `beside` is the invoice before it, None where no plan made it.
    """

    id: int
    number: str
    customer_id: int
    customer_no: str
    customer_name: str
    policy_no: str
    pet_name: str
    species: str
    state: str
    issued_on: datetime.date
    due_on: datetime.date
    period_start_on: datetime.date
    period_end_on: datetime.date
    total_cents: int
    open_cents: int
    paid_on: datetime.date | None
    run_id: int | None
    created_at: datetime.datetime
    replaces_no: str | None  # the withdrawn bill in whose place it is
    replaced_by_no: str | None  # the bill in the place of this one
    beside: bill_before.Beside | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class LineRecord:
    """One charge; `rule` names what made it."""

    number: int
    kind: str
    amount_cents: int
    open_cents: int
    rule: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class AllocationRecord:
    """Money that reached (or, below zero, left) one line of one invoice."""

    invoice_no: str
    line_number: int
    kind: str
    source: str
    cents: int
    rule: str
    at: datetime.datetime


@dataclasses.dataclass(frozen=True, kw_only=True)
class HoldRecord:
    """One hold, active unless it was lifted."""

    kind: str
    subject: str
    line_number: int | None
    amount_cents: int
    reason: str
    owner: str
    placed_at: datetime.datetime
    expires_at: datetime.datetime | None
    lifted_at: datetime.datetime | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class CaseRef:
    """A case in a list."""

    number: str
    category: str
    state: str
    outcome: str
    priority: str
    disputed_cents: int
    raised_at: datetime.datetime
    closed_at: datetime.datetime | None


def invoice(session: orm.Session, *, number: str) -> InvoiceRecord | None:
    """The invoice with this public number, or None."""
    table, who = billing.Invoice, identity.Customer
    row = session.execute(
        sa.select(
            table.id,
            table.number,
            table.customer_id,
            who.number.label("customer_no"),
            (who.first_name + " " + who.last_name).label("customer_name"),
            policies.Policy.number.label("policy_no"),
            policies.Pet.name.label("pet_name"),
            policies.Pet.species,
            table.state,
            table.issued_on,
            table.due_on,
            table.period_start_on,
            table.period_end_on,
            table.total_cents,
            table.open_cents,
            table.paid_on,
            table.run_id,
            table.created_at,
            *replacing.COLUMNS,
            *bill_before.COLUMNS,
        )
        .join(who, who.id == table.customer_id)
        .join(policies.Policy, policies.Policy.id == table.policy_id)
        .join(policies.Pet, policies.Pet.id == policies.Policy.pet_id)
        .where(table.number == number)
    ).one_or_none()
    if row is None:
        return None
    values = dict(row._mapping)
    beside = bill_before.read(values.pop("two"), values.pop("changes"), number=number)
    return InvoiceRecord(**values, beside=beside)


def lines(session: orm.Session, *, invoice_id: int) -> tuple[LineRecord, ...]:
    """The invoice's charges, in their order."""
    table = billing.InvoiceLine
    rows = session.execute(
        sa.select(table.number, table.kind, table.amount_cents, table.open_cents, table.rule)
        .where(table.invoice_id == invoice_id)
        .order_by(table.number)
    )
    return tuple(LineRecord(**row._mapping) for row in rows)


def allocations_on(session: orm.Session, *, invoice_id: int) -> tuple[AllocationRecord, ...]:
    """What was applied to the invoice and taken back, oldest first."""
    return _allocations(session, billing.Invoice.id == invoice_id)


def allocations_of(session: orm.Session, *, sources: list[str]) -> tuple[AllocationRecord, ...]:
    """Where the money of payments or credits went, oldest first."""
    return _allocations(session, billing.Allocation.source.in_(sources))


def holds_on(session: orm.Session, *, subject: str) -> tuple[HoldRecord, ...]:
    """Every hold ever placed on a public number, the active ones first."""
    return _holds(session, billing.Hold.subject == subject)


def active_holds(session: orm.Session, *, customer_id: int) -> tuple[HoldRecord, ...]:
    """The active holds on anything of one customer."""
    return _holds(
        session, billing.Hold.customer_id == customer_id, billing.Hold.lifted_at.is_(None)
    )


def cases_about(
    session: orm.Session, *, invoice_no: str = "", payment_no: str = "", customer_id: int = 0
) -> tuple[CaseRef, ...]:
    """Cases about an invoice (in whole or by a line), a payment, or of a customer; newest first."""
    case, line = disputes.Dispute, disputes.DisputeLine
    conditions: list[sa.ColumnElement[bool]] = []
    if invoice_no:
        by_line = sa.select(line.dispute_id).where(line.invoice_no == invoice_no)
        conditions.append(sa.or_(case.invoice_no == invoice_no, case.id.in_(by_line)))
    if payment_no:
        conditions.append(case.payment_no == payment_no)
    if customer_id:
        conditions.append(case.customer_id == customer_id)
    rows = session.execute(
        sa.select(
            case.number,
            case.category,
            case.state,
            case.outcome,
            case.priority,
            case.disputed_cents,
            case.raised_at,
            case.closed_at,
        )
        .where(sa.or_(*conditions))
        .order_by(case.id.desc())
        .limit(50)
    )
    return tuple(CaseRef(**row._mapping) for row in rows)


def _allocations(
    session: orm.Session, where: sa.ColumnElement[bool]
) -> tuple[AllocationRecord, ...]:
    line = billing.InvoiceLine
    rows = session.execute(
        sa.select(
            billing.Invoice.number.label("invoice_no"),
            line.number.label("line_number"),
            line.kind,
            billing.Allocation.source,
            billing.Allocation.cents,
            billing.Allocation.rule,
            billing.Allocation.at,
        )
        .join(line, line.id == billing.Allocation.line_id)
        .join(billing.Invoice, billing.Invoice.id == line.invoice_id)
        .where(where)
        .order_by(billing.Allocation.id)
        .limit(200)
    )
    return tuple(AllocationRecord(**row._mapping) for row in rows)


def _holds(session: orm.Session, *where: sa.ColumnElement[bool]) -> tuple[HoldRecord, ...]:
    table = billing.Hold
    rows = session.execute(
        sa.select(
            table.kind,
            table.subject,
            table.line_number,
            table.amount_cents,
            table.reason,
            table.owner,
            table.placed_at,
            table.expires_at,
            table.lifted_at,
        )
        .where(*where)
        .order_by(table.lifted_at.is_not(None), table.id)
        .limit(100)
    )
    return tuple(HoldRecord(**row._mapping) for row in rows)
