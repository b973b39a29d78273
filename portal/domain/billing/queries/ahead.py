"""The bills that are still to come, as they are planned now."""

from __future__ import annotations

import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models
from portal.domain.policies import models as policies


class Coming(NamedTuple):
    """One bill that is not out yet: when it goes out, when it is due, what it will ask for."""

    issue_on: datetime.date
    due_on: datetime.date
    premium_cents: int
    tax_cents: int
    fee_cents: int

    @property
    def total_cents(self) -> int:
        """All of it."""
        return self.premium_cents + self.tax_cents + self.fee_cents


_part, _term = models.Installment.__table__, policies.Term.__table__
_COMING = (
    sa.select(
        _part.c.issue_on,
        _part.c.due_on,
        _part.c.premium_cents,
        _part.c.tax_cents,
        (_part.c.policy_fee_cents + _part.c.installment_fee_cents).label("fee_cents"),
    )
    .select_from(_part.join(_term, _term.c.id == _part.c.term_id))
    .where(_term.c.policy_id == sa.bindparam("policy_id"), _part.c.invoice_id.is_(None))
    .order_by(_part.c.due_on, _part.c.id)
)


def of_policy(session: orm.Session, *, policy_id: int) -> tuple[Coming, ...]:
    """Every bill of the policy that is still to come, the next first."""
    rows = session.execute(_COMING, {"policy_id": policy_id})
    return tuple(Coming(*row) for row in rows)


def is_billed(session: orm.Session, *, term_id: int) -> bool:
    """Whether any bill of the term is out."""
    out = sa.select(_part.c.id).where(_part.c.term_id == term_id, _part.c.invoice_id.is_not(None))
    return bool(session.scalar(sa.select(out.exists())))
