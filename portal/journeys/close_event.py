"""People deal with an event that could not be handled: they close it, or have it tried again."""

from __future__ import annotations

from sqlalchemy import orm

from portal.domain.audit import operations as audit
from portal.domain.inbox import operations
from portal.journeys import context
from portal.kernel import actor

TASK = "handle_stripe_event"


def close(ctx: context.Context, *, external_id: str, who: actor.Actor) -> bool:
    """Take the event off the desk for good: somebody has dealt with it outside.

    Whether it was still waiting; nothing is changed where it was not.
    """
    with ctx.database.unit_of_work() as session:
        held = operations.close(session, external_id=external_id, now=ctx.clock.now())
        return _record(session, ctx, held, external_id, "inbox.closed", who)


def try_again(ctx: context.Context, *, external_id: str, who: actor.Actor) -> bool:
    """Queue the handling once more; whether the event was still waiting."""
    with ctx.database.unit_of_work() as session:
        held = operations.queue_again(session, external_id=external_id, task=TASK)
        return _record(session, ctx, held, external_id, "inbox.tried_again", who)


def _record(
    session: orm.Session,
    ctx: context.Context,
    held: operations.Held | None,
    external_id: str,
    action: str,
    who: actor.Actor,
) -> bool:
    if held is None:
        return False
    audit.record(
        session,
        who=who,
        action=action,
        subject=external_id,
        now=ctx.clock.now(),
        type=held.type,
        about=held.object_id,
        error=held.error,
    )
    return True
