"""What is held of a bill or a line, for other statements; and policies that are held whole.

A dispute holds cents of lines. A hold of a whole policy (its subject is the policy's number) holds
all that is open on its bills, whichever they are.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models
from portal.domain.policies import models as policies
from portal.kernel import types

_invoice = models.Invoice.__table__
_line = models.InvoiceLine.__table__
_hold = models.Hold.__table__
_whole = _hold.alias("whole")
_policy = policies.Policy.__table__.alias("held_policy")


def of_invoice(kind: models.HoldKind = models.HoldKind.OVERDUE) -> sa.ColumnElement[int]:
    """Cents under active holds on the invoice of the enclosing statement, 0 for none.

    Of the kind that a dispute places, unless another is named.
    """
    return sa.case((is_whole(kind), _invoice.c.open_cents), else_=cents_on_invoice(kind))


def cents_on_invoice(
    kind: models.HoldKind = models.HoldKind.OVERDUE, *where: sa.ColumnElement[bool]
) -> sa.ScalarSelect[int]:
    """Cents that active holds name on the enclosing statement's invoice; not a whole policy's."""
    return (
        sa.select(sa.func.coalesce(sa.func.sum(_hold.c.amount_cents), types.constant(0)))
        .where(
            _hold.c.customer_id == _invoice.c.customer_id,
            _hold.c.subject == _invoice.c.number,
            *where,
            _hold.c.kind == types.constant(kind),
            _hold.c.lifted_at.is_(None),
        )
        .correlate(_invoice, _line)
        .scalar_subquery()
    )


def of_line() -> sa.ColumnElement[int]:
    """What is held of the invoice line of the enclosing statement, which has the invoice."""
    kind = models.HoldKind.OVERDUE
    cents = cents_on_invoice(kind, _hold.c.line_number == _line.c.number)
    return sa.case((is_whole(kind), _line.c.open_cents), else_=cents)


def is_whole(kind: models.HoldKind) -> sa.ColumnElement[bool]:
    """Whether the policy of the enclosing statement's invoice is held whole."""
    return (
        sa.select(_whole.c.id)
        .join(_policy, _policy.c.number == _whole.c.subject)
        .where(
            _whole.c.customer_id == _invoice.c.customer_id,
            _policy.c.id == _invoice.c.policy_id,
            _whole.c.kind == types.constant(kind),
            _whole.c.lifted_at.is_(None),
        )
        .correlate(_invoice)
        .exists()
    )


def bills_held(
    session: orm.Session,
    *,
    invoice_ids: Sequence[int],
    kind: models.HoldKind = models.HoldKind.OVERDUE,
) -> frozenset[int]:
    """Those of the bills whose policy is held whole for the customer who was billed."""
    asked = sa.select(_invoice.c.id).where(_invoice.c.id.in_(invoice_ids), is_whole(kind))
    return frozenset(session.scalars(asked))


def policies_held(
    session: orm.Session, *, policy_ids: Sequence[int], kind: models.HoldKind
) -> frozenset[int]:
    """Those of the policies that are held whole."""
    return frozenset(
        session.scalars(
            sa.select(policies.Policy.id)
            .join(models.Hold, models.Hold.subject == policies.Policy.number)
            .where(
                policies.Policy.id.in_(policy_ids),
                models.Hold.kind == kind,
                models.Hold.lifted_at.is_(None),
            )
        )
    )
