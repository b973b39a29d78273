"""The mail table: what was said to whom, and whether it went out."""

from __future__ import annotations

import datetime
import enum

import sqlalchemy as sa
from sqlalchemy import orm

from portal.kernel import db, types


class MailState(enum.StrEnum):
    """Where a mail is."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


class Mail(db.Base):
    """One mail; `key` is unique per fact and reader, so that nothing is told twice."""

    __tablename__ = "mail"
    __table_args__ = (
        types.one_of("state", MailState),
        sa.Index(None, "customer_id", "id"),
        sa.Index(None, "subject_no", "id"),
    )

    id: orm.Mapped[types.Id]
    key: orm.Mapped[str] = orm.mapped_column(unique=True)
    template: orm.Mapped[str]
    customer_id: orm.Mapped[int | None] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("customer.id")
    )
    subject_no: orm.Mapped[str] = orm.mapped_column(server_default="")  # public number it is about
    recipient: orm.Mapped[str]
    language: orm.Mapped[str]
    subject: orm.Mapped[str]
    text: orm.Mapped[str]
    html: orm.Mapped[str]
    secret: orm.Mapped[bool] = orm.mapped_column(server_default=sa.false())  # holds a live link
    state: orm.Mapped[MailState] = orm.mapped_column(
        types.EnumText(MailState), server_default="queued"
    )
    queued_at: orm.Mapped[types.Moment]
    sent_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(sa.DateTime(timezone=True))
    attempts: orm.Mapped[int] = orm.mapped_column(server_default="0")
    error: orm.Mapped[str] = orm.mapped_column(server_default="")
