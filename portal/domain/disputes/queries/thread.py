"""Messages of a case with their files, for owner and desk alike; notes are not known here."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.disputes import models


@dataclasses.dataclass(frozen=True, kw_only=True)
class FileView:
    """One file of a message; `sha256` names its bytes in the blob store."""

    number: str
    name: str
    media_type: str
    size_bytes: int
    sha256: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class MessageView:
    """One message; `author_kind` is customer, staff or system."""

    id: int
    author_kind: str
    author_name: str
    body: str
    asks: bool
    at: datetime.datetime
    files: tuple[FileView, ...]


_MESSAGES = (
    sa.select(
        models.Message.id,
        models.Message.author_kind,
        models.Message.author_name,
        models.Message.body,
        models.Message.asks,
        models.Message.at,
    )
    .where(models.Message.dispute_id == sa.bindparam("dispute_id"))
    .order_by(models.Message.id)
    .limit(500)
)
_FILES = (
    sa.select(
        models.Attachment.message_id,
        models.Attachment.number,
        models.Attachment.name,
        models.Attachment.media_type,
        models.Attachment.size_bytes,
        models.Attachment.sha256,
    )
    .where(models.Attachment.dispute_id == sa.bindparam("dispute_id"))
    .order_by(models.Attachment.id)
)


def messages(session: orm.Session, *, dispute_id: int) -> tuple[MessageView, ...]:
    """The thread of a case, oldest first; two statements."""
    files: dict[int, list[FileView]] = {}
    for row in session.execute(_FILES, {"dispute_id": dispute_id}):
        values = row._asdict()
        files.setdefault(values.pop("message_id"), []).append(FileView(**values))
    return tuple(
        MessageView(
            **row._mapping,
            files=tuple(files.get(row.id, ())),
        )
        for row in session.execute(_MESSAGES, {"dispute_id": dispute_id})
    )


def file_of(
    session: orm.Session, *, number: str, attachment_no: str, customer_id: int | None = None
) -> FileView | None:
    """One file of the case `number`, of this customer's where `customer_id` is given, or None."""
    chosen = (
        sa.select(
            models.Attachment.number,
            models.Attachment.name,
            models.Attachment.media_type,
            models.Attachment.size_bytes,
            models.Attachment.sha256,
        )
        .join(models.Dispute, models.Dispute.id == models.Attachment.dispute_id)
        .where(models.Dispute.number == number, models.Attachment.number == attachment_no)
    )
    if customer_id is not None:
        chosen = chosen.where(models.Dispute.customer_id == customer_id)
    row = session.execute(chosen).one_or_none()
    return None if row is None else FileView(**row._asdict())
