"""Money of a customer that lies unapplied: how much is free, and using it for bills."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.audit import operations as audit
from portal.domain.billing import models as billing
from portal.domain.billing.operations import allocating, books, holds
from portal.domain.ledger import rules as ledger
from portal.domain.payments import models, rules
from portal.kernel import actor


class UsedAlready(Exception):
    """The fact was posted before: whoever asks again must undo what this transaction did."""


@dataclasses.dataclass(frozen=True)
class Source:
    """A payment or credit with money that nothing holds."""

    number: str
    cents: int


def _free() -> sa.Select:
    claimed = sa.select(models.Chargeback.id).where(
        models.Chargeback.payment_id == models.Payment.id,
        models.Chargeback.state.in_(sorted(rules.DECIDING)),
    )
    payments = sa.select(
        models.Payment.number,
        models.Payment.unapplied_cents.label("cents"),
        models.Payment.settled_at.label("since"),
    ).where(
        models.Payment.customer_id == sa.bindparam("customer_id"),
        models.Payment.unapplied_cents > 0,
        ~claimed.exists(),
    )
    credits = sa.select(
        billing.Credit.number,
        billing.Credit.unapplied_cents.label("cents"),
        billing.Credit.created_at.label("since"),
    ).where(
        billing.Credit.customer_id == sa.bindparam("customer_id"),
        billing.Credit.unapplied_cents > 0,
    )
    every = sa.union_all(payments, credits).subquery()
    held = (
        sa.select(sa.func.coalesce(sa.func.sum(billing.Hold.amount_cents), 0))
        .where(
            billing.Hold.kind == billing.HoldKind.ALLOCATION,
            billing.Hold.subject == every.c.number,
            billing.Hold.lifted_at.is_(None),
        )
        .scalar_subquery()
    )
    return sa.select(every.c.number, every.c.cents - held).order_by(every.c.since, every.c.number)


_FREE = _free()


def free(session: orm.Session, *, customer_id: int) -> tuple[Source, ...]:
    """What can be used, oldest first.

    What a dispute set aside is left out, and payments that a bank claims: it may keep them.
    """
    rows = session.execute(_FREE, {"customer_id": customer_id})
    return tuple(Source(number, int(cents)) for number, cents in rows if cents > 0)


def use(
    session: orm.Session,
    *,
    customer_id: int,
    invoice_ids: Sequence[int],
    cents: int,
    key: str,
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
) -> None:
    """Apply exactly `cents` of the customer's free money to the (locked) invoices.

    One entry per payment or credit it comes from, the first under `key`. The caller has locked
    the customer and knows that so much is free and open: anything else raises ValueError. Raises
    UsedAlready.
    """
    left = cents
    for count, source in enumerate(free(session, customer_id=customer_id)):
        part = min(source.cents, left)
        if part == 0:
            break
        applied, over = allocating.apply(
            session,
            source=source.number,
            cents=part,
            invoice_ids=invoice_ids,
            now=now,
            today=today,
        )
        if over:
            raise ValueError(f"{over} of {source.number} found no open charge")
        fact = entry_key(key) if count == 0 else f"{entry_key(key)}:{source.number}"
        _post(session, source.number, applied, customer_id, fact, now, today, who)
        _lessen(session, source.number, part)
        left -= part
    if left:
        raise ValueError(f"{left} of {cents} are not free")
    holds.shrink_to_open(session, customer_id=customer_id, now=now)


def use_again(
    session: orm.Session,
    *,
    customer_id: int,
    invoice_id: int,
    freed: Mapping[str, int],
    key: str,
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
) -> int:
    """Apply what was freed of each payment or credit to one other (locked) bill; the cents.

    What finds nothing open stays unapplied. The caller has locked the customer.
    """
    used = 0
    for source, cents in freed.items():
        applied, over = allocating.apply(
            session,
            source=source,
            cents=cents,
            invoice_ids=[invoice_id],
            now=now,
            today=today,
        )
        if cents > over:
            fact = f"{entry_key(key)}:{source}"
            _post(session, source, applied, customer_id, fact, now, today, who)
            _lessen(session, source, cents - over)
            used += cents - over
    return used


def entry_key(key: str) -> str:
    """The key of the first entry of a use."""
    return f"unapplied_used:{key}"


def _post(
    session: orm.Session,
    number: str,
    applied: Sequence[ledger.Charge],
    customer_id: int,
    fact: str,
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
) -> None:
    audit.record(
        session,
        who=who,
        action="payments.unapplied_used",
        subject=number,
        now=now,
        customer_id=customer_id,
        amount_cents=sum(charge.cents for charge in applied),
    )
    posted = books.post(
        session,
        key=fact,
        event=ledger.Event.UNAPPLIED_USED,
        booked_on=today,
        now=now,
        subject=number,
        actor=who.label,
        postings=ledger.unapplied_used(applied, customer_id=customer_id),
    )
    if not posted:
        raise UsedAlready(fact)


def _lessen(session: orm.Session, number: str, cents: int) -> None:
    for table in (models.Payment, billing.Credit):
        session.execute(
            sa.update(table)
            .where(table.number == number)
            .values(unapplied_cents=table.unapplied_cents - cents)
        )
