"""A second person is asked, and agrees to what is true now; what is then done is each journey's.

Asking and agreeing stand inside the caller's transaction, after the lock on the subject.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
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


@dataclasses.dataclass(frozen=True, kw_only=True)
class Deciding:
    """Somebody answers a request, in a transaction: after the lock on its subject."""

    session: orm.Session
    ctx: context.Context
    approval_no: str
    facts_version: str  # of what they were shown
    who: actor.Actor

    def request(self) -> models.Approval:
        """The waiting request, locked, for somebody who may decide it.

        Raises NoSuchApproval, DecidedAlready, NotAnApprover, NotYours.
        """
        row = operations.pending(self.session, number=self.approval_no)
        rules.check_decider(who=self.who, kind=row.kind, requester_id=row.requester_id)
        return row

    def agree(self, facts: dict[str, Any]) -> None:
        """Agree where `facts`, which are true now, are what was shown.

        Else the request keeps them and StaleFacts is raised: before anything is done.
        """
        operations.refresh(self.session, number=self.approval_no, facts=facts)
        if self.facts_version != rules.facts_version(facts):
            raise rules.StaleFacts(number=self.approval_no)
        operations.approve(
            self.session,
            number=self.approval_no,
            facts_version=self.facts_version,
            who=self.who,
            now=self.ctx.clock.now(),
        )


@contextlib.contextmanager
def deciding(
    ctx: context.Context, *, approval_no: str, facts_version: str, who: actor.Actor
) -> Iterator[Deciding]:
    """One transaction that decides a request; on StaleFacts the fresh facts are kept, too."""
    stale = None
    with ctx.database.unit_of_work() as session:
        try:
            yield Deciding(
                session=session,
                ctx=ctx,
                approval_no=approval_no,
                facts_version=facts_version,
                who=who,
            )
        except rules.StaleFacts as refused:
            stale = refused
    if stale is not None:
        raise stale


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
