"""Small facts about a case that journeys need: its lines, its holds, the case of a request."""

from __future__ import annotations

import dataclasses

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.disputes import models, rules


def line_numbers(session: orm.Session, *, case_no: str) -> tuple[int, ...]:
    """The line numbers of the case, in order."""
    rows = session.scalars(
        sa.select(models.DisputeLine.line_number)
        .join(models.Dispute, models.Dispute.id == models.DisputeLine.dispute_id)
        .where(models.Dispute.number == case_no)
        .order_by(models.DisputeLine.line_number)
    )
    return tuple(rows)


def active_holds(session: orm.Session, *, case_no: str) -> int:
    """How many holds of the case stand."""
    return session.scalar(
        sa.select(sa.func.count())
        .select_from(billing.Hold)
        .where(billing.Hold.owner == case_no, billing.Hold.lifted_at.is_(None))
    )


def case_with_approval(session: orm.Session, *, approval_no: str) -> str | None:
    """The number of the case whose decision waits under this request, or None."""
    return session.scalar(
        sa.select(models.Dispute.number)
        .join(models.Resolution, models.Resolution.dispute_id == models.Dispute.id)
        .where(models.Resolution.approval_no == approval_no)
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class PausableLine:
    """A line of an open case that is open itself; cents. `held_cents` is what the case holds."""

    case_no: str
    invoice_no: str
    line_number: int
    disputed_cents: int
    open_cents: int
    held_cents: int


def pausable_lines(session: orm.Session, *, customer_id: int) -> tuple[PausableLine, ...]:
    """The lines of the customer's open cases with something open, none that was declined before."""
    before, line_before = orm.aliased(models.Dispute), orm.aliased(models.DisputeLine)
    declined = (
        sa.select(before.id)
        .join(line_before, line_before.dispute_id == before.id)
        .join(models.Resolution, models.Resolution.dispute_id == before.id)
        .where(
            before.customer_id == customer_id,
            models.Resolution.outcome == rules.Outcome.DECLINED,
            models.Resolution.carried_out_at.is_not(None),
            line_before.invoice_no == models.DisputeLine.invoice_no,
            line_before.line_number == models.DisputeLine.line_number,
        )
        .exists()
    )
    rows = session.execute(
        sa.select(
            models.Dispute.number.label("case_no"),
            models.DisputeLine.invoice_no,
            models.DisputeLine.line_number,
            models.DisputeLine.cents.label("disputed_cents"),
            billing.InvoiceLine.open_cents,
            sa.func.coalesce(billing.Hold.amount_cents, 0).label("held_cents"),
        )
        .join(models.DisputeLine, models.DisputeLine.dispute_id == models.Dispute.id)
        .join(billing.Invoice, billing.Invoice.number == models.DisputeLine.invoice_no)
        .join(
            billing.InvoiceLine,
            sa.and_(
                billing.InvoiceLine.invoice_id == billing.Invoice.id,
                billing.InvoiceLine.number == models.DisputeLine.line_number,
            ),
        )
        .outerjoin(
            billing.Hold,
            sa.and_(
                billing.Hold.subject == models.DisputeLine.invoice_no,
                billing.Hold.line_number == models.DisputeLine.line_number,
                billing.Hold.kind == billing.HoldKind.OVERDUE,
                billing.Hold.lifted_at.is_(None),
            ),
        )
        .where(
            models.Dispute.customer_id == customer_id,
            models.Dispute.closed_at.is_(None),
            billing.InvoiceLine.open_cents > 0,
            ~declined,
            sa.or_(billing.Hold.id.is_(None), billing.Hold.owner == models.Dispute.number),
        )
        .order_by(models.Dispute.id, models.DisputeLine.id)
    )
    return tuple(PausableLine(**row._asdict()) for row in rows)
