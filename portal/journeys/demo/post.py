"""Hands over the mails of the history, a day at a time; each is sent once, by the real sender.

The product delivers each mail by a job of its own, so that a failure concerns one mail. Here a
failure ends the whole filling, so a day's mails share one transaction.
"""

from __future__ import annotations

import datetime

import sqlalchemy as sa

from portal.domain.notifications import models
from portal.gateways import ports
from portal.journeys import context, deliver_mail

TOOK = datetime.timedelta(seconds=2)  # from queued to sent


def deliver_all(ctx: context.Context, *, sender: ports.MailSender) -> int:
    """Send every queued mail, oldest first; how many. Raises MailNotSent."""
    table = models.Mail
    columns = (table.id, table.key, table.recipient, table.subject, table.text, table.html)
    with ctx.database.unit_of_work() as session:
        waiting = session.execute(
            sa.select(*columns)
            .where(table.state == models.MailState.QUEUED)
            .order_by(table.id)
            .with_for_update()
        ).all()
        for mail in waiting:
            sender.send(
                ports.OutgoingMail(
                    message_id=deliver_mail.message_id(mail.key, sender=ctx.mail_from),
                    sender=ctx.mail_from,
                    recipient=mail.recipient,
                    subject=mail.subject,
                    text=mail.text,
                    html=mail.html,
                )
            )
        if waiting:
            session.execute(
                sa.update(table)
                .where(table.id.in_([mail.id for mail in waiting]))
                .values(state=models.MailState.SENT, attempts=1, sent_at=table.queued_at + TOOK)
            )
        return len(waiting)


class Outbox:
    """Passes mails on to a sender from a day on; older ones were sent too, and nobody kept them."""

    def __init__(self, sender: ports.MailSender) -> None:
        self._sender = sender
        self.keeps = False

    def send(self, mail: ports.OutgoingMail) -> None:
        """Send one mail. Raises MailNotSent."""
        if self.keeps:
            self._sender.send(mail)
