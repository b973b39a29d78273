"""Mails handed to an SMTP server named by a URL."""

from __future__ import annotations

import smtplib
import ssl
import urllib.parse

from portal.gateways import mail_message, ports

TIMEOUT_SECONDS = 20


class MailSmtp:
    """A `ports.MailSender` for smtp://, smtps:// and smtp+starttls://user:password@host:port."""

    def __init__(self, url: str) -> None:
        self._parts = urllib.parse.urlsplit(url)

    def send(self, mail: ports.OutgoingMail) -> None:
        """Hand one mail over. Raises MailNotSent; `permanent` when the server refused it."""
        message = mail_message.build(mail)
        try:
            with self._connect() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as refused:
            codes = [code for code, _ in refused.recipients.values()]
            lasting = all(code >= 500 for code in codes)
            raise ports.MailNotSent("recipient refused", permanent=lasting) from refused
        except smtplib.SMTPResponseException as refused:
            lasting = refused.smtp_code >= 500
            raise ports.MailNotSent(f"SMTP {refused.smtp_code}", permanent=lasting) from refused
        except (smtplib.SMTPException, OSError) as failed:
            raise ports.MailNotSent(type(failed).__name__) from failed

    def _connect(self) -> smtplib.SMTP:
        host = self._parts.hostname or "localhost"
        if self._parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host,
                self._parts.port or 465,
                timeout=TIMEOUT_SECONDS,
                context=ssl.create_default_context(),
            )
        else:
            server = smtplib.SMTP(host, self._parts.port or 25, timeout=TIMEOUT_SECONDS)
            if self._parts.scheme == "smtp+starttls":
                server.starttls(context=ssl.create_default_context())
        if self._parts.username:
            server.login(
                urllib.parse.unquote(self._parts.username),
                urllib.parse.unquote(self._parts.password or ""),
            )
        return server
