"""Where the story's mails go: counted by their Message-ID, some of them not taken."""

from __future__ import annotations

import collections

from bench.simulation import chaos
from portal.gateways import ports


class Outbox:
    """A `ports.MailSender` that remembers how often it was given each mail."""

    def __init__(self, troubles: chaos.Chaos) -> None:
        self._chaos = troubles
        self.sent: collections.Counter[str] = collections.Counter()

    def send(self, mail: ports.OutgoingMail) -> None:
        """Take one mail. Raises MailNotSent."""
        self._chaos.at_call()
        if self._chaos.mail_trouble():
            raise ports.MailNotSent("the mail server is busy")
        self.sent[mail.message_id] += 1
        self._chaos.at_call()
