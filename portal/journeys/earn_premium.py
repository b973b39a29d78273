"""Daily earning: one entry a day for the whole book, which also corrects what changed since."""

from __future__ import annotations

import datetime

from portal.domain.billing.operations import earning
from portal.domain.billing.queries import earned
from portal.domain.ledger import operations as ledger
from portal.domain.ledger import rules
from portal.journeys import context

ACTOR = "earning run"


def run(ctx: context.Context, *, on: datetime.date) -> int:
    """Post what the whole book earned through the end of the day before `on`, in cents.

    `on` itself is not over yet. The entry is what all terms have earned by then less what the
    ledger has as earned, so a missed day is made good and a correction finds its way. Running
    twice posts once.
    """
    through = on - datetime.timedelta(days=1)
    with ctx.database.unit_of_work() as session:
        earning.lock(session)
        cents = earned.earned_through(session, day=through) - earned.posted(session)
        earning.record(session, through_on=through, cents=cents, now=ctx.clock.now())
        if cents == 0:
            return 0
        ledger.post(
            session,
            key=f"earned:{through.isoformat()}:{earned.entries_of(session, day=through) + 1}",
            event=rules.Event.PREMIUM_EARNED,
            booked_on=through,
            now=ctx.clock.now(),
            subject=through.isoformat(),
            actor=ACTOR,
            postings=rules.premium_earned(cents=cents),
        )
    return cents
