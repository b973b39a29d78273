"""What the whole book has earned by a day, set-based, and what the ledger says of it."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.ledger import models as ledger
from portal.domain.ledger import rules

# round half up of charged × days ÷ term days, per term, in integers; a corrected term counts
# with what is left of its premium, a cancelled policy through the day before its end.
_EARNED = sa.text(
    """
    SELECT coalesce(sum(
        (2 * (t.premium_cents - t.corrected_cents) * d.covered + d.term_days)
        / (2 * d.term_days)
    ), 0)
    FROM term t
    JOIN policy p ON p.id = t.policy_id
    CROSS JOIN LATERAL (
        SELECT (t.expires_on - t.effective_on)::bigint AS term_days,
            greatest(0, least(t.expires_on, CAST(:day AS date) + 1,
                coalesce(p.cancelled_on, t.expires_on)) - t.effective_on)::bigint AS covered
    ) d
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
