"""The head of a case for the desk, its lines, and what was proposed or decided."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.disputes import models
from portal.domain.identity import models as identity


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
    return Head(**row._mapping)


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
    return tuple(CaseLine(**row._mapping) for row in rows)


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
            outcome=row.outcome,
            action=row.action,
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
