"""Posting with the account balances kept beside: the one way from billing into the ledger."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from portal.domain.billing import models
from portal.domain.ledger import operations as ledger
from portal.domain.ledger import rules


def post(
    session: orm.Session,
    *,
    key: str,
    event: rules.Event,
    booked_on: datetime.date,
    now: datetime.datetime,
    subject: str,
    actor: str,
    postings: Sequence[rules.Posting],
    memo: str = "",
) -> bool:
    """Post one entry and move the balances of the customers it names.

    False when the fact `key` is posted already; nothing is changed then.
    """
    entry_id = ledger.post(
        session,
        key=key,
        event=event,
        booked_on=booked_on,
        now=now,
        subject=subject,
        actor=actor,
        postings=postings,
        memo=memo,
    )
    if entry_id is None:
        return False
    move_balances(session, postings)
    return True


def move_balances(session: orm.Session, postings: Sequence[rules.Posting]) -> None:
    """Add the postings to receivable and unapplied of each customer, in order of id."""
    moves: dict[int, list[int]] = {}
    for posting in postings:
        if posting.customer_id is None:
            continue
        move = moves.setdefault(posting.customer_id, [0, 0])
        if posting.account in rules.RECEIVABLES:
            move[0] += posting.cents
        elif posting.account == rules.AccountCode.UNAPPLIED_CASH:
            move[1] -= posting.cents
    rows = [
        {"customer_id": customer, "receivable_cents": owed, "unapplied_cents": unapplied}
        for customer, (owed, unapplied) in sorted(moves.items())
        if owed or unapplied
    ]
    if not rows:
        return
    insert = postgresql.insert(models.AccountBalance).values(rows)
    table = models.AccountBalance
    session.execute(
        insert.on_conflict_do_update(
            index_elements=[table.customer_id],
            set_={
                "receivable_cents": table.receivable_cents + insert.excluded.receivable_cents,
                "unapplied_cents": table.unapplied_cents + insert.excluded.unapplied_cents,
            },
        )
    )


def lock_customer(session: orm.Session, *, customer_id: int) -> None:
    """Take the customer's account for this transaction; the first lock of every money change."""
    account = (
        sa.select(models.AccountBalance.customer_id)
        .where(models.AccountBalance.customer_id == customer_id)
        .with_for_update()
    )
    if session.scalar(account) is not None:
        return
    session.execute(
        postgresql.insert(models.AccountBalance)
        .values(customer_id=customer_id)
        .on_conflict_do_nothing()
    )
    session.execute(account)


def lock_earning(session: orm.Session) -> None:
    """One earning run at a time, until the transaction ends."""
    session.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended('earning', 0))"))
