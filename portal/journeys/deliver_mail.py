"""Handing one queued mail over: a transaction, the call outside, a transaction."""

from __future__ import annotations

import hashlib

from portal.domain.notifications import operations
from portal.gateways import ports
from portal.journeys import context


def deliver(ctx: context.Context, *, mail_id: int) -> None:
    """Send the mail with this row id unless it went out before.

    The Message-ID comes from the mail's key: should we die between sending and writing it down,
    the second copy carries the same one, and mail programs show one. A failure that may pass is
    tried again later by a job queued here; a lasting one, or the last try, fails the mail.
    """
    with ctx.database.unit_of_work() as session:
        mail = operations.begin_attempt(session, mail_id=mail_id)
        if mail is None:
            return
        outgoing = ports.OutgoingMail(
            message_id=message_id(mail.key, sender=ctx.mail_from),
            sender=ctx.mail_from,
            recipient=mail.recipient,
            subject=mail.subject,
            text=mail.text,
            html=mail.html,
        )
    failure: ports.MailNotSent | None = None
    try:
        ctx.mail.send(outgoing)
    except ports.MailNotSent as refused:
        failure = refused
    now = ctx.clock.now()
    with ctx.database.unit_of_work() as session:
        if failure is None:
            operations.mark_sent(session, mail_id=mail_id, now=now)
            return
        operations.mark_not_sent(
            session, mail_id=mail_id, error=str(failure), permanent=failure.permanent, now=now
        )


def message_id(key: str, *, sender: str) -> str:
    """The Message-ID of the mail with this key: always the same, and telling nothing."""
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    return f"<{digest}@{sender.rpartition('@')[2]}>"
