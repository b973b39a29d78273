"""Everything that happened around a case in one line of time: audit, mail, ledger."""

from __future__ import annotations

import dataclasses
import datetime
import enum
from typing import Any

from sqlalchemy import orm

from portal.domain.audit import queries as audit
from portal.domain.disputes.queries import case
from portal.domain.ledger import queries as ledger
from portal.domain.notifications import queries as mails

ENOUGH = 60


class Source(enum.StrEnum):
    """Where a line of the timeline comes from."""

    AUDIT = "audit"
    MAIL = "mail"
    LEDGER = "ledger"


@dataclasses.dataclass(frozen=True, kw_only=True)
class TimelineEvent:
    """One thing that happened.

    `what` is the audit action ("disputes.taken"), the mail's template, or the ledger's event;
    `data` is the audit event's data, the mail's subject and state, or the entry's cents.
    """

    at: datetime.datetime
    source: Source
    what: str
    who: str
    subject: str
    data: dict[str, Any]


def timeline(
    session: orm.Session, *, head: case.Head, limit: int = ENOUGH
) -> tuple[TimelineEvent, ...]:
    """The newest events of the customer, newest first; four statements."""
    numbers = [n for n in (head.number, head.invoice_no, head.payment_no) if n]
    found = audit.of_customer(session, customer_id=head.customer_id, limit=limit)
    events = [
        TimelineEvent(
            at=event.at,
            source=Source.AUDIT,
            what=event.action,
            who=event.actor_label,
            subject=event.subject,
            data=event.data,
        )
        for event in found
    ]
    events += [
        TimelineEvent(
            at=mail.sent_at or mail.queued_at,
            source=Source.MAIL,
            what=mail.template,
            who="",
            subject=mail.subject_no,
            data={"subject": mail.subject, "state": mail.state},
        )
        for mail in mails.of_customer(session, customer_id=head.customer_id, limit=limit)
    ]
    events += [
        TimelineEvent(
            at=entry.posted_at,
            source=Source.LEDGER,
            what=entry.event,
            who=entry.actor,
            subject=entry.subject,
            data={"cents": sum(line.cents for line in entry.lines if line.cents > 0)},
        )
        for entry in ledger.entries_about(session, numbers, limit=limit)
    ]
    events.sort(key=lambda event: event.at, reverse=True)
    return tuple(events[:limit])
