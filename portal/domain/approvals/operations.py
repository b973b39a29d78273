"""Asking for a second person, and deciding; the caller carries out what was approved."""

from __future__ import annotations

import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.approvals import models, rules
from portal.kernel import actor, errors, ids, msgids


class NoSuchApproval(errors.DomainError):
    """There is no request with this number."""

    code = "approval_unknown"
    message = msgids.N_("There is no such request.")


class DecidedAlready(errors.DomainError):
    """Somebody was faster, or it was taken back."""

    code = "approval_decided"
    message = msgids.N_("This was decided already, or taken back.")


def request(
    session: orm.Session,
    *,
    kind: str,
    subject: str,
    customer_id: int | None,
    amount_cents: int,
    facts: dict[str, Any],
    reason: str,
    requester_id: int,
    now: datetime.datetime,
    rng: ids.Bits,
) -> str:
    """Ask for a second person about `subject` (a public number); the request's number.

    Of one kind and subject one request waits at a time; a second is an integrity error, which
    the lock on the subject prevents. Raises ReasonMissing, ReasonTooLong.
    """
    kept = rules.clean_reason(reason)
    row = models.Approval(
        number=ids.new(ids.Prefix.APPROVAL, rng),
        kind=kind,
        subject=subject,
        customer_id=customer_id,
        amount_cents=amount_cents,
        facts=facts,
        facts_version=rules.facts_version(facts),
        reason=kept,
        state=models.ApprovalState.PENDING,
        requester_id=requester_id,
        requested_at=now,
    )
    session.add(row)
    session.flush()
    return row.number


def pending(session: orm.Session, *, number: str) -> models.Approval:
    """The waiting request `number`, locked.

    Raises NoSuchApproval, DecidedAlready.
    """
    row = session.scalar(
        sa.select(models.Approval)
        .where(models.Approval.number == number)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NoSuchApproval(number=number)
    if row.state is not models.ApprovalState.PENDING:
        raise DecidedAlready(number=number, state=str(row.state))
    return row


def approve(
    session: orm.Session,
    *,
    number: str,
    facts_version: str,
    who: actor.Actor,
    now: datetime.datetime,
) -> None:
    """Agree to exactly the facts with this version.

    Raises NoSuchApproval, DecidedAlready, NotAnApprover, NotYours, StaleFacts.
    """
    row = pending(session, number=number)
    rules.check_decider(who=who, kind=row.kind, requester_id=row.requester_id)
    if row.facts_version != facts_version:
        raise rules.StaleFacts(number=number)
    _decide(session, row, models.ApprovalState.APPROVED, by=who.id, answer="", now=now)


def return_(
    session: orm.Session,
    *,
    number: str,
    reason: str,
    who: actor.Actor,
    now: datetime.datetime,
) -> None:
    """Send a request back, saying why.

    Raises NoSuchApproval, DecidedAlready, NotAnApprover, NotYours, ReasonMissing,
    ReasonTooLong.
    """
    row = pending(session, number=number)
    rules.check_decider(who=who, kind=row.kind, requester_id=row.requester_id)
    answer = rules.clean_reason(reason)
    _decide(session, row, models.ApprovalState.RETURNED, by=who.id, answer=answer, now=now)


def refresh(session: orm.Session, *, number: str, facts: dict[str, Any]) -> None:
    """Write new facts into a waiting request, so that its approver sees what is true now."""
    row = pending(session, number=number)
    row.facts = facts
    row.facts_version = rules.facts_version(facts)
    session.flush()


def withdraw(
    session: orm.Session, *, kind: str, subject: str, now: datetime.datetime
) -> str | None:
    """Take the waiting request about `subject` back; its number, None when none waits."""
    row = session.scalar(
        sa.select(models.Approval)
        .where(
            models.Approval.kind == kind,
            models.Approval.subject == subject,
            models.Approval.state == models.ApprovalState.PENDING,
        )
        .with_for_update()
    )
    if row is None:
        return None
    _decide(session, row, models.ApprovalState.WITHDRAWN, by=None, answer="", now=now)
    return row.number


def _decide(
    session: orm.Session,
    row: models.Approval,
    state: models.ApprovalState,
    *,
    by: int | None,
    answer: str,
    now: datetime.datetime,
) -> None:
    row.state = state
    row.approver_id = by
    row.answer = answer
    row.decided_at = now
    session.flush()
