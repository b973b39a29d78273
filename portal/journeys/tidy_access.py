"""Deletes what nobody needs any more of access: old throttle counts, links and sessions.

Who signed in and what changed stands in the audit log, which is not touched.
"""

from __future__ import annotations

import datetime

from portal.domain.identity.operations import links, sessions, throttling
from portal.journeys import context

LINKS_KEPT = datetime.timedelta(days=30)  # a late reader is told "used" or "too old", not "unknown"
SESSIONS_KEPT = datetime.timedelta(days=90)


def run(ctx: context.Context) -> None:
    """Delete them, each kind in a transaction of its own; running twice changes nothing."""
    now = ctx.clock.now()
    with ctx.database.unit_of_work() as session:
        throttling.forget_old(session, now=now)
    with ctx.database.unit_of_work() as session:
        links.forget_old(session, before=now - LINKS_KEPT)
    with ctx.database.unit_of_work() as session:
        sessions.forget_old(session, before=now - SESSIONS_KEPT)
