"""Does something and takes it back, to the cent: what it would change and what it would post.

A preview is the deed itself inside a savepoint, so that what is shown is what will happen.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.billing.operations import books
from portal.domain.billing.queries import coverage
from portal.domain.ledger import models as ledger_models

Done = TypeVar("Done")
Value = int | datetime.date
Values = Mapping[tuple[str, str], Value]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Figure:
    """A number before and after: cents, or a day where `is_day`."""

    name: str  # balance, unapplied, invoice, paid_to
    about: str  # "" or the public number or pet it belongs to
    before: int | datetime.date
    after: int | datetime.date

    @property
    def is_day(self) -> bool:
        """Whether the figure is a day."""
        return isinstance(self.before, datetime.date)

    @property
    def changes(self) -> bool:
        """Whether it changes."""
        return self.before != self.after


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlannedLine:
    """One side of an entry that will be posted: a debit is above zero; cents."""

    account: str
    name: str
    cents: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlannedEntry:
    """An entry that will be posted."""

    event: str
    lines: tuple[PlannedLine, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tried(Generic[Done]):
    """What was done and taken back: what it said, what it changed, what it posted."""

    done: Done
    figures: tuple[Figure, ...]
    entries: tuple[PlannedEntry, ...]


def tried(
    session: orm.Session,
    *,
    customer_id: int,
    today: datetime.date,
    do: Callable[[], Done],
    more: Callable[[], Values] = dict,
) -> Tried[Done]:
    """Do it and take it back; `session` must be a unit of work, which stays unchanged.

    `more` are further figures, read before and after. What `do` raises passes through.
    """
    books.lock_customer(session, customer_id=customer_id)
    before = {**_figures(session, customer_id=customer_id, today=today), **more()}
    last = session.scalar(sa.select(sa.func.coalesce(sa.func.max(ledger_models.Entry.id), 0)))
    tasks = list(session.info.get("tasks", []))
    trial = session.begin_nested()
    try:
        done = do()
        session.flush()
        after = {**_figures(session, customer_id=customer_id, today=today), **more()}
        entries = _entries(session, after_id=last)
    finally:
        trial.rollback()
        session.info["tasks"] = tasks
    figures = tuple(
        Figure(name=name, about=about, before=before[name, about], after=after[name, about])
        for name, about in sorted(before.keys() & after.keys())
    )
    return Tried(done=done, figures=figures, entries=entries)


def _figures(
    session: orm.Session, *, customer_id: int, today: datetime.date
) -> dict[tuple[str, str], int | datetime.date]:
    balance = session.execute(
        sa.select(
            billing.AccountBalance.receivable_cents, billing.AccountBalance.unapplied_cents
        ).where(billing.AccountBalance.customer_id == customer_id)
    ).one()
    figures: dict[tuple[str, str], int | datetime.date] = {
        ("balance", ""): balance.receivable_cents,
        ("unapplied", ""): balance.unapplied_cents,
    }
    rows = session.execute(
        sa.select(billing.Invoice.number, billing.Invoice.open_cents).where(
            billing.Invoice.customer_id == customer_id
        )
    )
    figures |= {("invoice", number): cents for number, cents in rows}
    covers = coverage.covers(session, customer_id=customer_id, today=today)
    return figures | {("paid_to", cover.pet_name): cover.paid_to for cover in covers}


def _entries(session: orm.Session, *, after_id: int) -> tuple[PlannedEntry, ...]:
    """What the trial posted: the entries of this very transaction, in their order."""
    rows = session.execute(
        sa.select(
            ledger_models.Entry.id,
            ledger_models.Entry.event,
            ledger_models.Line.account,
            ledger_models.Account.name,
            sa.func.sum(ledger_models.Line.amount_cents).label("cents"),
        )
        .join(ledger_models.Line, ledger_models.Line.entry_id == ledger_models.Entry.id)
        .join(ledger_models.Account, ledger_models.Account.code == ledger_models.Line.account)
        .where(
            ledger_models.Entry.id > after_id,
            ledger_models.Entry.txid == sa.text("pg_current_xact_id()::text::bigint"),
        )
        .group_by(
            ledger_models.Entry.id,
            ledger_models.Entry.event,
            ledger_models.Line.account,
            ledger_models.Account.name,
        )
        .order_by(ledger_models.Entry.id, sa.func.sum(ledger_models.Line.amount_cents).desc())
    )
    entries: dict[int, PlannedEntry] = {}
    for row in rows:
        entry = entries.setdefault(row.id, PlannedEntry(event=row.event, lines=()))
        line = PlannedLine(account=row.account, name=row.name, cents=int(row.cents))
        entries[row.id] = dataclasses.replace(entry, lines=(*entry.lines, line))
    return tuple(entries.values())
