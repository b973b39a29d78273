"""What the owner is told of somebody else's autopay: that it runs, ended, or brought nothing.

Nothing of the payer's card, and not why their bank refused: only what it means for the bills.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import orm

from portal.domain.payments.queries import payers
from portal.journeys import context, telling

JOINED, OFF, NOT_RECEIVED = "joined", "off", "not_received"


def tell(
    session: orm.Session,
    ctx: context.Context,
    *,
    payer_id: int | None,
    what: str,
    fact: object,
    amount_cents: int = 0,
) -> None:
    """Write to the owner that autopay by `payer_id` is JOINED, OFF, or a bill was NOT_RECEIVED.

    `fact` is the row id of the autopay or draft: each is told once. Nothing is told of the owner's
    own autopay (None), whose mails they get themselves.
    """
    if payer_id is None:
        return
    payer = payers.by_id(session, payer_id=payer_id)
    view: dict[str, Any] = {
        "what": what,
        "payer_name": payer.name,
        "pet_name": payer.pet_name,
        "amount_cents": amount_cents,
    }
    telling.tell_customer(
        session,
        ctx,
        customer_id=payer.customer_id,
        template="payer_news",
        key=f"payer_news:{what}:{fact}",
        subject_no=payer.number,
        **view,
    )
