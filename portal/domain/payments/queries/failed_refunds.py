"""Refunds that failed and are still owed; changes nothing."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.payments import models, rules
from portal.domain.payments.states import RefundState


def without_case(session: orm.Session, *, limit: int = 100) -> list[tuple[int, int]]:
    """Those that nobody works yet, as (row id, the customer's), oldest first."""
    rows = session.execute(
        sa.select(models.Refund.id, models.Refund.customer_id)
        .where(
            models.Refund.state == RefundState.FAILED,
            models.Refund.failure_code != rules.PAID_BY_THE_BANK,
            models.Refund.case_no == "",
        )
        .order_by(models.Refund.id)
        .limit(limit)
    )
    return [(refund_id, customer_id) for refund_id, customer_id in rows]


def is_owed(refund: models.Refund) -> bool:
    """Whether it failed, and nothing else has paid it since."""
    return refund.state is RefundState.FAILED and refund.failure_code != rules.PAID_BY_THE_BANK
