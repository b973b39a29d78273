"""Small facts about a case that journeys need: its lines, its holds, the case of a request."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.disputes import models


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
