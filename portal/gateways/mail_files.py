"""Mails written as .eml files into a folder: the demo's and the tests' outbox."""

from __future__ import annotations

import pathlib
import tempfile

from portal.gateways import mail_message, ports


class MailFiles:
    """A `ports.MailSender` that writes `<message id>.eml`, so that sending twice leaves one."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder

    def send(self, mail: ports.OutgoingMail) -> None:
        """Write one mail, wholly or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True)
        name = mail.message_id.partition("@")[0].strip("<>")
        with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as draft:
            draft.write(bytes(mail_message.build(mail)))
        pathlib.Path(draft.name).replace(self._folder / f"{name}.eml")
