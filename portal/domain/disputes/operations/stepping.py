"""The one way a case moves: lock, version, state, clock, audit; decides nothing itself."""

from __future__ import annotations

import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.audit import operations as audit
from portal.domain.disputes import models, rules
from portal.kernel import actor, business_clock, clock, errors, msgids


class NoSuchCase(errors.DomainError):
    """There is no case with this number, or it is a stranger's."""

    code = "dispute_unknown"
    message = msgids.N_("There is no such dispute.")


class StaleCase(errors.DomainError):
    """The case changed since the page of whoever saves was made."""

    code = "dispute_stale"
    message = msgids.N_(
        "This case changed while you were writing. Nothing was saved; your words are still here."
    )


def find(session: orm.Session, *, number: str, customer_id: int | None = None) -> int:
    """The customer of a case, without a lock: who must be locked before the case is.

    Raises NoSuchCase; with `customer_id` also for somebody else's case.
    """
    chosen = sa.select(models.Dispute.customer_id).where(models.Dispute.number == number)
    if customer_id is not None:
        chosen = chosen.where(models.Dispute.customer_id == customer_id)
    found = session.scalar(chosen)
    if found is None:
        raise NoSuchCase(number=number)
    return found


def lock(
    session: orm.Session,
    *,
    number: str,
    version: int | None = None,
    customer_id: int | None = None,
) -> models.Dispute:
    """The case, locked until the transaction ends; after the customer's account.

    `version` is the one on the page of whoever saves. Raises NoSuchCase, StaleCase.
    """
    chosen = sa.select(models.Dispute).where(models.Dispute.number == number)
    if customer_id is not None:
        chosen = chosen.where(models.Dispute.customer_id == customer_id)
    case = session.scalar(
        chosen.with_for_update(key_share=True).execution_options(populate_existing=True)
    )
    if case is None:
        raise NoSuchCase(number=number)
    if version is not None and case.version != version:
        raise StaleCase(number=number, version=case.version)
    return case


def step(
    session: orm.Session,
    case: models.Dispute,
    event: rules.CaseEvent,
    *,
    hours: business_clock.BusinessClock,
    now: datetime.datetime,
) -> None:
    """Take the edge that `event` names, keep the clock right and count the change.

    Raises transitions.NotAllowed. A note counts no change: it makes nobody's page stale.
    """
    case.state = rules.CASES.next(case.state, event)
    running = case.clock_started_at is not None
    if running and not rules.clock_runs(case.state):
        stop(case, hours=hours, now=now)
    elif not running and rules.clock_runs(case.state):
        start(case, hours=hours, now=now)
    order(case, hours=hours)
    if event is not rules.CaseEvent.NOTE:
        case.version += 1
    session.flush()


def stop(
    case: models.Dispute, *, hours: business_clock.BusinessClock, now: datetime.datetime
) -> None:
    """Stop the clock and keep the business time it has used."""
    case.clock_used_seconds = used_seconds(case, hours=hours, now=now)
    case.clock_started_at = None


def start(
    case: models.Dispute, *, hours: business_clock.BusinessClock, now: datetime.datetime
) -> None:
    """Let the clock run from here with what is left of its time."""
    case.clock_started_at = now
    case.resolve_due_at = rules.resolve_due_at(
        hours,
        now=now,
        priority=case.priority,
        used=datetime.timedelta(seconds=case.clock_used_seconds),
    )


def used_seconds(
    case: models.Dispute, *, hours: business_clock.BusinessClock, now: datetime.datetime
) -> int:
    """Business seconds used up to `now`, pauses left out."""
    if case.clock_started_at is None:
        return case.clock_used_seconds
    passed = hours.business_time_between(case.clock_started_at, now)
    return case.clock_used_seconds + max(int(passed.total_seconds()), 0)


def order(case: models.Dispute, *, hours: business_clock.BusinessClock) -> None:
    """Set the moment that orders the queue: the nearest of the deadlines that still run.

    The end of the last day of all always runs, also while the customer is asked.
    """
    last = clock.start_of(case.limit_on + datetime.timedelta(days=1), hours.zone)
    running = [last]
    if rules.clock_runs(case.state):
        running.append(case.resolve_due_at)
        if case.first_replied_at is None:
            running.append(case.first_reply_due_at)
    case.due_at = min(running)


def answered(case: models.Dispute, *, now: datetime.datetime) -> None:
    """A person has answered: the clock of the first reply is over."""
    if case.first_replied_at is None:
        case.first_replied_at = now


def record(
    session: orm.Session,
    case: models.Dispute,
    *,
    who: actor.Actor,
    action: str,
    now: datetime.datetime,
    **data: Any,
) -> None:
    """Write the change "disputes.<action>" into the audit log."""
    audit.record(
        session,
        who=who,
        action=f"disputes.{action}",
        subject=case.number,
        customer_id=case.customer_id,
        now=now,
        state=str(case.state),
        **data,
    )
