"""What each line of a bill or payment can still give: what was billed, credited, applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models
from portal.domain.billing.rules import spreading


def of_invoice(
    session: orm.Session, *, invoice_id: int, line_numbers: Sequence[int]
) -> list[spreading.Room]:
    """Lines of one invoice (those numbered, or all), each with what was not credited yet.

    A premium line brings the tax on it along.
    """
    rows = _rows(session, models.InvoiceLine.invoice_id == invoice_id)
    wanted = set(line_numbers) or {row.number for row in rows}
    if any(row.number in wanted and row.kind == "premium" for row in rows):
        wanted |= {row.number for row in rows if row.kind == "tax"}
    return [
        _room(row, row.amount_cents - int(row.credited)) for row in rows if row.number in wanted
    ]


def of_payment(
    session: orm.Session, *, applied: Mapping[int, int], for_credit: bool, first: Sequence[int]
) -> list[spreading.Room]:
    """Lines that a payment paid, each with what it can give back; newest bill first.

    With `for_credit` also no more than was not credited yet. Line ids in `first` come first.
    """
    rows = _rows(session, models.InvoiceLine.id.in_(list(applied)))
    rows.sort(key=lambda row: (row.id not in set(first), -row.due_on.toordinal(), row.number))
    rooms = []
    for row in rows:
        room = applied[row.id]
        if for_credit:
            room = min(room, row.amount_cents - int(row.credited))
        rooms.append(_room(row, room))
    return rooms


def _rows(session: orm.Session, where: sa.ColumnElement[bool]) -> list[sa.Row]:
    credited = (
        sa.select(sa.func.coalesce(sa.func.sum(models.Allocation.cents), 0))
        .where(
            models.Allocation.line_id == models.InvoiceLine.id,
            models.Allocation.rule.in_(("correction", "return_premium")),
        )
        .scalar_subquery()
    )
    return list(
        session.execute(
            sa.select(
                models.InvoiceLine.id,
                models.InvoiceLine.invoice_id,
                models.InvoiceLine.number,
                models.InvoiceLine.kind,
                models.InvoiceLine.amount_cents,
                models.Invoice.due_on,
                credited.label("credited"),
            )
            .join(models.Invoice, models.Invoice.id == models.InvoiceLine.invoice_id)
            .where(where)
            .order_by(models.InvoiceLine.invoice_id, models.InvoiceLine.number)
        )
    )


def _room(row: sa.Row, cents: int) -> spreading.Room:
    return spreading.Room(
        line_id=row.id,
        invoice_id=row.invoice_id,
        kind=row.kind,
        billed_cents=row.amount_cents,
        room_cents=max(cents, 0),
    )
