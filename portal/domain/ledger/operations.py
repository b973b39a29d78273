"""Posting: the only way into the books; balances every entry before the database does again."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from portal.domain.ledger import models, rules

_ENTRIES = models.Entry.__table__
_INSERT_ENTRY = (
    postgresql.insert(_ENTRIES)
    .on_conflict_do_nothing(index_elements=["key"])
    .returning(_ENTRIES.c.id)
)
_INSERT_LINES = sa.insert(models.Line.__table__)


def post(
    session: orm.Session,
    *,
    key: str,
    event: rules.Event,
    booked_on: datetime.date,
    now: datetime.datetime,
    subject: str,
    actor: str,
    postings: Sequence[rules.Posting],
    memo: str = "",
) -> int | None:
    """Post one entry under the unique `key` of its business fact.

    Returns the entry's id, or None when that fact is posted already (nothing is changed then).
    Raises ValueError when the postings do not sum to zero or are fewer than two.
    """
    if len(postings) < 2 or sum(p.cents for p in postings) != 0:
        raise ValueError(f"entry {key} does not balance: {postings}")
    entry_id = session.execute(
        _INSERT_ENTRY,
        {
            "key": key,
            "event": str(event),
            "booked_on": booked_on,
            "posted_at": now,
            "subject": subject,
            "actor": actor,
            "memo": memo,
        },
    ).scalar_one_or_none()
    if entry_id is None:
        return None
    session.execute(
        _INSERT_LINES,
        [
            {
                "entry_id": entry_id,
                "account": str(p.account),
                "amount_cents": p.cents,
                "customer_id": p.customer_id,
                "invoice_id": p.invoice_id,
            }
            for p in postings
        ],
    )
    return entry_id
