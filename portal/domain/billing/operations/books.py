"""Posting with the account balances kept beside: the one way from billing into the ledger."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from portal.domain.billing import models
from portal.domain.ledger import chart, rules
from portal.domain.ledger import operations as ledger

_ACCOUNTS = models.AccountBalance.__table__


def _locking(customer_id: sa.ColumnElement[int]) -> sa.Select[tuple[int]]:
    account = models.AccountBalance.customer_id
    return sa.select(account).where(account == customer_id).with_for_update()


_LOCK = _locking(sa.bindparam("customer_id"))
_OPEN = postgresql.insert(_ACCOUNTS).on_conflict_do_nothing()


def _moving() -> postgresql.Insert:
    insert = postgresql.insert(_ACCOUNTS)
    return insert.on_conflict_do_update(
        index_elements=[_ACCOUNTS.c.customer_id],
        set_={
            name: _ACCOUNTS.c[name] + insert.excluded[name]
            for name in ("receivable_cents", "unapplied_cents")
        },
    )


_MOVE = _moving()


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
        if posting.account in chart.RECEIVABLES:
            move[0] += posting.cents
        elif posting.account == chart.AccountCode.UNAPPLIED_CASH:
            move[1] -= posting.cents
    rows = [
        {"customer_id": customer, "receivable_cents": owed, "unapplied_cents": unapplied}
        for customer, (owed, unapplied) in sorted(moves.items())
        if owed or unapplied
    ]
    if rows:
        session.execute(_MOVE, rows)


def lock_customer(session: orm.Session, *, customer_id: int) -> None:
    """Take the customer's account for this transaction; the first lock of every money change."""
    account = {"customer_id": customer_id}
    if session.scalar(_LOCK, account) is not None:
        return
    session.execute(_OPEN, account)
    session.execute(_LOCK, account)


def lock_customers(
    session: orm.Session, customer_ids: Collection[int], *, also: sa.Select[tuple[int]]
) -> tuple[int, ...]:
    """Take the accounts of several customers in order of id, those that `also` finds among them.

    Their ids. Whoever takes more than one takes them here, so that nobody waits in a circle.
    """
    account = models.AccountBalance.customer_id
    wanted = sa.or_(account.in_(customer_ids), account.in_(also))
    found = session.scalars(
        sa.select(account).where(wanted).order_by(account).with_for_update()
    ).all()
    for customer_id in sorted(set(customer_ids) - set(found)):  # there is no account yet
        lock_customer(session, customer_id=customer_id)
    return tuple(sorted({*found, *customer_ids}))


class Owner:
    """Locks the customer that a statement finds, and costs no statement more than the lock.

    `found` selects the id of one customer by parameters of its own.
    """

    def __init__(self, found: sa.Select[tuple[int]]) -> None:
        self._found = found
        self._lock = _locking(found.scalar_subquery())

    def lock(self, session: orm.Session, **values: int) -> None:
        """Take the account of the customer found by `values`, of whom there must be one."""
        if session.scalar(self._lock, values) is None:  # there is no account yet
            lock_customer(session, customer_id=session.scalars(self._found, values).one())
