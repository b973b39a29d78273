"""Who has one bill a month for all pets, and which bills of a run are told together."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models

_joint = models.JointBilling.__table__
_invoice = models.Invoice.__table__
_run = models.BillingRun.__table__

# A bill of a run whose customer had the setting when the run began: what happens to the setting
# while the run lasts changes nothing about how its bills are told.
_TOLD_TOGETHER = sa.and_(
    _joint.c.customer_id == _invoice.c.customer_id,
    _run.c.id == _invoice.c.run_id,
    _joint.c.joined_at <= _run.c.started_at,
    sa.or_(_joint.c.left_at.is_(None), _joint.c.left_at > _run.c.started_at),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Setting:
    """The day of the month on which the bills of all pets are due, and since when."""

    day: int
    joined_at: datetime.datetime


def running(session: orm.Session, *, customer_id: int) -> Setting | None:
    """The customer's setting, or None."""
    row = session.execute(
        sa.select(_joint.c.day, _joint.c.joined_at).where(
            _joint.c.customer_id == customer_id, _joint.c.left_at.is_(None)
        )
    ).one_or_none()
    return None if row is None else Setting(**row._mapping)


def is_running(customer_id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Whether the customer has the setting, to be asked inside another statement."""
    return sa.exists().where(_joint.c.customer_id == customer_id, _joint.c.left_at.is_(None))


def told_together(session: orm.Session, *, invoice_ids: Sequence[int]) -> frozenset[int]:
    """Those of these bills that are told once their run is over."""
    return frozenset(
        session.scalars(
            sa.select(_invoice.c.id)
            .select_from(
                _invoice.join(_run, _run.c.id == _invoice.c.run_id).join(_joint, _TOLD_TOGETHER)
            )
            .where(_invoice.c.id.in_(invoice_ids))
        )
    )


def bills_of_run(
    session: orm.Session, *, run_id: int, after: int, customers: int
) -> dict[int, dict[datetime.date, tuple[int, ...]]]:
    """Bills of a run that are told together, customer id → due day → ids; so many customers.

    Those with an id above `after`, in order.
    """
    some = (
        sa.select(_joint.c.customer_id)
        .distinct()
        .select_from(
            _invoice.join(_run, _run.c.id == _invoice.c.run_id).join(_joint, _TOLD_TOGETHER)
        )
        .where(_invoice.c.run_id == run_id, _invoice.c.customer_id > after)
        .order_by(_joint.c.customer_id)
        .limit(customers)
    )
    rows = session.execute(
        sa.select(_invoice.c.customer_id, _invoice.c.due_on, _invoice.c.id)
        .where(_invoice.c.run_id == run_id, _invoice.c.customer_id.in_(some))
        .order_by(_invoice.c.customer_id, _invoice.c.due_on, _invoice.c.id)
    )
    found: dict[int, dict[datetime.date, tuple[int, ...]]] = {}
    for customer_id, due_on, id in rows:
        days = found.setdefault(customer_id, {})
        days[due_on] = (*days.get(due_on, ()), id)
    return found
