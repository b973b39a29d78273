"""Frees money that stands on bills, so that their lines are open again; commits nothing."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.billing.operations import allocating, books, writing_off
from portal.domain.ledger import rules as ledger
from portal.domain.payments import models as payments
from portal.domain.payments.operations import keeping
from portal.kernel import actor


def _of_kind(kind: billing.CreditKind) -> sa.Exists:
    return sa.exists().where(
        billing.Credit.number == billing.Allocation.source, billing.Credit.kind == kind
    )


# what pays a line and can be had back; the other credits say that less was owed. A correction is
# money once the bill that it corrected is withdrawn and it pays another one
_MONEY = sa.or_(
    billing.Allocation.source.like("PAY-%"),
    _of_kind(billing.CreditKind.GOODWILL),
    sa.and_(
        _of_kind(billing.CreditKind.CORRECTION),
        billing.Allocation.rule != "correction",
    ),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Terms:
    """How it is written down: a key unique to the decision, what it is for, by whom and when."""

    key: str
    memo: str
    who: actor.Actor
    now: datetime.datetime
    today: datetime.date


def open_up(
    session: orm.Session, *, customer_id: int, parts: Mapping[int, int], terms: Terms
) -> dict[str, int]:
    """Take back what it takes for each line (line id → cents) to be open so far, newest first.

    The number of each payment or credit that has money unapplied now, and how much. What no money
    pays is left as it is. The caller credits what is open then: of a bill that is written off the
    write-off is taken back so far. What a bank kept is gone.
    """
    open_rows = session.execute(
        sa.select(billing.InvoiceLine.id, billing.InvoiceLine.open_cents).where(
            billing.InvoiceLine.id.in_(list(parts))
        )
    )
    missing = {i: parts[i] - cents for i, cents in open_rows.all() if parts[i] > cents}
    for line_id, cents in writing_off.lessen(
        session, parts=missing, now=terms.now, today=terms.today, who=terms.who
    ).items():
        missing[line_id] -= cents
    rows = session.execute(
        sa.select(
            billing.Allocation.source,
            billing.Allocation.line_id,
            sa.func.sum(billing.Allocation.cents).label("cents"),
        )
        .where(billing.Allocation.line_id.in_(list(missing)), _MONEY)
        .group_by(billing.Allocation.source, billing.Allocation.line_id)
        .having(sa.func.sum(billing.Allocation.cents) > 0)
        .order_by(sa.func.max(billing.Allocation.id).desc())
    )
    taken: dict[str, dict[int, int]] = {}
    for source, line_id, cents in rows:
        part = min(missing.get(line_id, 0), int(cents))
        if part:
            taken.setdefault(source, {})[line_id] = part
            missing[line_id] -= part
    for source, given in taken.items():
        take_back(
            session,
            customer_id=customer_id,
            source=source,
            parts=given,
            terms=terms,
            is_credited=True,
        )
    freed = {source: sum(given.values()) for source, given in taken.items()}
    return without_kept(session, freed=freed, terms=terms)


def without_kept(session: orm.Session, *, freed: Mapping[str, int], terms: Terms) -> dict[str, int]:
    """What of the freed money is there: not what a bank kept of a payment at our loss."""
    left = dict(freed)
    for source, cents in freed.items():
        if source.startswith("PAY-"):
            left[source] -= keeping.keep_freed(
                session,
                payment_no=source,
                cents=cents,
                key=terms.key,
                now=terms.now,
                today=terms.today,
                who=terms.who,
            )
    return {source: cents for source, cents in left.items() if cents}


def clear(
    session: orm.Session, *, customer_id: int, invoice_id: int, terms: Terms
) -> dict[str, int]:
    """Take everything off a bill that stands on it, except premium that went back.

    The number of each payment or credit, oldest first, and what it has unapplied more now. A
    correction is the customer's money then: the bill in this one's place asks for all of it. The
    caller uses it for that bill, or asks what is left `without_kept`.
    """
    went_back = sa.exists().where(
        billing.Credit.number == billing.Allocation.source,
        billing.Credit.kind == billing.CreditKind.RETURN_PREMIUM,
    )
    rows = session.execute(
        sa.select(
            billing.Allocation.source,
            billing.Allocation.line_id,
            sa.func.sum(billing.Allocation.cents).label("cents"),
        )
        .join(billing.InvoiceLine, billing.InvoiceLine.id == billing.Allocation.line_id)
        .where(billing.InvoiceLine.invoice_id == invoice_id, ~went_back)
        .group_by(billing.Allocation.source, billing.Allocation.line_id)
        .having(sa.func.sum(billing.Allocation.cents) > 0)
        .order_by(sa.func.min(billing.Allocation.id))
    )
    taken: dict[str, dict[int, int]] = {}
    for source, line_id, cents in rows:
        taken.setdefault(source, {})[line_id] = int(cents)
    for source, parts in taken.items():
        take_back(session, customer_id=customer_id, source=source, parts=parts, terms=terms)
    return {source: sum(parts.values()) for source, parts in taken.items()}


def take_back(
    session: orm.Session,
    *,
    customer_id: int,
    source: str,
    parts: Mapping[int, int],
    terms: Terms,
    is_credited: bool = False,
) -> None:
    """Take exact cents of a payment or credit off lines; they lie unapplied then.

    What opens of a bill that is written off is written off too, unless the caller credits it.
    """
    taken = allocating.take_back(
        session, source=source, parts=parts, rule="taken_back", now=terms.now, today=terms.today
    )
    table = payments.Payment if source.startswith("PAY-") else billing.Credit
    session.execute(
        sa.update(table)
        .where(table.number == source)
        .values(unapplied_cents=table.unapplied_cents + sum(parts.values()))
    )
    session.expire_all()
    books.post(
        session,
        key=f"taken_back:{source}:{terms.key}",
        event=ledger.Event.ALLOCATION_TAKEN_BACK,
        booked_on=terms.today,
        now=terms.now,
        subject=source,
        actor=terms.who.label,
        postings=ledger.allocation_taken_back(taken, customer_id=customer_id),
        memo=terms.memo,
    )
    if not is_credited:
        writing_off.level(session, line_ids=parts, now=terms.now, today=terms.today, who=terms.who)
