"""Internal notes, for the desk alone; no query for owners may import this module."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.disputes import models


@dataclasses.dataclass(frozen=True, kw_only=True)
class NoteView:
    """One internal note."""

    id: int
    author_name: str
    body: str
    at: datetime.datetime


def notes(session: orm.Session, *, dispute_id: int) -> tuple[NoteView, ...]:
    """The notes of a case, oldest first."""
    rows = session.execute(
        sa.select(models.Note.id, models.Note.author_name, models.Note.body, models.Note.at)
        .where(models.Note.dispute_id == dispute_id)
        .order_by(models.Note.id)
        .limit(500)
    )
    return tuple(NoteView(**row._asdict()) for row in rows)
