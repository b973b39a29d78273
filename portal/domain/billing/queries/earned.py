"""What the whole book has earned by a day, set-based, and what the ledger says of it."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.ledger import models as ledger
from portal.domain.ledger import rules

# Round half up of what the segments earned ÷ term days, per term, in integers; what was corrected
# is taken off evenly. An ended term earned what it kept, one that is over what was charged.
_EARNED = sa.text(
    """
    SELECT coalesce(sum(
        CASE
            WHEN t.ended_on <= :day THEN t.kept_cents - t.corrected_cents
            WHEN d.covered >= d.term_days THEN t.premium_cents - t.corrected_cents
            ELSE (2 * (s.earned - t.corrected_cents * d.covered) + d.term_days)
                / (2 * d.term_days)
        END
    ), 0)
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
        GROUP BY s.term_id
    ) s ON s.term_id = t.id
    WHERE t.effective_on <= :day
    """
)


def earned_through(session: orm.Session, *, day: datetime.date) -> int:
    """Σ over all terms of what each earned through `day`, `day` covered in full, in cents.

    Premium is earned whether or not it is billed yet. Source: "Books" in docs/billing-rules.md.
    """
    return int(session.execute(_EARNED, {"day": day}).scalar_one())


def posted(session: orm.Session) -> int:
    """What the ledger has as earned premium, in cents."""
    found = session.scalar(
        sa.select(sa.func.sum(ledger.Line.amount_cents)).where(
            ledger.Line.account == rules.AccountCode.EARNED_PREMIUM
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
