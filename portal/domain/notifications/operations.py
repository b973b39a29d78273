"""Queueing mails with the fact they tell of, and writing down how their delivery went."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from portal.domain.notifications import models
from portal.kernel import db

TASK = "deliver_mail"
# How long to wait after each failed try; after the last one the mail has failed.
WAITS = tuple(datetime.timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 720))
MAX_ATTEMPTS = len(WAITS) + 1
_MAILS = models.Mail.__table__
_QUEUE = (
    postgresql.insert(_MAILS).on_conflict_do_nothing(index_elements=["key"]).returning(_MAILS.c.id)
)


def queue(
    session: orm.Session,
    *,
    key: str,
    template: str,
    customer_id: int | None,
    recipient: str,
    language: str,
    subject_no: str,
    subject: str,
    text: str,
    html: str,
    secret: bool,
    now: datetime.datetime,
) -> bool:
    """Queue one mail in this transaction; False when `key` was told before, and nothing is queued.

    `secret` mails hold a live link: their words are blanked as soon as they went out.
    """
    mail_id = session.scalar(
        _QUEUE,
        {
            "key": key,
            "template": template,
            "customer_id": customer_id,
            "recipient": recipient,
            "language": language,
            "subject_no": subject_no,
            "subject": subject,
            "text": text,
            "html": html,
            "secret": secret,
            "queued_at": now,
        },
    )
    if mail_id is None:
        return False
    _ask(session, mail_id)
    return True


def begin_attempt(session: orm.Session, *, mail_id: int) -> models.Mail | None:
    """Count one try of a waiting mail and give it; None when it is sent, failed or gone."""
    mail = session.scalar(sa.select(models.Mail).where(models.Mail.id == mail_id).with_for_update())
    if mail is None or mail.state != models.MailState.QUEUED:
        return None
    mail.attempts += 1
    session.flush()
    return mail


def mark_sent(session: orm.Session, *, mail_id: int, now: datetime.datetime) -> None:
    """The mail went out."""
    session.execute(_waiting(mail_id).values(state=models.MailState.SENT, sent_at=now, error=""))
    _blank(session, mail_id)


def mark_not_sent(
    session: orm.Session,
    *,
    mail_id: int,
    error: str,
    permanent: bool,
    now: datetime.datetime,
) -> None:
    """The try failed: ask for another later, or give up when it is hopeless or was the last."""
    mail = db.lock_row(session, models.Mail, mail_id)
    if mail.state != models.MailState.QUEUED:
        return
    mail.error = error[:300]
    if permanent or mail.attempts >= MAX_ATTEMPTS:
        mail.state = models.MailState.FAILED
        session.flush()
        _blank(session, mail_id)
        return
    _ask(session, mail_id, run_at=now + WAITS[mail.attempts - 1])


def _ask(session: orm.Session, mail_id: int, run_at: datetime.datetime | None = None) -> None:
    db.queue_task(session, TASK, lock=f"mail-{mail_id}", run_at=run_at, mail_id=mail_id)


def _waiting(mail_id: int) -> sa.Update:
    return sa.update(models.Mail).where(
        models.Mail.id == mail_id, models.Mail.state == models.MailState.QUEUED
    )


def _blank(session: orm.Session, mail_id: int) -> None:
    session.execute(
        sa.update(models.Mail)
        .where(models.Mail.id == mail_id, models.Mail.secret)
        .values(text="", html="")
    )
