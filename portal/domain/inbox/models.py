"""The inbox table: an event from outside, stored once under its own id."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.kernel import db, types


class InboxEvent(db.Base):
    """One event of a provider; `handled_at` is set by the transaction that handled it."""

    __tablename__ = "inbox_event"
    __table_args__ = (
        sa.UniqueConstraint("provider", "external_id"),
        sa.Index(None, "received_at", postgresql_where=sa.text("handled_at IS NULL")),
    )

    id: orm.Mapped[types.Id]
    provider: orm.Mapped[str]
    external_id: orm.Mapped[str]
    type: orm.Mapped[str]
    object_id: orm.Mapped[str]
    occurred_at: orm.Mapped[types.Moment]
    received_at: orm.Mapped[types.Moment]
    payload: orm.Mapped[types.Json]
    handled_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(sa.DateTime(timezone=True))
    attempts: orm.Mapped[int] = orm.mapped_column(server_default="0")
    error: orm.Mapped[str] = orm.mapped_column(server_default="")
