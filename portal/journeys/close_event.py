"""People deal with an event that could not be handled: they close it, or have it tried again."""

from __future__ import annotations

import datetime
from collections.abc import Callable

from sqlalchemy import orm

from portal.domain.audit import operations as audit
from portal.domain.inbox import operations
from portal.journeys import context
from portal.kernel import actor

TASK = "handle_stripe_event"
Change = Callable[[orm.Session, str, datetime.datetime], operations.Held | None]


def close(ctx: context.Context, *, external_id: str, who: actor.Actor) -> bool:
    """Take the event off the desk for good: somebody has dealt with it outside.

    Whether it was still waiting; nothing is changed where it was not.
    """
    return _change(
        ctx,
        lambda session, id_, now: operations.close(session, external_id=id_, now=now),
        external_id=external_id,
        action="inbox.closed",
        who=who,
    )


def try_again(ctx: context.Context, *, external_id: str, who: actor.Actor) -> bool:
    """Queue the handling once more; whether the event was still waiting."""
    return _change(
        ctx,
        lambda session, id_, _now: operations.queue_again(session, external_id=id_, task=TASK),
        external_id=external_id,
        action="inbox.tried_again",
        who=who,
    )


def _change(
    ctx: context.Context, change: Change, *, external_id: str, action: str, who: actor.Actor
) -> bool:
    now = ctx.clock.now()
    with ctx.database.unit_of_work() as session:
        held = change(session, external_id, now)
        if held is None:
            return False
        audit.record(
            session,
            who=who,
            action=action,
            subject=external_id,
            now=now,
            type=held.type,
            about=held.object_id,
            error=held.error,
        )
    return True
