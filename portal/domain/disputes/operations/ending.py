"""The customer's own ends: taking a dispute back, and opening it again."""

from __future__ import annotations

import datetime

from sqlalchemy import orm

from portal.domain.disputes import models, rules
from portal.domain.disputes.operations import stepping
from portal.kernel import actor, business_clock, errors, msgids


class TooLateToReopen(errors.DomainError):
    """After the days for it a new dispute is raised instead."""

    code = "dispute_too_late_to_reopen"
    message = msgids.N_(
        "This dispute was closed more than %(days)s days ago. Please raise a new one."
    )


def withdraw(
    session: orm.Session,
    case: models.Dispute,
    *,
    who: actor.Actor,
    hours: business_clock.BusinessClock,
    now: datetime.datetime,
) -> None:
    """Close a case because the customer takes it back. Raises NotAllowed."""
    stepping.step(session, case, rules.CaseEvent.WITHDRAW, hours=hours, now=now)
    case.outcome = str(rules.Outcome.WITHDRAWN)
    case.closed_at = now
    session.flush()
    stepping.record(session, case, who=who, action="withdrawn", now=now)


def reopen(
    session: orm.Session,
    case: models.Dispute,
    *,
    who: actor.Actor,
    hours: business_clock.BusinessClock,
    now: datetime.datetime,
) -> rules.CaseState:
    """Open a closed case again with a new clock, free for anybody; the state it was closed in.

    Raises NotAllowed, TooLateToReopen.
    """
    before = case.state
    rules.CASES.edge(before, rules.CaseEvent.REOPEN)
    closed_on = case.closed_at.astimezone(hours.zone).date()
    today = now.astimezone(hours.zone).date()
    if not rules.may_reopen(closed_on=closed_on, today=today):
        raise TooLateToReopen(days=rules.REOPEN_DAYS)
    due = rules.deadlines(hours, opened_at=now, priority=case.priority)
    case.clock_used_seconds = 0
    case.first_replied_at = None
    case.first_reply_due_at = due.first_reply_due_at
    case.limit_on = due.limit_on
    case.owner_id = None
    case.closed_at = None
    case.outcome = ""
    case.reopened += 1
    stepping.step(session, case, rules.CaseEvent.REOPEN, hours=hours, now=now)
    stepping.record(session, case, who=who, action="reopened", now=now, closed_as=str(before))
    return before
