"""A second person is asked, and agrees to what is true now; what is then done is each journey's.

Asking and agreeing stand inside the caller's transaction, after the lock on the subject.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from sqlalchemy import orm

from portal.domain.approvals import models, operations, queries, rules
from portal.journeys import approval_log, context
from portal.kernel import actor


@dataclasses.dataclass(frozen=True, kw_only=True)
class Matter:
    """What a request is about: its kind, its subject and whose it is; `data` is for the log."""

    kind: str
    subject: str
    customer_id: int | None
    data: Mapping[str, object]


def ask(
    session: orm.Session,
    ctx: context.Context,
    matter: Matter,
    *,
    amount_cents: int,
    facts: dict[str, Any],
    reason: str,
    who: actor.Actor,
) -> str:
    """Keep it for a second person; the request's number. Raises ReasonMissing, ReasonTooLong."""
    number = operations.request(
        session,
        kind=matter.kind,
        subject=matter.subject,
        customer_id=matter.customer_id,
        amount_cents=amount_cents,
        facts=facts,
        reason=reason,
        requester_id=who.id,
        now=ctx.clock.now(),
        rng=ctx.rng,
    )
    log(session, ctx, matter, "requested", number, who=who)
    return number


def asked(ctx: context.Context, kind: str, approval_no: str) -> queries.ApprovalView:
    """The request of this kind, before its subject is locked. Raises NoSuchApproval."""
    with ctx.database.reading() as session:
        view = queries.by_number(session, number=approval_no)
    if view is None or view.kind != kind:
        raise operations.NoSuchApproval(number=approval_no)
    return view


def to_decide(session: orm.Session, *, approval_no: str, who: actor.Actor) -> models.Approval:
    """The waiting request, locked, for somebody who may decide it.

    Raises NoSuchApproval, DecidedAlready, NotAnApprover, NotYours.
    """
    row = operations.pending(session, number=approval_no)
    rules.check_decider(who=who, kind=row.kind, requester_id=row.requester_id)
    return row


def agree(
    session: orm.Session,
    ctx: context.Context,
    *,
    approval_no: str,
    facts: dict[str, Any],
    facts_version: str,
    who: actor.Actor,
) -> bool:
    """Agree where `facts`, which are true now, are what was shown; else only keep them.

    On False the caller raises StaleFacts once its transaction is through, so that they stay.
    """
    operations.refresh(session, number=approval_no, facts=facts)
    if facts_version != rules.facts_version(facts):
        return False
    operations.approve(
        session, number=approval_no, facts_version=facts_version, who=who, now=ctx.clock.now()
    )
    return True


def log(
    session: orm.Session,
    ctx: context.Context,
    matter: Matter,
    action: str,
    approval_no: str,
    *,
    who: actor.Actor,
    **more: object,
) -> None:
    """What became of the request, in the audit log: requested, approved, returned."""
    approval_log.record(
        session,
        ctx,
        action=action,
        approval_no=approval_no,
        customer_id=matter.customer_id,
        who=who,
        **matter.data,
        **more,
    )
