"""The run of a day as a row: begun once, gone on with after a death, finished when nothing is left.

Several workers share it.
"""

from __future__ import annotations

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


def finish(session: orm.Session, *, run_id: int, now: datetime.datetime) -> None:
    """Nothing is left of the run; whoever comes second changes nothing."""
    session.execute(
        sa.update(models.BillingRun)
        .where(models.BillingRun.id == run_id, models.BillingRun.finished_at.is_(None))
        .values(finished_at=now)
    )


def put_back(session: orm.Session, *, installment_id: int) -> str:
    """Let the next run try again what was set aside; why it was, "" where it was not."""
    table = models.Installment
    reason = session.scalar(
        sa.select(table.set_aside).where(table.id == installment_id).with_for_update()
    )
    session.execute(sa.update(table).where(table.id == installment_id).values(set_aside=""))
    return reason or ""
