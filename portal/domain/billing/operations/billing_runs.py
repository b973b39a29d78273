"""The run of a day as a row: begun once, gone on with after a death, finished when nothing is left.

Several workers share it.
"""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models
from portal.domain.billing.operations import issuing_sql


def begin(session: orm.Session, *, on: datetime.date, now: datetime.datetime) -> int:
    """The id of the unfinished run of `on`, where there is one; else of a new one."""
    session.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended('billing run', 0))"))
    known = session.scalar(
        sa.select(models.BillingRun.id)
        .where(models.BillingRun.on_date == on, models.BillingRun.finished_at.is_(None))
        .order_by(models.BillingRun.id.desc())
        .limit(1)
    )
    if known is not None:
        return known
    waiting = session.scalar(issuing_sql.WAITING, {"on": on})
    session.execute(issuing_sql.OPEN_ACCOUNTS, {"on": on, "limit": None})
    run = models.BillingRun(on_date=on, started_at=now, found=waiting)
    session.add(run)
    session.flush()
    return run.id


def finish(session: orm.Session, *, run_id: int, now: datetime.datetime) -> bool:
    """Nothing is left of the run; whoever comes second changes nothing and is told False."""
    ended = session.execute(
        sa.update(models.BillingRun)
        .where(models.BillingRun.id == run_id, models.BillingRun.finished_at.is_(None))
        .values(finished_at=now)
    )
    return ended.rowcount == 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class PutBack:
    """What was set aside until now, and why."""

    customer_id: int
    sequence: int
    reason: str


_PUT_BACK = sa.text(
    """
    UPDATE installment i SET set_aside = ''
    FROM installment was JOIN term t ON t.id = was.term_id JOIN policy p ON p.id = t.policy_id
    WHERE p.number = :policy_no AND was.id = i.id AND i.set_aside <> '' AND i.invoice_id IS NULL
    RETURNING p.customer_id, was.sequence, was.set_aside AS reason
    """
)


def put_back(session: orm.Session, *, policy_no: str) -> tuple[PutBack, ...]:
    """Let the next run try again what was set aside of the policy; () where nothing was."""
    rows = session.execute(_PUT_BACK, {"policy_no": policy_no})
    return tuple(PutBack(**row._mapping) for row in rows)
