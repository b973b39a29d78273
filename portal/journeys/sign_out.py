"""Signing out: this browser, or every other one."""

from __future__ import annotations

from portal.domain.audit import operations as audit
from portal.domain.identity.operations import sessions
from portal.journeys import context
from portal.kernel import actor


def here(
    ctx: context.Context,
    *,
    session_id: int,
    subject: str,
    customer_id: int | None,
    who: actor.Actor,
) -> None:
    """End one session; `subject` is the customer's number, or how the audit log names staff."""
    now = ctx.clock.now()
    with ctx.database.unit_of_work() as session:
        sessions.end(session, session_id=session_id, now=now)
        audit.record(
            session,
            who=who,
            action="identity.signed_out",
            subject=subject,
            customer_id=customer_id,
            now=now,
        )


def everywhere_else(
    ctx: context.Context, *, customer_id: int, subject: str, keep: int, who: actor.Actor
) -> int:
    """End every session of the customer but `keep`; how many ended."""
    now = ctx.clock.now()
    with ctx.database.unit_of_work() as session:
        ended = sessions.end_all(session, now=now, customer_id=customer_id, but=keep)
        audit.record(
            session,
            who=who,
            action="identity.signed_out_everywhere",
            subject=subject,
            customer_id=customer_id,
            now=now,
            ended=ended,
        )
    return ended
