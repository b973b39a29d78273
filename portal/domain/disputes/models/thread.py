"""Messages the customer reads, notes it never does (a table of their own), attachments."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from portal.kernel import actor, db, types


class Message(db.Base):
    """One message of the thread between customer and staff."""

    __tablename__ = "dispute_message"
    __table_args__ = (types.one_of("author_kind", actor.ActorKind), sa.Index(None, "dispute_id"))

    id: orm.Mapped[types.Id]
    dispute_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("dispute.id"))
    once_key: orm.Mapped[str] = orm.mapped_column(unique=True)
    author_kind: orm.Mapped[actor.ActorKind] = orm.mapped_column(types.EnumText(actor.ActorKind))
    author_name: orm.Mapped[str]
    body: orm.Mapped[str]
    asks: orm.Mapped[bool] = orm.mapped_column(server_default=sa.false())  # we wait for an answer
    at: orm.Mapped[types.Moment]


class Note(db.Base):
    """An internal note; no query for customers reads this table."""

    __tablename__ = "dispute_note"
    __table_args__ = (sa.Index(None, "dispute_id"),)

    id: orm.Mapped[types.Id]
    dispute_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("dispute.id"))
    once_key: orm.Mapped[str] = orm.mapped_column(unique=True)
    author_name: orm.Mapped[str]
    body: orm.Mapped[str]
    at: orm.Mapped[types.Moment]


class Attachment(db.Base):
    """A file of a message; its bytes lie outside the database under their hash."""

    __tablename__ = "dispute_attachment"
    __table_args__ = (
        sa.CheckConstraint(
            "media_type IN ('image/jpeg', 'image/png', 'application/pdf')", name="media_type_known"
        ),
        sa.Index(None, "dispute_id"),
    )

    id: orm.Mapped[types.Id]
    number: orm.Mapped[str] = orm.mapped_column(unique=True)
    dispute_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("dispute.id"))
    message_id: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("dispute_message.id")
    )
    name: orm.Mapped[str]
    media_type: orm.Mapped[str]
    size_bytes: orm.Mapped[int]
    sha256: orm.Mapped[str]
    added_at: orm.Mapped[types.Moment]
