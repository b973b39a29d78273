"""What was told to whom: the mails of a customer or about a number, without their words."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.notifications import models


@dataclasses.dataclass(frozen=True, kw_only=True)
class MailView:
    """One mail; `state` is queued, sent or failed."""

    id: int
    template: str
    subject_no: str
    recipient: str
    subject: str
    state: str
    queued_at: datetime.datetime
    sent_at: datetime.datetime | None
    error: str


_COLUMNS = tuple(getattr(models.Mail, field.name) for field in dataclasses.fields(MailView))


def of_customer(session: orm.Session, *, customer_id: int, limit: int = 50) -> tuple[MailView, ...]:
    """Mails to one customer, newest first."""
    return _views(session, models.Mail.customer_id == customer_id, limit)


def of_subject(session: orm.Session, *, subject_no: str, limit: int = 50) -> tuple[MailView, ...]:
    """Mails about one public number, newest first."""
    return _views(session, models.Mail.subject_no == subject_no, limit)


def failed(session: orm.Session, *, limit: int = 50) -> tuple[MailView, ...]:
    """Mails that could not be delivered, newest first."""
    return _views(session, models.Mail.state == models.MailState.FAILED, limit)


def _views(session: orm.Session, where: sa.ColumnElement[bool], limit: int) -> tuple[MailView, ...]:
    rows = session.execute(
        sa.select(*_COLUMNS).where(where).order_by(models.Mail.id.desc()).limit(limit)
    )
    return tuple(MailView(**row._mapping) for row in rows)
