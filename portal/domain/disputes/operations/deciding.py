"""Decisions: proposed, sent back, or final; moves no money itself."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.disputes import models, rules
from portal.domain.disputes.operations import raising, stepping
from portal.domain.disputes.queries import case as case_queries
from portal.kernel import actor, business_clock, errors, msgids

REASON_MOST = 2000  # characters; what a second person is asked with holds as many


class ReasonMissing(errors.DomainError):
    """A decision says why, for the audit log."""

    code = "dispute_reason_missing"
    message = msgids.N_("Write the reason in a sentence, for the log.")


class ReasonTooLong(errors.DomainError):
    """More than a reason takes."""

    code = "dispute_reason_too_long"
    message = msgids.N_("Please write at most %(most)s characters.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Decision:
    """What a specialist decides; `amount_cents` is 0 without a money action.

    `answer` is what the customer reads, `reason` what the log keeps. `freed_by` says how money
    on a bill is freed for a refund: "" (it is unapplied), "credit" or "take_back".
    """

    outcome: rules.Outcome
    action: rules.MoneyAction = rules.MoneyAction.NONE
    amount_cents: int = 0
    payment_no: str | None = None
    freed_by: str = ""
    answer: str
    reason: str


def check(decision: Decision) -> Decision:
    """The decision with its words cleaned.

    Raises the errors of rules.check_decision, WordsMissing, WordsTooLong, ReasonMissing,
    ReasonTooLong.
    """
    rules.check_decision(decision.outcome, decision.action, decision.amount_cents)
    reason = decision.reason.replace("\x00", "").strip()
    if not reason:
        raise ReasonMissing()
    if len(reason) > REASON_MOST:
        raise ReasonTooLong(most=REASON_MOST)
    return dataclasses.replace(decision, answer=raising.clean_words(decision.answer), reason=reason)


def propose(
    session: orm.Session,
    case: models.Dispute,
    *,
    decision: Decision,
    approval_no: str,
    who: actor.Actor,
    hours: business_clock.BusinessClock,
    now: datetime.datetime,
) -> None:
    """Keep the decision until a second person has looked at it. Raises NotAllowed."""
    stepping.step(session, case, rules.CaseEvent.PROPOSE, hours=hours, now=now)
    _keep(session, case, decision=decision, approval_no=approval_no, who=who, now=now)
    _record(session, case, "proposed", decision, who=who, now=now, approval=approval_no)


def resolve(
    session: orm.Session,
    case: models.Dispute,
    *,
    decision: Decision,
    moved_no: str,
    who: actor.Actor,
    hours: business_clock.BusinessClock,
    now: datetime.datetime,
) -> None:
    """Decide alone and close; `moved_no` is the refund or credit, or "". Raises NotAllowed."""
    _close(session, case, rules.CaseEvent.RESOLVE, decision.outcome, hours=hours, now=now)
    _keep(session, case, decision=decision, approval_no=None, who=who, now=now, done_at=now)
    _record(session, case, "resolved", decision, who=who, now=now, moved=moved_no)


def approve(
    session: orm.Session,
    case: models.Dispute,
    *,
    proposal: models.Resolution,
    moved_no: str,
    who: actor.Actor,
    hours: business_clock.BusinessClock,
    now: datetime.datetime,
) -> None:
    """Close with what was proposed. Raises NotAllowed."""
    decision = as_decision(proposal)
    _close(session, case, rules.CaseEvent.APPROVE, decision.outcome, hours=hours, now=now)
    proposal.carried_out_at = now
    session.flush()
    _record(
        session,
        case,
        "resolved",
        decision,
        who=who,
        now=now,
        moved=moved_no,
        approval=proposal.approval_no,
    )


def return_(
    session: orm.Session,
    case: models.Dispute,
    *,
    reason: str,
    who: actor.Actor,
    hours: business_clock.BusinessClock,
    now: datetime.datetime,
) -> None:
    """Send a proposal back to whoever works the case. Raises NotAllowed."""
    stepping.step(session, case, rules.CaseEvent.RETURN, hours=hours, now=now)
    stepping.record(session, case, who=who, action="returned", now=now, reason=reason)


def waiting(session: orm.Session, case: models.Dispute) -> models.Resolution:
    """The newest proposal of a case; there must be one."""
    return session.scalars(
        sa.select(models.Resolution)
        .where(
            models.Resolution.dispute_id == case.id,
            models.Resolution.carried_out_at.is_(None),
        )
        .order_by(models.Resolution.id.desc())
        .limit(1)
    ).one()


def as_decision(row: models.Resolution | case_queries.ResolutionView) -> Decision:
    """The decision that a row, or the view of one, keeps."""
    return Decision(
        outcome=rules.Outcome(row.outcome),
        action=rules.MoneyAction(row.action),
        amount_cents=row.amount_cents,
        payment_no=row.payment_no,
        freed_by=row.freed_by,
        answer=row.answer,
        reason=row.reason,
    )


def _close(
    session: orm.Session,
    case: models.Dispute,
    event: rules.CaseEvent,
    outcome: rules.Outcome,
    *,
    hours: business_clock.BusinessClock,
    now: datetime.datetime,
) -> None:
    stepping.answered(case, now=now)
    stepping.step(session, case, event, hours=hours, now=now)
    case.outcome = str(outcome)
    case.closed_at = now
    session.flush()


def _keep(
    session: orm.Session,
    case: models.Dispute,
    *,
    decision: Decision,
    approval_no: str | None,
    who: actor.Actor,
    now: datetime.datetime,
    done_at: datetime.datetime | None = None,
) -> None:
    session.add(
        models.Resolution(
            dispute_id=case.id,
            outcome=decision.outcome,
            action=decision.action,
            amount_cents=decision.amount_cents,
            payment_no=decision.payment_no,
            freed_by=decision.freed_by,
            answer=decision.answer,
            reason=decision.reason,
            approval_no=approval_no,
            proposed_by_id=who.id,
            proposed_at=now,
            carried_out_at=done_at,
        )
    )
    session.flush()


def _record(
    session: orm.Session,
    case: models.Dispute,
    action: str,
    decision: Decision,
    *,
    who: actor.Actor,
    now: datetime.datetime,
    **more: str | None,
) -> None:
    stepping.record(
        session,
        case,
        who=who,
        action=action,
        now=now,
        outcome=str(decision.outcome),
        money=str(decision.action),
        amount_cents=decision.amount_cents,
        payment=decision.payment_no,
        reason=decision.reason,
        **more,
    )
