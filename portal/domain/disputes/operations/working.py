"""Who works a case, and how it is sorted: take, take next, assign, category, priority."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.disputes import categories, models, rules
from portal.domain.disputes.operations import stepping
from portal.domain.identity import models as identity
from portal.kernel import actor, business_clock, errors, msgids, transitions

CASE_WORKERS = (identity.Role.SPECIALIST, identity.Role.SUPERVISOR)


class HandsFull(errors.DomainError):
    """Fair and capped: nobody gathers cases."""

    code = "dispute_hands_full"
    message = msgids.N_("You have %(most)s running cases. Finish or hand over one first.")


class NoSuchColleague(errors.DomainError):
    """A case goes to somebody who works cases."""

    code = "dispute_no_such_colleague"
    message = msgids.N_("Choose somebody who works cases.")


class StaysBereavement(errors.DomainError):
    """What a death has stopped hangs on its case."""

    code = "dispute_stays_bereavement"
    message = msgids.N_("A bereavement stays one, and no other case becomes one.")


def take(
    session: orm.Session,
    *,
    number: str,
    version: int | None,
    who: actor.Actor,
    hours: business_clock.BusinessClock,
    now: datetime.datetime,
) -> None:
    """Make the case `who`'s own; one that waits for the customer goes on without the answer.

    Taking what is one's own and runs changes nothing. Raises NoSuchCase, StaleCase, NotAllowed.
    """
    case = stepping.lock(session, number=number, version=version)
    if case.owner_id == who.id and case.state is rules.CaseState.OPEN:
        return
    taking = rules.CASES.allows(case.state, rules.CaseEvent.TAKE)
    event = rules.CaseEvent.TAKE if taking else rules.CaseEvent.ASSIGN
    before = case.owner_id
    stepping.step(session, case, event, hours=hours, now=now)
    case.owner_id = who.id
    stepping.record(session, case, who=who, action="taken", now=now, owner_before=before)


def take_next(
    session: orm.Session,
    *,
    who: actor.Actor,
    hours: business_clock.BusinessClock,
    now: datetime.datetime,
    most: int = rules.MOST_IN_HAND,
) -> str | None:
    """Take the most urgent case that nobody has; its number, or None when all are taken.

    Two specialists at once get two cases: a row that somebody is taking is passed over.
    Raises HandsFull at `most` running cases.
    """
    session.execute(
        sa.select(identity.Staff.id)
        .where(identity.Staff.id == who.id)
        .with_for_update(key_share=True)
    )
    if _in_hand(session, staff_id=who.id) >= most:
        raise HandsFull(most=most)
    table = models.Dispute
    case = session.scalar(
        sa.select(table)
        .where(table.closed_at.is_(None), table.state.in_(sorted(rules.UNTAKEN)))
        .order_by(table.priority, table.due_at, table.id)
        .limit(1)
        .with_for_update(key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if case is None:
        return None
    stepping.step(session, case, rules.CaseEvent.TAKE, hours=hours, now=now)
    case.owner_id = who.id
    stepping.record(session, case, who=who, action="taken", now=now, next=True)
    return case.number


def assign(
    session: orm.Session,
    *,
    number: str,
    version: int | None,
    to_staff_id: int,
    who: actor.Actor,
    hours: business_clock.BusinessClock,
    now: datetime.datetime,
) -> None:
    """Give the case to a colleague. Raises NoSuchCase, StaleCase, NotAllowed, NoSuchColleague."""
    colleague = session.scalar(
        sa.select(identity.Staff).where(
            identity.Staff.id == to_staff_id,
            identity.Staff.is_active,
            identity.Staff.role.in_(CASE_WORKERS),
        )
    )
    if colleague is None:
        raise NoSuchColleague()
    case = stepping.lock(session, number=number, version=version)
    before = case.owner_id
    stepping.step(session, case, rules.CaseEvent.ASSIGN, hours=hours, now=now)
    case.owner_id = colleague.id
    stepping.record(
        session,
        case,
        who=who,
        action="assigned",
        now=now,
        owner=colleague.id,
        owner_name=colleague.name,
        owner_before=before,
    )


def sort(
    session: orm.Session,
    *,
    number: str,
    version: int | None,
    category: categories.Category,
    priority: categories.Priority,
    who: actor.Actor,
    hours: business_clock.BusinessClock,
    now: datetime.datetime,
) -> None:
    """Correct category and priority of a case that is not closed; the time used is kept.

    Raises NoSuchCase, StaleCase, NotAllowed, StaysBereavement.
    """
    case = stepping.lock(session, number=number, version=version)
    if case.state in rules.CLOSED:
        raise transitions.NotAllowed(state=str(case.state), event="sort")
    if (case.category, case.priority) == (category, priority):
        return
    if case.category is not category and not all(
        map(categories.can_be_chosen, (case.category, category))
    ):
        raise StaysBereavement()
    before = {"category_before": str(case.category), "priority_before": str(case.priority)}
    case.category = category
    if case.priority is not priority:
        case.priority = priority
        if case.clock_started_at is not None:
            stepping.stop(case, hours=hours, now=now)
            stepping.start(case, hours=hours, now=now)
    stepping.order(case, hours=hours)
    case.version += 1
    stepping.record(
        session,
        case,
        who=who,
        action="sorted",
        now=now,
        category=str(category),
        priority=str(priority),
        **before,
    )


def _in_hand(session: orm.Session, *, staff_id: int) -> int:
    return session.scalar(
        sa.select(sa.func.count())
        .select_from(models.Dispute)
        .where(
            models.Dispute.owner_id == staff_id,
            models.Dispute.closed_at.is_(None),
            models.Dispute.state == rules.CaseState.OPEN,
        )
    )
