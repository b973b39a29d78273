"""What stands around a case on its screen, in few statements: the person, and what happened."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from portal.domain.audit import models as audit
from portal.domain.billing import models as billing
from portal.domain.disputes import models as disputes
from portal.domain.identity import models as identity
from portal.domain.ledger import models as ledger
from portal.domain.notifications import models as notifications

ENOUGH = 60
# What the thread or the books show, in full.
TOLD = (
    "disputes.replied",
    "disputes.noted",
    "disputes.asked",
    "disputes.customer_wrote",
    "payments.settled",
    "payments.refund_approved",
    "payments.refund_sent",
    "payments.refund_failed",
    "payments.refund_paid_otherwise",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Person:
    """The customer behind a case, the balances in cents, and the other cases as (number, end).

    The end of a case is its outcome, or its state while it has none.
    """

    id: int
    number: str
    first_name: str
    last_name: str
    email: str
    phone: str
    language: str
    owed_cents: int
    unapplied_cents: int
    other_cases: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Happening:
    """One thing that happened: `source` is audit, mail or ledger, `what` its code.

    `note` is a mail's subject, `cents` an entry's amount; both empty elsewhere.
    """

    at: datetime.datetime
    source: str
    what: str
    who: str
    subject: str
    note: str
    cents: int


def person(session: orm.Session, *, customer_id: int, but_case: str) -> Person:
    """The customer, without the case `but_case` among the other cases; one statement."""
    who, case = identity.Customer, disputes.Dispute
    ends = sa.func.coalesce(sa.func.nullif(case.outcome, ""), sa.cast(case.state, sa.Text))
    others = (
        sa.select(
            sa.func.jsonb_agg(
                postgresql.aggregate_order_by(
                    sa.func.jsonb_build_array(case.number, ends), case.id.desc()
                )
            )
        )
        .where(case.customer_id == who.id, case.number != but_case)
        .correlate(who)
        .scalar_subquery()
    )
    balance = billing.AccountBalance
    row = session.execute(
        sa.select(
            who.id,
            who.number,
            who.first_name,
            who.last_name,
            who.email,
            who.phone,
            who.language,
            sa.func.coalesce(balance.receivable_cents, 0).label("owed_cents"),
            sa.func.coalesce(balance.unapplied_cents, 0).label("unapplied_cents"),
            others.label("other_cases"),
        )
        .outerjoin(balance, balance.customer_id == who.id)
        .where(who.id == customer_id)
    ).one()
    cases = tuple((number, end) for number, end in row.other_cases or ())
    return Person(**(row._asdict() | {"other_cases": cases}))


def happenings(
    session: orm.Session, *, customer_id: int, limit: int = ENOUGH
) -> tuple[Happening, ...]:
    """The newest events around a customer from audit, mail and ledger; one statement."""
    parts = [_audited(customer_id, limit), _mailed(customer_id, limit), _posted(customer_id, limit)]
    rows = session.execute(
        sa.union_all(*(sa.select(part) for part in parts)).order_by(sa.desc("at")).limit(limit)
    )
    return tuple(Happening(**(row._asdict() | {"cents": int(row.cents)})) for row in rows)


def _audited(customer_id: int, limit: int) -> sa.Subquery:
    event = audit.AuditEvent
    return (
        sa.select(
            event.at,
            sa.literal("audit").label("source"),
            event.action.label("what"),
            event.actor_label.label("who"),
            event.subject,
            sa.literal("").label("note"),
            sa.literal(0, sa.BigInteger).label("cents"),
        )
        .where(event.customer_id == customer_id, event.action.not_in(TOLD))
        .order_by(event.id.desc())
        .limit(limit)
        .subquery()
    )


def _mailed(customer_id: int, limit: int) -> sa.Subquery:
    mail = notifications.Mail
    return (
        sa.select(
            sa.func.coalesce(mail.sent_at, mail.queued_at).label("at"),
            sa.literal("mail").label("source"),
            sa.cast(mail.state, sa.Text).label("what"),
            sa.literal("").label("who"),
            mail.subject_no.label("subject"),
            mail.subject.label("note"),
            sa.literal(0, sa.BigInteger).label("cents"),
        )
        .where(mail.customer_id == customer_id)
        .order_by(mail.id.desc())
        .limit(limit)
        .subquery()
    )


def _posted(customer_id: int, limit: int) -> sa.Subquery:
    entry, line = ledger.Entry, ledger.Line
    mine = sa.select(line.entry_id).where(line.customer_id == customer_id)
    amount = (
        sa.select(sa.func.sum(line.amount_cents))
        .where(line.entry_id == entry.id, line.amount_cents > 0)
        .correlate(entry)
        .scalar_subquery()
    )
    return (
        sa.select(
            entry.posted_at.label("at"),
            sa.literal("ledger").label("source"),
            entry.event.label("what"),
            entry.actor.label("who"),
            entry.subject,
            sa.literal("").label("note"),
            sa.cast(amount, sa.BigInteger).label("cents"),
        )
        .where(entry.id.in_(mine))
        .order_by(entry.id.desc())
        .limit(limit)
        .subquery()
    )
