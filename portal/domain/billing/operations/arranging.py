"""Arrangements: written down, agreed to, declined, ended; plans no draft and writes no mail."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.audit import operations as audit
from portal.domain.billing import models
from portal.domain.billing.operations import books
from portal.domain.billing.rules import arranging
from portal.kernel import actor, ids


def propose(
    session: orm.Session,
    *,
    once_key: str,
    customer_id: int,
    invoice_ids: Sequence[int],
    total_cents: int,
    parts: Sequence[arranging.Part],
    method_no: str,
    now: datetime.datetime,
    who: actor.Actor,
    rng: ids.Bits,
) -> models.Arrangement:
    """Write down what the customer proposes; the caller has locked the customer."""
    arrangement = models.Arrangement(
        number=ids.new(ids.Prefix.ARRANGEMENT, rng),
        once_key=once_key,
        customer_id=customer_id,
        state=models.ArrangementState.PROPOSED,
        total_cents=total_cents,
        parts=[[part.on.isoformat(), part.cents] for part in parts],
        method_no=method_no,
        proposed_at=now,
    )
    session.add(arrangement)
    session.flush()
    session.add_all(
        models.ArrangementBill(arrangement_id=arrangement.id, invoice_id=i)
        for i in sorted(invoice_ids)
    )
    session.flush()
    _audit(session, arrangement, who=who, now=now)
    return arrangement


def by_once_key(
    session: orm.Session, *, once_key: str, customer_id: int
) -> models.Arrangement | None:
    """The arrangement that this form of the customer's made, or None."""
    return session.scalar(
        sa.select(models.Arrangement).where(
            models.Arrangement.once_key == once_key,
            models.Arrangement.customer_id == customer_id,
        )
    )


def lock(
    session: orm.Session, *, number: str, customer_id: int | None = None
) -> models.Arrangement | None:
    """The arrangement of this number, its customer locked first; None: not theirs, or nobody's."""
    owner = session.scalar(
        sa.select(models.Arrangement.customer_id).where(models.Arrangement.number == number)
    )
    if owner is None or (customer_id is not None and owner != customer_id):
        return None
    books.lock_customer(session, customer_id=owner)
    return session.scalar(
        sa.select(models.Arrangement)
        .where(models.Arrangement.number == number)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def step(
    session: orm.Session,
    *,
    arrangement: models.Arrangement,
    event: arranging.Event,
    now: datetime.datetime,
    who: actor.Actor,
    decided_by: str = "",
    answer: str = "",
) -> None:
    """Take the (locked) arrangement along `event`. Raises transitions.NotAllowed."""
    arrangement.state = arranging.ARRANGEMENTS.next(arrangement.state, event)
    if decided_by:
        arrangement.decided_by, arrangement.decided_at = decided_by, now
    arrangement.answer = answer or arrangement.answer
    if arrangement.state in arranging.ENDED:
        arrangement.ended_at = now
    session.flush()
    _audit(session, arrangement, who=who, now=now)


def parts(arrangement: models.Arrangement) -> tuple[arranging.Part, ...]:
    """Its parts as they were agreed."""
    return tuple(
        arranging.Part(datetime.date.fromisoformat(on), cents) for on, cents in arrangement.parts
    )


def invoice_ids(session: orm.Session, *, arrangement_id: int) -> list[int]:
    """The bills of an arrangement."""
    return list(
        session.scalars(
            sa.select(models.ArrangementBill.invoice_id)
            .where(models.ArrangementBill.arrangement_id == arrangement_id)
            .order_by(models.ArrangementBill.invoice_id)
        )
    )


def _audit(
    session: orm.Session,
    arrangement: models.Arrangement,
    *,
    who: actor.Actor,
    now: datetime.datetime,
) -> None:
    audit.record(
        session,
        who=who,
        action=f"billing.arrangement_{arrangement.state}",
        subject=arrangement.number,
        now=now,
        customer_id=arrangement.customer_id,
        total_cents=arrangement.total_cents,
        parts=arrangement.parts,
        decided_by=arrangement.decided_by,
    )
