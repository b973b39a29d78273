"""Policies whose term ends soon and that no other term follows."""

from __future__ import annotations

import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm


class Ending(NamedTuple):
    """A policy, and the number of its last term."""

    policy_id: int
    policy_no: str
    term_no: int


_ENDING = sa.text(
    """
    SELECT p.id, p.number, t.number AS term_no
    FROM term t
    JOIN policy p ON p.id = t.policy_id
    JOIN pet ON pet.id = p.pet_id
    WHERE t.expires_on BETWEEN :on AND :until AND p.id > :after
    AND p.state = 'active' AND t.ended_on IS NULL AND pet.died_on IS NULL
    AND NOT EXISTS (
        SELECT FROM term later
        WHERE later.policy_id = p.id AND later.effective_on > t.effective_on
    )
    AND NOT EXISTS (
        SELECT FROM hold h
        WHERE h.kind = 'invoicing' AND h.subject = p.number AND h.lifted_at IS NULL
    )
    ORDER BY p.id LIMIT :limit
    """
)
_HELD = sa.text(
    """
    SELECT EXISTS (
        SELECT FROM hold h
        WHERE h.kind = 'invoicing' AND h.subject = :policy_no AND h.lifted_at IS NULL
    )
    """
)


def ending(
    session: orm.Session, *, on: datetime.date, days: int, after: int, limit: int
) -> tuple[Ending, ...]:
    """Those whose last term ends from `on` on within so many days, by row id above `after`.

    Cancelled ones, those of a pet that died and those whose bills are held are left out.
    """
    until = on + datetime.timedelta(days=days)
    given = {"on": on, "until": until, "after": after, "limit": limit}
    return tuple(Ending(*row) for row in session.execute(_ENDING, given))


def is_held(session: orm.Session, *, policy_no: str) -> bool:
    """Whether no bill of the policy may go out now."""
    return bool(session.scalar(_HELD, {"policy_no": policy_no}))
