"""What the books can be asked: trial balance, entries by subject, journal pages."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.ledger import models
from portal.kernel import paging


@dataclasses.dataclass(frozen=True, kw_only=True)
class BalanceRow:
    """One account of the trial balance, in cents; one of debit and credit is zero."""

    code: str
    name: str
    kind: str
    debit_cents: int
    credit_cents: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class LineView:
    """One side of an entry: account, its name, and cents (a debit is above zero)."""

    account: str
    name: str
    cents: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class EntryView:
    """One entry with its sides."""

    id: int
    key: str
    event: str
    booked_on: datetime.date
    posted_at: datetime.datetime
    subject: str
    actor: str
    lines: tuple[LineView, ...]


def trial_balance(session: orm.Session) -> tuple[BalanceRow, ...]:
    """Every account with its balance."""
    totals = (
        sa.select(models.Line.account, sa.func.sum(models.Line.amount_cents).label("cents"))
        .group_by(models.Line.account)
        .subquery()
    )
    rows = session.execute(
        sa.select(
            models.Account.code,
            models.Account.name,
            models.Account.kind,
            sa.func.coalesce(totals.c.cents, 0),
        )
        .outerjoin(totals, totals.c.account == models.Account.code)
        .order_by(models.Account.code)
    )
    return tuple(
        BalanceRow(
            code=code,
            name=name,
            kind=kind,
            debit_cents=max(int(cents), 0),
            credit_cents=max(-int(cents), 0),
        )
        for code, name, kind, cents in rows
    )


def is_posted(session: orm.Session, *, key: str) -> bool:
    """Whether the business fact `key` has its entry."""
    return bool(session.scalar(sa.select(sa.exists().where(models.Entry.key == key))))


def count_about(session: orm.Session, *, subject: str, events: Sequence[str]) -> int:
    """How many entries of these events are about the public number."""
    return session.scalar(
        sa.select(sa.func.count())
        .select_from(models.Entry)
        .where(models.Entry.subject == subject, models.Entry.event.in_(list(map(str, events))))
    )


def entries_about(
    session: orm.Session, subjects: list[str], *, limit: int = 100
) -> tuple[EntryView, ...]:
    """The entries about any of the public numbers, newest first, at most `limit`."""
    chosen = (
        sa.select(models.Entry)
        .where(models.Entry.subject.in_(subjects))
        .order_by(models.Entry.id.desc())
        .limit(limit)
    )
    return _with_lines(session, list(session.scalars(chosen)))


def journal(
    session: orm.Session,
    *,
    subject: str = "",
    account: str = "",
    on: datetime.date | None = None,
    cursor: str = "",
    size: int = 25,
) -> paging.Page[EntryView]:
    """The journal, newest first, by key; only entries about `subject`, touching `account`, of `on`.

    Empty filters leave nothing out. An entry is always shown with all its sides.
    """
    chosen = sa.select(models.Entry).order_by(models.Entry.id.desc()).limit(size + 1)
    if subject:
        chosen = chosen.where(models.Entry.subject == subject)
    if account:
        touches = sa.select(models.Line.id).where(
            models.Line.entry_id == models.Entry.id, models.Line.account == account
        )
        chosen = chosen.where(touches.exists())
    if on is not None:
        chosen = chosen.where(models.Entry.booked_on == on)
    after = paging.decode(cursor, (int,))
    if after:
        chosen = chosen.where(models.Entry.id < after[0])
    page = paging.page(list(session.scalars(chosen)), size=size, key=lambda e: (e.id,))
    return paging.Page(rows=_with_lines(session, list(page.rows)), next=page.next)


def _with_lines(session: orm.Session, entries: list[models.Entry]) -> tuple[EntryView, ...]:
    lines: dict[int, list[LineView]] = {entry.id: [] for entry in entries}
    if entries:
        rows = session.execute(
            sa.select(
                models.Line.entry_id,
                models.Line.account,
                models.Account.name,
                sa.func.sum(models.Line.amount_cents),
            )
            .join(models.Account, models.Account.code == models.Line.account)
            .where(models.Line.entry_id.in_(lines))
            .group_by(models.Line.entry_id, models.Line.account, models.Account.name)
            .order_by(models.Line.entry_id, sa.func.min(models.Line.id))
        )
        for entry_id, account, name, cents in rows:
            lines[entry_id].append(LineView(account=account, name=name, cents=int(cents)))
    return tuple(
        EntryView(
            id=e.id,
            key=e.key,
            event=e.event,
            booked_on=e.booked_on,
            posted_at=e.posted_at,
            subject=e.subject,
            actor=e.actor,
            lines=tuple(lines[e.id]),
        )
        for e in entries
    )
