"""Writes down who looked at a customer or a case; a GET that writes, at most once a while."""

from __future__ import annotations

import datetime

from portal.domain.audit import operations, queries
from portal.journeys import context
from portal.kernel import actor

AGAIN_AFTER = datetime.timedelta(minutes=15)  # going to and fro on a case is one reading


def note_reading(ctx: context.Context, *, who: actor.Actor, subject: str, customer_id: int) -> None:
    """Record that `who` opened the page of `subject`, unless that stands there already.

    Readings of the same person and subject within 15 minutes are one event.
    """
    now = ctx.clock.now()
    with ctx.database.unit_of_work() as session:
        if queries.was_done(
            session, action="desk.opened", subject=subject, actor_id=who.id, since=now - AGAIN_AFTER
        ):
            return
        operations.record(
            session,
            who=who,
            action="desk.opened",
            subject=subject,
            now=now,
            customer_id=customer_id,
        )
