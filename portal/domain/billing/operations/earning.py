"""Earning runs one at a time, and what a term had earned by the last one before it changes."""

from __future__ import annotations

import datetime
from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from portal.domain.billing import models
from portal.domain.billing.queries import earned
from portal.domain.policies import models as policies

_ALONE = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('earning', 0))")
_BESIDE = sa.text("SELECT pg_advisory_xact_lock_shared(hashtextextended('earning', 0))")


def lock(session: orm.Session) -> None:
    """One earning run at a time, and none while a term changes, until the transaction ends."""
    session.execute(_ALONE)


def before_change(session: orm.Session, *, term_ids: Collection[int]) -> None:
    """Keep what these terms had earned by the last run; to be called before they change."""
    session.execute(_BESIDE)
    last = earned.last_run(session)
    if last is None:
        return
    had = earned.by_term(session, day=last.through_on, term_ids=term_ids)
    rows = [{"term_id": term_id, "earned_cents": cents} for term_id, cents in had.items()]
    if rows:
        session.execute(postgresql.insert(models.RestatedTerm).on_conflict_do_nothing(), rows)


def record(
    session: orm.Session, *, through_on: datetime.date, cents: int, now: datetime.datetime
) -> None:
    """Write a run down; nothing is left to be restated."""
    session.execute(sa.delete(models.RestatedTerm))
    last_term_id = session.scalar(sa.select(sa.func.max(policies.Term.id))) or 0
    session.add(
        models.EarningRun(through_on=through_on, at=now, cents=cents, last_term_id=last_term_id)
    )
