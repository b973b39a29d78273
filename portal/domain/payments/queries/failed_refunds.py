"""Refunds that failed and are still owed; changes nothing."""

from __future__ import annotations

from typing import Protocol

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.payments import models, rules
from portal.domain.payments.states import RefundState

# A refund that failed, and that nothing else has paid since.
OWED = sa.and_(
    models.Refund.state == RefundState.FAILED,
    models.Refund.failure_code != rules.PAID_BY_THE_BANK,
)

_refund = models.Refund.__table__
# Where a refund is, as its customer reads it: "by_bank" where a chargeback made it.
SHOWN_STATE = sa.case(
    (_refund.c.failure_code == rules.PAID_BY_THE_BANK, "by_bank"),
    else_=sa.type_coerce(_refund.c.state, sa.Text),
)


def without_case(session: orm.Session, *, limit: int = 100) -> list[tuple[int, int]]:
    """Those that nobody works yet, as (row id, the customer's), oldest first."""
    rows = session.execute(
        sa.select(models.Refund.id, models.Refund.customer_id)
        .where(OWED, models.Refund.case_no == "")
        .order_by(models.Refund.id)
        .limit(limit)
    )
    return [(refund_id, customer_id) for refund_id, customer_id in rows]


class _Refund(Protocol):
    state: str
    failure_code: str


def is_owed(refund: _Refund) -> bool:
    """The same of a row or a view."""
    return refund.state == RefundState.FAILED and refund.failure_code != rules.PAID_BY_THE_BANK
