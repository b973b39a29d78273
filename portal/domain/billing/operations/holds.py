"""Placing and lifting holds."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models
from portal.kernel import errors, msgids


class HeldAlready(errors.DomainError):
    """One hold per line and kind."""

    code = "hold_exists"
    message = msgids.N_("This amount is already being looked into.")


def place(
    session: orm.Session,
    *,
    kind: models.HoldKind,
    customer_id: int,
    subject: str,
    line_number: int | None,
    amount_cents: int,
    reason: str,
    owner: str,
    now: datetime.datetime,
    expires_at: datetime.datetime | None = None,
) -> None:
    """Place one hold on `amount_cents` of a line (or of the whole `subject`).

    Raises HeldAlready when an active hold of that kind stands there.
    """
    known = session.scalar(
        sa.select(models.Hold.id).where(
            models.Hold.kind == kind,
            models.Hold.subject == subject,
            models.Hold.line_number.is_not_distinct_from(line_number),
            models.Hold.lifted_at.is_(None),
        )
    )
    if known is not None:
        raise HeldAlready(subject=subject)
    session.add(
        models.Hold(
            kind=kind,
            customer_id=customer_id,
            subject=subject,
            line_number=line_number,
            amount_cents=amount_cents,
            reason=reason,
            owner=owner,
            placed_at=now,
            expires_at=expires_at,
        )
    )
    session.flush()


def lift(
    session: orm.Session,
    *,
    owner: str,
    now: datetime.datetime,
    kind: models.HoldKind | None = None,
) -> int:
    """Lift every active hold of the case `owner` (of one kind, where it is given); how many."""
    chosen = sa.update(models.Hold).where(
        models.Hold.owner == owner, models.Hold.lifted_at.is_(None)
    )
    if kind is not None:
        chosen = chosen.where(models.Hold.kind == kind)
    return session.execute(chosen.values(lifted_at=now)).rowcount


def lift_expired(session: orm.Session, *, kind: models.HoldKind, now: datetime.datetime) -> int:
    """Lift every hold of a kind whose time is over, as of then; how many."""
    return session.execute(
        sa.update(models.Hold)
        .where(
            models.Hold.kind == kind,
            models.Hold.lifted_at.is_(None),
            models.Hold.expires_at <= now,
        )
        .values(lifted_at=models.Hold.expires_at)
    ).rowcount


def lift_all(
    session: orm.Session, *, customer_id: int, subject: str, now: datetime.datetime
) -> None:
    """Lift every active hold on a public number: it asks for nothing any more."""
    session.execute(
        sa.update(models.Hold)
        .where(
            models.Hold.customer_id == customer_id,
            models.Hold.subject == subject,
            models.Hold.lifted_at.is_(None),
        )
        .values(lifted_at=now)
    )


def lift_whole(
    session: orm.Session, *, kind: models.HoldKind, subject: str, now: datetime.datetime
) -> None:
    """Lift the active hold of that kind on the whole `subject`, whoever placed it."""
    session.execute(
        sa.update(models.Hold)
        .where(
            models.Hold.kind == kind,
            models.Hold.subject == subject,
            models.Hold.line_number.is_(None),
            models.Hold.lifted_at.is_(None),
        )
        .values(lifted_at=now)
    )


def set_aside_by_others(session: orm.Session, *, payment_no: str, case_no: str) -> int:
    """Cents of the payment's unapplied money that cases other than `case_no` have set aside."""
    return int(
        session.scalar(
            sa.select(sa.func.coalesce(sa.func.sum(models.Hold.amount_cents), 0)).where(
                models.Hold.kind == models.HoldKind.ALLOCATION,
                models.Hold.subject == payment_no,
                models.Hold.owner != case_no,
                models.Hold.lifted_at.is_(None),
            )
        )
    )


def shrink_aside(
    session: orm.Session, *, payment_no: str, left_cents: int, now: datetime.datetime
) -> None:
    """Set no more of a payment aside than it has unapplied; nothing left lifts the hold."""
    standing = (
        models.Hold.kind == models.HoldKind.ALLOCATION,
        models.Hold.subject == payment_no,
        models.Hold.lifted_at.is_(None),
    )
    if left_cents == 0:
        session.execute(sa.update(models.Hold).where(*standing).values(lifted_at=now))
    else:
        session.execute(
            sa.update(models.Hold)
            .where(*standing, models.Hold.amount_cents > left_cents)
            .values(amount_cents=left_cents)
        )


def resize(
    session: orm.Session, *, owner: str, subject: str, line_number: int, amount_cents: int
) -> None:
    """Set what the active holds of the case `owner` stop on one line, in cents above zero."""
    session.execute(
        sa.update(models.Hold)
        .where(
            models.Hold.owner == owner,
            models.Hold.subject == subject,
            models.Hold.line_number == line_number,
            models.Hold.lifted_at.is_(None),
        )
        .values(amount_cents=amount_cents)
    )


_ON_LINES = (
    sa.select(models.Hold, models.InvoiceLine.open_cents)
    .join(models.Invoice, models.Invoice.number == models.Hold.subject)
    .join(
        models.InvoiceLine,
        sa.and_(
            models.InvoiceLine.invoice_id == models.Invoice.id,
            models.InvoiceLine.number == models.Hold.line_number,
        ),
    )
    .where(models.Hold.customer_id == sa.bindparam("customer_id"), models.Hold.lifted_at.is_(None))
)


def shrink_to_open(session: orm.Session, *, customer_id: int, now: datetime.datetime) -> None:
    """Hold no more of a line than is still open on it; a hold on nothing is lifted.

    Called after money moved, so that holds always equal the open part of what is disputed.
    """
    rows = session.execute(_ON_LINES, {"customer_id": customer_id})
    for hold, open_cents in rows:
        if open_cents == 0:
            hold.lifted_at = now
        elif hold.amount_cents > open_cents:
            hold.amount_cents = open_cents
    session.flush()
