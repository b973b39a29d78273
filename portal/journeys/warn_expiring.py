"""Tells owners of cards that expire soon, 45, 15 and 3 days before the last day, once each."""

from __future__ import annotations

import datetime

from sqlalchemy import orm

from portal.domain.payments.operations import warning
from portal.journeys import context, draft_mails
from portal.kernel import labels

BATCH = 200


def run(ctx: context.Context, *, on: datetime.date) -> int:
    """Warn of every card in use that is near its end on the day `on`; how many mails.

    In use: autopay or a planned payment takes it, or it is offered first. Killed anywhere or run
    twice, it writes each warning once. Newer details of a card begin its warnings afresh.
    """
    count = after = 0
    while True:
        with ctx.database.unit_of_work() as session:
            after, found = warning.take(session, today=on, after=after, limit=BATCH)
            for card in found:
                _tell(session, ctx, card)
        count += len(found)
        if not after:
            return count


def _tell(session: orm.Session, ctx: context.Context, card: warning.Expiring) -> None:
    method = card.method
    draft_mails.tell(
        session,
        ctx,
        customer_id=method.customer_id,
        payer_id=method.payer_id,
        template="card_expiring",
        key=f"card_expiring:{method.number}:{card.last_on.isoformat()}:{card.days}",
        subject_no=method.number,
        method_label=labels.of_method(method),
        last_on=card.last_on,
        pets=card.pets,
        is_planned=card.is_planned,
    )
