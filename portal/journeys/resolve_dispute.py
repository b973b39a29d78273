"""Decides a case: previewed, carried out alone, or kept until a second person agrees."""

from __future__ import annotations

import dataclasses
from typing import Any

from sqlalchemy import orm

from portal.domain.approvals import operations as approvals
from portal.domain.approvals import rules as approval_rules
from portal.domain.billing.operations import books, holds
from portal.domain.disputes import models, rules
from portal.domain.disputes.operations import deciding, stepping
from portal.domain.disputes.queries import facts
from portal.domain.payments.queries import closing
from portal.journeys import (
    approval_log,
    case_letters,
    context,
    decision_facts,
    mourning,
    moving_money,
    pausing,
    second_person,
)
from portal.kernel import actor, errors, msgids


class PlanChanged(errors.DomainError):
    """The money would move otherwise than the preview said."""

    code = "dispute_plan_changed"
    message = msgids.N_("The figures changed since this page was made. Look at the new ones first.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Resolved:
    """What came of it: closed with the refund or credit `moved_no`, or waiting for approval."""

    number: str
    state: str
    moved_no: str = ""
    approval_no: str = ""


def preview(
    ctx: context.Context, *, number: str, decision: deciding.Decision
) -> decision_facts.Preview:
    """What the decision would do now; nothing is changed.

    Raises NoSuchCase, NotAllowed, BankDecides, RefundOwed, what deciding.check raises, and what
    moving_money.plan raises.
    """
    with ctx.database.unit_of_work() as session:
        customer_id = stepping.find(session, number=number)
        books.lock_customer(session, customer_id=customer_id)
        case = stepping.lock(session, number=number)
        return _preview(session, ctx, case, deciding.check(decision))


def resolve(
    ctx: context.Context,
    *,
    number: str,
    version: int,
    decision: deciding.Decision,
    plan_version: str,
    who: actor.Actor,
) -> Resolved:
    """Carry the decision out, or keep it for a second person where the amount asks for one.

    Alone: money moves, the holds end, the customer is told and the case is closed, in one
    transaction. Raises NoSuchCase, StaleCase, NotAllowed, BankDecides, RefundOwed, PlanChanged,
    what deciding.check and moving_money.plan raise.
    """
    now = ctx.clock.now()
    with ctx.database.unit_of_work() as session:
        customer_id = stepping.find(session, number=number)
        books.lock_customer(session, customer_id=customer_id)
        case = stepping.lock(session, number=number, version=version)
        seen = _preview(session, ctx, case, deciding.check(decision))
        if seen.plan_version != plan_version:
            raise PlanChanged(number=number)
        if seen.needs_second:
            return _propose(session, ctx, case, seen, who=who)
        moved_no = _move(session, ctx, case, seen.plan, reason=seen.decision.reason, who=who)
        deciding.resolve(
            session,
            case,
            decision=seen.decision,
            moved_no=moved_no,
            who=who,
            hours=ctx.hours,
            now=now,
        )
        _end(session, ctx, case, decision=seen.decision, moved_no=moved_no)
        return Resolved(number=number, state=str(case.state), moved_no=moved_no)


def approve_resolution(
    ctx: context.Context, *, approval_no: str, facts_version: str, who: actor.Actor
) -> Resolved:
    """Agree to a proposed decision and carry it out, in one transaction.

    When the figures are not what the approver was shown, the request gets the new ones, nothing
    moves, and StaleFacts is raised. Raises also NoSuchApproval, DecidedAlready, NotAnApprover,
    NotYours, NotAllowed, BankDecides, RefundOwed, and what moving_money.plan raises.
    """
    now = ctx.clock.now()
    with second_person.deciding(
        ctx, approval_no=approval_no, facts_version=facts_version, who=who
    ) as answer:
        session = answer.session
        case = _case_of(session, approval_no)
        answer.request()
        proposal = deciding.waiting(session, case)
        decision = deciding.as_decision(proposal)
        seen = _preview(session, ctx, case, decision)
        answer.agree(decision_facts.of(seen))
        _record(session, ctx, case, "approved", approval_no, who=who)
        moved_no = _move(session, ctx, case, seen.plan, reason=decision.reason, who=who)
        deciding.approve(
            session,
            case,
            proposal=proposal,
            moved_no=moved_no,
            who=who,
            hours=ctx.hours,
            now=now,
        )
        _end(session, ctx, case, decision=decision, moved_no=moved_no)
    return Resolved(
        number=case.number,
        state=str(rules.CaseState.RESOLVED),
        moved_no=moved_no,
        approval_no=approval_no,
    )


def return_resolution(
    ctx: context.Context, *, approval_no: str, reason: str, who: actor.Actor
) -> str:
    """Send a proposed decision back with a reason; the number of its case, which is open again.

    Raises NoSuchApproval, DecidedAlready, NotAnApprover, NotYours, ReasonMissing,
    ReasonTooLong, NotAllowed.
    """
    now = ctx.clock.now()
    with ctx.database.unit_of_work() as session:
        case = _case_of(session, approval_no)
        approvals.return_(session, number=approval_no, reason=reason, who=who, now=now)
        kept = approval_rules.clean_reason(reason)
        _record(session, ctx, case, "returned", approval_no, who=who, reason=kept)
        deciding.return_(session, case, reason=kept, who=who, hours=ctx.hours, now=now)
        return case.number


def _preview(
    session: orm.Session,
    ctx: context.Context,
    case: models.Dispute,
    decision: deciding.Decision,
) -> decision_facts.Preview:
    event = (
        rules.CaseEvent.APPROVE
        if case.state is rules.CaseState.AWAITING_APPROVAL
        else rules.CaseEvent.RESOLVE
    )
    rules.CASES.edge(case.state, event)
    plan = None
    if decision.action is not rules.MoneyAction.NONE:
        plan = moving_money.plan(
            session,
            customer_id=case.customer_id,
            action=decision.action,
            amount_cents=decision.amount_cents,
            payment_no=decision.payment_no,
            invoice_no=case.invoice_no,
            line_numbers=facts.line_numbers(session, case_no=case.number),
            freed_by=decision.freed_by,
            today=ctx.clock.today(),
            subject=case.number,
        )
    closing.check(session, case_no=case.number)
    mourning.check_decision(session, case=case, outcome=decision.outcome)
    case_cents, customer_cents = moving_money.moved_30_days(
        session, customer_id=case.customer_id, subject=case.number, now=ctx.clock.now()
    )
    return decision_facts.Preview(
        number=case.number,
        version=case.version,
        decision=decision,
        plan=plan,
        needs_second=rules.needs_second_person(decision.amount_cents, case_cents, customer_cents),
        case_30d_cents=case_cents,
        customer_30d_cents=customer_cents,
        lifted_holds=facts.active_holds(session, case_no=case.number),
    )


def _propose(
    session: orm.Session,
    ctx: context.Context,
    case: models.Dispute,
    seen: decision_facts.Preview,
    *,
    who: actor.Actor,
) -> Resolved:
    now = ctx.clock.now()
    approval_no = approvals.request(
        session,
        kind=approval_rules.RESOLUTION,
        subject=case.number,
        customer_id=case.customer_id,
        amount_cents=seen.decision.amount_cents,
        facts=decision_facts.of(seen),
        reason=seen.decision.reason,
        requester_id=who.id,
        now=now,
        rng=ctx.rng,
    )
    deciding.propose(
        session,
        case,
        decision=seen.decision,
        approval_no=approval_no,
        who=who,
        hours=ctx.hours,
        now=now,
    )
    _record(
        session,
        ctx,
        case,
        "requested",
        approval_no,
        who=who,
        amount_cents=seen.decision.amount_cents,
    )
    return Resolved(number=case.number, state=str(case.state), approval_no=approval_no)


def _move(
    session: orm.Session,
    ctx: context.Context,
    case: models.Dispute,
    plan: moving_money.MoneyPlan | None,
    *,
    reason: str,
    who: actor.Actor,
) -> str:
    if plan is None:
        return ""
    return moving_money.carry_out(
        session,
        ctx,
        plan=plan,
        key=f"dispute:{case.number}:{case.reopened}",
        subject=case.number,
        reason=reason,
        who=who,
        now=ctx.clock.now(),
        today=ctx.clock.today(),
    )


def _end(
    session: orm.Session,
    ctx: context.Context,
    case: models.Dispute,
    *,
    decision: deciding.Decision,
    moved_no: str,
) -> None:
    """After money moved: nothing of the case is paused any more, and the customer is told.

    What opened again on lines of other open cases is paused for those.
    """
    now = ctx.clock.now()
    if not mourning.close(session, ctx, case=case, outcome=decision.outcome):
        holds.lift(session, owner=case.number, now=now)
    pausing.follow_open(session, customer_id=case.customer_id, now=now)
    case_letters.resolved(session, ctx, case=case, decision=decision, moved_no=moved_no)


def _case_of(session: orm.Session, approval_no: str) -> models.Dispute:
    """The case behind a request, locked after its customer's account."""
    number = facts.case_with_approval(session, approval_no=approval_no)
    if number is None:
        raise approvals.NoSuchApproval(number=approval_no)
    customer_id = stepping.find(session, number=number)
    books.lock_customer(session, customer_id=customer_id)
    return stepping.lock(session, number=number)


def _record(
    session: orm.Session,
    ctx: context.Context,
    case: models.Dispute,
    action: str,
    approval_no: str,
    **data: Any,
) -> None:
    approval_log.record(
        session,
        ctx,
        action=action,
        approval_no=approval_no,
        customer_id=case.customer_id,
        case=case.number,
        **data,
    )
