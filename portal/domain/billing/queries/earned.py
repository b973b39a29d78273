"""What the whole book has earned by a day, set-based, and what the ledger says of it."""

from __future__ import annotations

import datetime
from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models
from portal.domain.ledger import chart, rules
from portal.domain.ledger import models as ledger

# Round half up of what the segments earned ÷ term days, per term, in integers; what was corrected
# is taken off evenly. An ended term earned what it kept, one that is over what was charged.
# Of all terms where `:terms` is null.
_EARNED = sa.text(
    """
    SELECT t.id,
        CASE
            WHEN t.ended_on <= :day THEN t.kept_cents - t.corrected_cents
            WHEN d.covered >= d.term_days THEN t.premium_cents - t.corrected_cents
            ELSE (2 * (s.earned - t.corrected_cents * d.covered) + d.term_days)
                / (2 * d.term_days)
        END AS cents
    FROM term t
    JOIN policy p ON p.id = t.policy_id
    CROSS JOIN LATERAL (
        SELECT (t.expires_on - t.effective_on)::bigint AS term_days,
            greatest(0, least(t.expires_on, CAST(:day AS date) + 1,
                coalesce(p.cancelled_on, t.expires_on)) - t.effective_on)::bigint AS covered
    ) d
    JOIN (
        SELECT s.term_id, sum(s.premium_cents * greatest(
            0, least(s.ends_on, CAST(:day AS date) + 1, coalesce(p.cancelled_on, s.ends_on))
                - s.starts_on
        ))::bigint AS earned
        FROM term_segment s JOIN term t ON t.id = s.term_id JOIN policy p ON p.id = t.policy_id
        WHERE t.effective_on <= :day
          AND (CAST(:terms AS bigint[]) IS NULL OR t.id = ANY(CAST(:terms AS bigint[])))
        GROUP BY s.term_id
    ) s ON s.term_id = t.id
    WHERE t.effective_on <= :day
    """
).columns(sa.column("id"), sa.column("cents"))


def earned_through(session: orm.Session, *, day: datetime.date) -> int:
    """Σ over all terms of what each earned through `day`, `day` covered in full, in cents.

    Premium is earned whether or not it is billed yet. Source: "Books" in docs/billing-rules.md.
    """
    found = _EARNED.subquery()
    total = sa.select(sa.func.coalesce(sa.func.sum(found.c.cents), 0))
    return int(session.execute(total, {"day": day, "terms": None}).scalar_one())


def by_term(
    session: orm.Session, *, day: datetime.date, term_ids: Collection[int]
) -> dict[int, int]:
    """What each of these terms earned through `day`, in cents; 0 before it began."""
    rows = session.execute(_EARNED, {"day": day, "terms": list(term_ids)})
    return dict.fromkeys(term_ids, 0) | {row.id: int(row.cents) for row in rows}


def last_run(session: orm.Session) -> models.EarningRun | None:
    """The last earning run, if there was any."""
    return session.scalar(
        sa.select(models.EarningRun).order_by(models.EarningRun.id.desc()).limit(1)
    )


def as_of_last_run(session: orm.Session) -> int:
    """What all terms had earned by the last run as they stood at it, in cents; 0 without any.

    A term that changed since counts as it was, one made since not at all.
    """
    last = last_run(session)
    if last is None:
        return 0
    found = _EARNED.subquery()
    was = models.RestatedTerm
    total = (
        sa.select(sa.func.sum(sa.func.coalesce(was.earned_cents, found.c.cents)))
        .select_from(found.outerjoin(was, was.term_id == found.c.id))
        .where(found.c.id <= last.last_term_id)
    )
    return int(session.scalar(total, {"day": last.through_on, "terms": None}) or 0)


def posted(session: orm.Session) -> int:
    """What the ledger has as earned premium, in cents."""
    found = session.scalar(
        sa.select(sa.func.sum(ledger.Line.amount_cents)).where(
            ledger.Line.account == chart.AccountCode.EARNED_PREMIUM
        )
    )
    return -int(found or 0)


def entries_of(session: orm.Session, *, day: datetime.date) -> int:
    """How many earning entries are booked on `day` already."""
    return int(
        session.scalar(
            sa.select(sa.func.count()).where(
                ledger.Entry.event == rules.Event.PREMIUM_EARNED,
                ledger.Entry.booked_on == day,
            )
        )
        or 0
    )
