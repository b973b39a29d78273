"""What is held of a bill or a line, for other statements; runs none itself."""

from __future__ import annotations

import sqlalchemy as sa

from portal.domain.billing import models
from portal.kernel import types

_invoice = models.Invoice.__table__
_line = models.InvoiceLine.__table__
_hold = models.Hold.__table__


def of_invoice(kind: models.HoldKind = models.HoldKind.OVERDUE) -> sa.ScalarSelect[int]:
    """Cents under active holds on the invoice of the enclosing statement, 0 for none.

    Of the kind that a dispute places, unless another is named.
    """
    return _cents(kind)


def of_line() -> sa.ScalarSelect[int]:
    """What disputes hold of the invoice line of the enclosing statement, which has the invoice."""
    return _cents(models.HoldKind.OVERDUE, _hold.c.line_number == _line.c.number)


def _cents(kind: models.HoldKind, *where: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    return (
        sa.select(sa.func.coalesce(sa.func.sum(_hold.c.amount_cents), types.constant(0)))
        .where(
            _hold.c.customer_id == _invoice.c.customer_id,
            _hold.c.subject == _invoice.c.number,
            *where,
            _hold.c.kind == types.constant(kind),
            _hold.c.lifted_at.is_(None),
        )
        .scalar_subquery()
    )
