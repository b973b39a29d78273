"""Opening a case, and adding lines to one that is open; places no hold and sends no mail."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.disputes import categories, models, rules
from portal.domain.disputes.operations import stepping
from portal.kernel import actor, business_clock, errors, ids, msgids

WORDS_MOST = 5000


class WordsMissing(errors.DomainError):
    """A dispute says what happened."""

    code = "dispute_words_missing"
    message = msgids.N_("Write in a sentence or two what happened.")


class WordsTooLong(errors.DomainError):
    """More than anybody reads."""

    code = "dispute_words_too_long"
    message = msgids.N_("Please write at most %(most)s characters.")


@dataclasses.dataclass(frozen=True)
class DisputedLine:
    """One line of an invoice and how much of it is disputed, in cents."""

    invoice_no: str
    line_number: int
    cents: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class About:
    """What a case is about; public numbers, amounts in cents."""

    category: categories.Category
    invoice_no: str | None = None
    payment_no: str | None = None
    policy_no: str | None = None
    pet_name: str = ""
    lines: tuple[DisputedLine, ...] = ()
    disputed_cents: int = 0
    is_late: bool = False


def clean_words(words: str) -> str:
    """The words as they are kept. Raises WordsMissing, WordsTooLong."""
    kept = words.replace("\r\n", "\n").replace("\x00", "").strip()
    if not kept:
        raise WordsMissing()
    if len(kept) > WORDS_MOST:
        raise WordsTooLong(most=WORDS_MOST)
    return kept


def raise_case(
    session: orm.Session,
    *,
    customer_id: int,
    about: About,
    urgency: rules.Urgency,
    words: str,
    once_key: str,
    who: actor.Actor,
    hours: business_clock.BusinessClock,
    now: datetime.datetime,
    rng: ids.Bits,
) -> str:
    """Open a case with its clocks running; its public number.

    The caller has locked the customer's account and looked for `once_key` before.
    Raises WordsMissing, WordsTooLong.
    """
    today = now.astimezone(hours.zone).date()
    urgent = rules.urgent_reasons(about.category, urgency, today=today)
    case = _case(
        about,
        number=ids.new(ids.Prefix.DISPUTE, rng),
        once_key=once_key,
        customer_id=customer_id,
        words=clean_words(words),
        priority=rules.priority(about.category, urgency, today=today),
        hours=hours,
        now=now,
    )
    stepping.order(case, hours=hours)
    session.add(case)
    session.flush()
    _add_lines(session, case, about.lines)
    stepping.record(
        session,
        case,
        who=who,
        action="raised",
        now=now,
        category=str(case.category),
        priority=str(case.priority),
        urgent=[str(reason) for reason in urgent],
        invoice=case.invoice_no,
        payment=case.payment_no,
        policy=case.policy_no,
        lines=[line.line_number for line in about.lines],
        disputed_cents=case.disputed_cents,
        late=case.is_late,
    )
    return case.number


def join_lines(
    session: orm.Session,
    *,
    number: str,
    lines: Sequence[DisputedLine],
    who: actor.Actor,
    now: datetime.datetime,
) -> tuple[DisputedLine, ...]:
    """Add the lines that the open case does not hold yet; those that were new."""
    case = stepping.lock(session, number=number)
    known = {
        (invoice_no, line_number)
        for invoice_no, line_number in session.execute(
            sa.select(models.DisputeLine.invoice_no, models.DisputeLine.line_number).where(
                models.DisputeLine.dispute_id == case.id
            )
        )
    }
    new = tuple(line for line in lines if (line.invoice_no, line.line_number) not in known)
    if not new:
        return ()
    _add_lines(session, case, new)
    case.disputed_cents += sum(line.cents for line in new)
    case.version += 1
    stepping.record(
        session,
        case,
        who=who,
        action="lines_added",
        now=now,
        invoice=new[0].invoice_no,
        lines=[line.line_number for line in new],
        disputed_cents=case.disputed_cents,
    )
    return new


def _case(
    about: About,
    *,
    number: str,
    once_key: str,
    customer_id: int,
    words: str,
    priority: categories.Priority,
    hours: business_clock.BusinessClock,
    now: datetime.datetime,
) -> models.Dispute:
    """A new case whose clocks begin now."""
    due = rules.deadlines(hours, opened_at=now, priority=priority)
    return models.Dispute(
        number=number,
        once_key=once_key,
        customer_id=customer_id,
        category=about.category,
        state=rules.CaseState.NEW,
        priority=priority,
        invoice_no=about.invoice_no,
        payment_no=about.payment_no,
        policy_no=about.policy_no,
        pet_name=about.pet_name,
        disputed_cents=about.disputed_cents,
        words=words,
        raised_at=now,
        is_late=about.is_late,
        clock_used_seconds=0,
        clock_started_at=now,
        first_reply_due_at=due.first_reply_due_at,
        resolve_due_at=due.resolve_due_at,
        due_at=due.resolve_due_at,
        limit_on=due.limit_on,
        version=1,
    )


def _add_lines(session: orm.Session, case: models.Dispute, lines: Sequence[DisputedLine]) -> None:
    if lines:
        session.execute(
            sa.insert(models.DisputeLine),
            [{"dispute_id": case.id} | dataclasses.asdict(line) for line in lines],
        )
