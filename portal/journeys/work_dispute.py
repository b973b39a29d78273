"""Who works a case, how it is sorted, and the customer's own ends: withdraw, reopen."""

from __future__ import annotations

import datetime

from sqlalchemy import orm

from portal.domain.approvals import operations as approvals
from portal.domain.approvals import rules as approval_rules
from portal.domain.audit import operations as audit
from portal.domain.billing.operations import books, holds
from portal.domain.disputes import categories, models, rules
from portal.domain.disputes.operations import ending, raising, stepping, working, writing
from portal.domain.disputes.queries import facts
from portal.domain.payments.queries import closing
from portal.journeys import case_letters, context, foreseeing, pausing
from portal.kernel import actor, errors, msgids


class TakenBackAtThePolicy(errors.DomainError):
    """That a pet has died is told, and taken back, on the page of its policy."""

    code = "bereavement_at_the_policy"
    message = msgids.N_("You can tell us this, or take it back, on the page of the pet’s policy.")


def take(ctx: context.Context, *, number: str, version: int | None, who: actor.Actor) -> None:
    """Make the case `who`'s own. Raises NoSuchCase, StaleCase, NotAllowed."""
    with ctx.database.unit_of_work() as session:
        working.take(
            session,
            number=number,
            version=version,
            who=who,
            hours=ctx.hours,
            now=ctx.clock.now(),
        )


def take_next(
    ctx: context.Context, *, who: actor.Actor, most: int = rules.MOST_IN_HAND
) -> str | None:
    """Take the most urgent free case; its number, or None when none is free. Raises HandsFull."""
    with ctx.database.unit_of_work() as session:
        return working.take_next(
            session,
            who=who,
            hours=ctx.hours,
            now=ctx.clock.now(),
            most=most,
        )


def assign(
    ctx: context.Context, *, number: str, version: int, to_staff_id: int, who: actor.Actor
) -> None:
    """Give the case to a colleague.

    Raises NoSuchCase, StaleCase, NotAllowed, NoSuchColleague.
    """
    with ctx.database.unit_of_work() as session:
        working.assign(
            session,
            number=number,
            version=version,
            to_staff_id=to_staff_id,
            who=who,
            hours=ctx.hours,
            now=ctx.clock.now(),
        )


def sort(
    ctx: context.Context,
    *,
    number: str,
    version: int,
    category: categories.Category,
    priority: categories.Priority,
    who: actor.Actor,
) -> None:
    """Correct category and priority; the time used is kept.

    Raises NoSuchCase, StaleCase, NotAllowed.
    """
    with ctx.database.unit_of_work() as session:
        working.sort(
            session,
            number=number,
            version=version,
            category=category,
            priority=priority,
            who=who,
            hours=ctx.hours,
            now=ctx.clock.now(),
        )


def withdraw(ctx: context.Context, *, number: str, customer_id: int, who: actor.Actor) -> None:
    """Close the case because its owner takes it back: holds end, a waiting request too.

    Raises NoSuchCase, NotAllowed, BankDecides, RefundOwed, TakenBackAtThePolicy.
    """
    now = ctx.clock.now()
    with ctx.database.unit_of_work() as session:
        stepping.find(session, number=number, customer_id=customer_id)
        books.lock_customer(session, customer_id=customer_id)
        case = stepping.lock(session, number=number, customer_id=customer_id)
        if case.category is categories.Category.BEREAVEMENT:
            raise TakenBackAtThePolicy()
        close_withdrawn(session, ctx, case, who=who)
        holds.lift(session, owner=number, now=now)
        pausing.follow_open(session, customer_id=customer_id, now=now)
        case_letters.withdrawn(session, ctx, case=case)


def close_withdrawn(
    session: orm.Session, ctx: context.Context, case: models.Dispute, *, who: actor.Actor
) -> None:
    """Close a (locked) case as withdrawn, and a waiting request with it; its holds stand still.

    Raises NotAllowed, BankDecides, RefundOwed.
    """
    now = ctx.clock.now()
    closing.check(session, case_no=case.number)
    ending.withdraw(session, case, who=who, hours=ctx.hours, now=now)
    waiting = approvals.withdraw(
        session, kind=approval_rules.RESOLUTION, subject=case.number, now=now
    )
    if waiting is not None:
        audit.record(
            session,
            who=who,
            action="approvals.withdrawn",
            subject=waiting,
            customer_id=case.customer_id,
            now=now,
            case=case.number,
        )


def reopen(
    ctx: context.Context,
    *,
    number: str,
    customer_id: int,
    words: str,
    once_key: str,
    who: actor.Actor,
) -> bool:
    """Open a closed case again, with a new clock; False when this form was sent before.

    What was paused is paused again only if the customer had withdrawn: after a decision that
    takes a specialist. Raises NoSuchCase, NotAllowed, TooLateToReopen, WordsMissing,
    TakenBackAtThePolicy.
    """
    raising.clean_words(words)
    now = ctx.clock.now()
    key = f"message:{customer_id}:{once_key}"
    with ctx.database.unit_of_work() as session:
        stepping.find(session, number=number, customer_id=customer_id)
        books.lock_customer(session, customer_id=customer_id)
        if writing.message_known(session, once_key=key):
            return False
        case = stepping.lock(session, number=number, customer_id=customer_id)
        if (
            case.category is categories.Category.BEREAVEMENT
            and case.outcome not in rules.FAVOURABLE
        ):
            raise TakenBackAtThePolicy()
        before = ending.reopen(session, case, who=who, hours=ctx.hours, now=now)
        writing.add_message(
            session,
            number=number,
            body=words,
            once_key=key,
            who=who,
            hours=ctx.hours,
            now=now,
            rng=ctx.rng,
        )
        if before is rules.CaseState.WITHDRAWN:
            _pause_again(session, ctx, case, now=now)
        case_letters.reopened(session, ctx, case=case)
    return True


def _pause_again(
    session: orm.Session, ctx: context.Context, case: models.Dispute, *, now: datetime.datetime
) -> None:
    """Pause the lines, or set the money aside, as when the case was raised."""
    mine = {"case_no": case.number, "customer_id": case.customer_id, "now": now}
    seen = foreseeing.foresee(
        session,
        customer_id=case.customer_id,
        category=case.category,
        invoice_no=case.invoice_no,
        payment_no=case.payment_no,
        line_numbers=facts.line_numbers(session, case_no=case.number),
        hours=ctx.hours,
        now=now,
    )
    if case.invoice_no:
        pausing.pause_lines(session, invoice_no=case.invoice_no, lines=seen.holds, **mine)
    elif case.payment_no:
        pausing.set_aside(session, payment_no=case.payment_no, cents=seen.set_aside_cents, **mine)
