"""What became of the parts of an arrangement so far; knows its drafts, not the arrangement."""

from __future__ import annotations

import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.payments import models


class Taken(NamedTuple):
    """One part: its planned payment and where that is; `due_on` is when it is tried next."""

    number: str
    state: str
    due_on: datetime.date | None


_draft = models.Draft.__table__
_PARTS = (
    sa.select(_draft.c.number, sa.type_coerce(_draft.c.state, sa.Text), _draft.c.due_on)
    .where(_draft.c.arrangement_id == sa.bindparam("arrangement_id"))
    .order_by(_draft.c.id)
)


def states(session: orm.Session, *, arrangement_id: int) -> tuple[Taken, ...]:
    """The parts in their order; none while it is only proposed."""
    rows = session.connection().execute(_PARTS, {"arrangement_id": arrangement_id})
    return tuple(Taken._make(row) for row in rows)
