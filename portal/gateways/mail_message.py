"""Turns a rendered mail into a MIME message; refuses headers with line breaks."""

from __future__ import annotations

import email.message
import email.policy
import email.utils

from portal.gateways import ports


def build(mail: ports.OutgoingMail) -> email.message.EmailMessage:
    """A message with text and HTML. Raises MailNotSent for addresses that cannot be."""
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    try:
        message["From"] = mail.sender
        message["To"] = mail.recipient
        message["Subject"] = mail.subject
        message["Message-ID"] = mail.message_id
    except ValueError as refused:
        raise ports.MailNotSent(f"bad header: {refused}", permanent=True) from refused
    message["Date"] = email.utils.localtime()
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message
