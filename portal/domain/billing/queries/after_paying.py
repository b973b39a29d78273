"""To which day each pet would be paid if its open bills were paid, in the order they are due."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models
from portal.domain.billing.queries import segments
from portal.domain.billing.rules import equity
from portal.domain.policies import models as policies

_paid = (
    sa.select(
        models.Installment.term_id,
        sa.cast(
            sa.func.sum(
                models.InvoiceLine.amount_cents
                - models.InvoiceLine.open_cents
                - models.InvoiceLine.closed_cents
                - models.InvoiceLine.returned_cents
            ),
            sa.BigInteger,
        ).label("paid_cents"),
    )
    .join(models.InvoiceLine, models.InvoiceLine.installment_id == models.Installment.id)
    .join(models.Invoice, models.Invoice.id == models.InvoiceLine.invoice_id)
    .where(
        models.Invoice.customer_id == sa.bindparam("customer_id"),
        models.InvoiceLine.kind == "premium",
    )
    .group_by(models.Installment.term_id)
    .subquery()
)
_OPEN_PREMIUM = (
    sa.select(
        models.Invoice.number,
        policies.Term.id.label("term_id"),
        policies.Term.premium_cents,
        segments.of(policies.Term.__table__.c.id).label("segments"),
        _paid.c.paid_cents,
        models.InvoiceLine.open_cents,
    )
    .join(models.InvoiceLine, models.InvoiceLine.invoice_id == models.Invoice.id)
    .join(models.Installment, models.Installment.id == models.InvoiceLine.installment_id)
    .join(policies.Term, policies.Term.id == models.Installment.term_id)
    .join(_paid, _paid.c.term_id == policies.Term.id)
    .where(
        models.Invoice.customer_id == sa.bindparam("customer_id"),
        models.Invoice.state == models.InvoiceState.ISSUED,
        models.InvoiceLine.kind == "premium",
    )
    .order_by(models.Invoice.due_on, models.Invoice.id)
)


def paid_to(session: orm.Session, *, customer_id: int) -> dict[str, datetime.date]:
    """Invoice number → the equity date once it and those due before it are paid."""
    bought: dict[int, int] = {}
    days: dict[str, datetime.date] = {}
    for row in session.execute(_OPEN_PREMIUM, {"customer_id": customer_id}):
        paid = bought.get(row.term_id, int(row.paid_cents)) + row.open_cents
        bought[row.term_id] = paid
        days[row.number] = equity.equity_on_by_segments(
            segments.read(row.segments, charged_cents=row.premium_cents), paid_cents=paid
        )
    return days
