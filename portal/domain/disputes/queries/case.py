"""A case on one screen, for the desk: who, what, money, holds, decisions, earlier disputes."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.approvals import queries as approvals
from portal.domain.billing import models as billing
from portal.domain.disputes import models
from portal.domain.disputes.queries import notes, surroundings, thread
from portal.domain.identity import models as identity
from portal.domain.identity import queries as people


@dataclasses.dataclass(frozen=True, kw_only=True)
class CaseLine:
    """A disputed line; cents."""

    invoice_no: str
    line_number: int
    kind: str
    cents: int
    open_cents: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class ResolutionView:
    """What was proposed or decided; amount in cents."""

    outcome: str
    action: str
    amount_cents: int
    payment_no: str | None
    freed_by: str
    answer: str
    reason: str
    approval_no: str | None
    proposed_by: str
    proposed_at: datetime.datetime
    carried_out_at: datetime.datetime | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class EarlierCase:
    """Another dispute of the same customer; amount in cents."""

    number: str
    category: str
    state: str
    outcome: str
    disputed_cents: int
    raised_at: datetime.datetime


@dataclasses.dataclass(frozen=True, kw_only=True)
class Head:
    """The case itself. `version` goes into every form that saves; amounts in cents."""

    id: int
    number: str
    version: int
    category: str
    priority: str
    state: str
    outcome: str
    customer_id: int
    invoice_no: str | None
    payment_no: str | None
    policy_no: str | None
    pet_name: str
    disputed_cents: int
    words: str
    raised_at: datetime.datetime
    is_late: bool
    owner_id: int | None
    owner_name: str
    clock_used_seconds: int
    clock_started_at: datetime.datetime | None
    first_reply_due_at: datetime.datetime
    first_replied_at: datetime.datetime | None
    resolve_due_at: datetime.datetime
    due_at: datetime.datetime
    limit_on: datetime.date
    closed_at: datetime.datetime | None
    reopened: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class DeskCase:
    """Everything on the screen of one case but its timeline."""

    head: Head
    customer: people.CustomerView
    lines: tuple[CaseLine, ...]
    account: surroundings.Account
    policies: tuple[surroundings.PolicyRow, ...]
    invoices: tuple[surroundings.InvoiceRow, ...]
    payments: tuple[surroundings.PaymentRow, ...]
    holds: tuple[surroundings.HoldRow, ...]
    messages: tuple[thread.MessageView, ...]
    notes: tuple[notes.NoteView, ...]
    resolutions: tuple[ResolutionView, ...]
    approvals: tuple[approvals.ApprovalView, ...]
    earlier: tuple[EarlierCase, ...]


_HEAD = tuple(
    getattr(models.Dispute, f.name) for f in dataclasses.fields(Head) if f.name != "owner_name"
)


def head(session: orm.Session, *, number: str) -> Head | None:
    """The case without what lies around it, or None; one statement."""
    row = session.execute(
        sa.select(*_HEAD, sa.func.coalesce(identity.Staff.name, "").label("owner_name"))
        .select_from(models.Dispute)
        .outerjoin(identity.Staff, identity.Staff.id == models.Dispute.owner_id)
        .where(models.Dispute.number == number)
    ).one_or_none()
    if row is None:
        return None
    texts = {name: str(getattr(row, name)) for name in ("category", "priority", "state")}
    return Head(**(row._asdict() | texts))


def desk_case(session: orm.Session, *, number: str, today: datetime.date) -> DeskCase | None:
    """The case with all that a specialist must see, or None; at most 16 statements."""
    found = head(session, number=number)
    if found is None:
        return None
    mine = {"customer_id": found.customer_id}
    return DeskCase(
        head=found,
        customer=people.customer(session, **mine),
        lines=lines_of(session, dispute_id=found.id),
        account=surroundings.account(session, today=today, **mine),
        policies=surroundings.policies_of(session, **mine),
        invoices=surroundings.invoices_of(session, **mine),
        payments=surroundings.payments_of(session, **mine),
        holds=surroundings.holds_of(session, **mine),
        messages=thread.messages(session, dispute_id=found.id),
        notes=notes.notes(session, dispute_id=found.id),
        resolutions=resolutions_of(session, dispute_id=found.id),
        approvals=approvals.of_subject(session, subject=number),
        earlier=_earlier(session, found),
    )


def cases_of(session: orm.Session, *, customer_id: int, limit: int = 20) -> tuple[EarlierCase, ...]:
    """The customer's disputes, newest first, for the customer's page on the desk."""
    rows = session.execute(
        sa.select(
            models.Dispute.number,
            models.Dispute.category,
            models.Dispute.state,
            models.Dispute.outcome,
            models.Dispute.disputed_cents,
            models.Dispute.raised_at,
        )
        .where(models.Dispute.customer_id == customer_id)
        .order_by(models.Dispute.id.desc())
        .limit(limit)
    )
    return tuple(
        EarlierCase(**(r._asdict() | {"category": str(r.category), "state": str(r.state)}))
        for r in rows
    )


def _earlier(session: orm.Session, found: Head) -> tuple[EarlierCase, ...]:
    others = cases_of(session, customer_id=found.customer_id)
    return tuple(case for case in others if case.number != found.number)


def lines_of(session: orm.Session, *, dispute_id: int) -> tuple[CaseLine, ...]:
    """The disputed lines of a case; one statement."""
    rows = session.execute(
        sa.select(
            models.DisputeLine.invoice_no,
            models.DisputeLine.line_number,
            billing.InvoiceLine.kind,
            models.DisputeLine.cents,
            billing.InvoiceLine.open_cents,
        )
        .join(billing.Invoice, billing.Invoice.number == models.DisputeLine.invoice_no)
        .join(
            billing.InvoiceLine,
            sa.and_(
                billing.InvoiceLine.invoice_id == billing.Invoice.id,
                billing.InvoiceLine.number == models.DisputeLine.line_number,
            ),
        )
        .where(models.DisputeLine.dispute_id == dispute_id)
        .order_by(models.DisputeLine.id)
    )
    return tuple(CaseLine(**(row._asdict() | {"kind": str(row.kind)})) for row in rows)


def resolutions_of(session: orm.Session, *, dispute_id: int) -> tuple[ResolutionView, ...]:
    """What was proposed and decided, newest first; one statement."""
    rows = session.execute(
        sa.select(models.Resolution, identity.Staff.name)
        .join(identity.Staff, identity.Staff.id == models.Resolution.proposed_by_id)
        .where(models.Resolution.dispute_id == dispute_id)
        .order_by(models.Resolution.id.desc())
    )
    return tuple(
        ResolutionView(
            outcome=str(row.outcome),
            action=str(row.action),
            amount_cents=row.amount_cents,
            payment_no=row.payment_no,
            freed_by=row.freed_by,
            answer=row.answer,
            reason=row.reason,
            approval_no=row.approval_no,
            proposed_by=name,
            proposed_at=row.proposed_at,
            carried_out_at=row.carried_out_at,
        )
        for row, name in rows
    )
