"""A statement: what an account did in a period, to the cent; knows no table, demands nothing.

An account stands at what is open on its bills less the money that is on none. Every movement
leads from one standing to the next, so a month ends where the next begins and months sum to
their year.
"""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from portal.domain.ledger.rules import Event

Group = TypeVar("Group")
DAY = datetime.timedelta(days=1)
DECEMBER = 12
NAME = re.compile("([12][0-9]{3})(?:-(0[1-9]|1[0-2]))?")
# What is billed, or withdrawn; every other movement is money or a credit, or takes it back.
CHARGES = frozenset({Event.INVOICE_ISSUED, Event.INVOICE_VOIDED})


@dataclasses.dataclass(frozen=True)
class Period:
    """A calendar year, or with `month` above 0 one month of it; half-open like every period."""

    year: int
    month: int = 0

    @property
    def starts_on(self) -> datetime.date:
        """The first day."""
        return datetime.date(self.year, self.month or 1, 1)

    @property
    def ends_on(self) -> datetime.date:
        """The first day after it."""
        return self.after.starts_on

    @property
    def before(self) -> Period:
        """The year or month before."""
        if not self.month:
            return Period(self.year - 1)
        if self.month == 1:
            return Period(self.year - 1, DECEMBER)
        return Period(self.year, self.month - 1)

    @property
    def after(self) -> Period:
        """The next year or month."""
        if not self.month:
            return Period(self.year + 1)
        if self.month == DECEMBER:
            return Period(self.year + 1, 1)
        return Period(self.year, self.month + 1)

    @property
    def name(self) -> str:
        """How addresses call it: "2026", "2026-11"."""
        return f"{self.year}-{self.month:02d}" if self.month else str(self.year)


def named(name: str) -> Period | None:
    """The period that an address calls so; None for what is none."""
    found = NAME.fullmatch(name)
    return Period(int(found[1]), int(found[2] or 0)) if found else None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Standing:
    """How an account stands: cents open by bill, none of them 0, and unapplied money."""

    bills: Mapping[int, int]
    unapplied_cents: int

    @property
    def open_cents(self) -> int:
        """What is open on all bills."""
        return sum(self.bills.values())

    @property
    def balance_cents(self) -> int:
        """What is owed; below zero it is the customer's."""
        return self.open_cents - self.unapplied_cents


@dataclasses.dataclass(frozen=True, kw_only=True)
class Movement:
    """One entry of the books as it moved an account; `subject` is the number it is about.

    `bills` holds by how much each bill grew, in cents, below zero where it was paid or credited;
    `unapplied_cents` by how much the unapplied money grew.
    """

    id: int
    booked_on: datetime.date
    event: str
    subject: str
    bills: Mapping[int, int]
    unapplied_cents: int

    @property
    def cents(self) -> int:
        """By how much the balance grew."""
        return sum(self.bills.values()) - self.unapplied_cents

    @property
    def is_charge(self) -> bool:
        """Whether it was billed, or unbilled."""
        return self.event in CHARGES


@dataclasses.dataclass(frozen=True, kw_only=True)
class Line:
    """A movement and the balance after it; `paid_cents` counts credits, and refunds below zero."""

    movement: Movement
    charged_cents: int
    paid_cents: int
    balance_cents: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Statement:
    """Where a period began, every movement in order, where it ended."""

    opening: Standing
    lines: tuple[Line, ...]
    closing: Standing

    @property
    def charged_cents(self) -> int:
        """What was billed."""
        return sum(line.charged_cents for line in self.lines)

    @property
    def paid_cents(self) -> int:
        """What was paid or credited, less what went back."""
        return sum(line.paid_cents for line in self.lines)


@dataclasses.dataclass(kw_only=True)
class Share(Generic[Group]):
    """The part of one group of bills in a statement: opening + charged − paid = closing.

    `group` is None for the money that is on no bill, whose balances are below zero.
    """

    group: Group | None
    opening_cents: int = 0
    charged_cents: int = 0
    paid_cents: int = 0

    @property
    def closing_cents(self) -> int:
        """Its balance at the end."""
        return self.opening_cents + self.charged_cents - self.paid_cents


def statement(opening: Standing, movements: Sequence[Movement]) -> Statement:
    """The statement of an account that stood at `opening` and then moved so, oldest first."""
    bills, unapplied = dict(opening.bills), opening.unapplied_cents
    balance = opening.balance_cents
    lines = []
    for move in movements:
        for bill, cents in move.bills.items():
            bills[bill] = bills.get(bill, 0) + cents
        unapplied += move.unapplied_cents
        balance += move.cents
        lines.append(
            Line(
                movement=move,
                charged_cents=move.cents if move.is_charge else 0,
                paid_cents=0 if move.is_charge else -move.cents,
                balance_cents=balance,
            )
        )
    still_open = {bill: cents for bill, cents in bills.items() if cents}
    closing = Standing(bills=still_open, unapplied_cents=unapplied)
    return Statement(opening=opening, lines=tuple(lines), closing=closing)


def shares(found: Statement, group: Callable[[int], Group]) -> tuple[Share[Group], ...]:
    """The statement by groups of bills, as they first come; money on no bill last, if any moved."""
    every: dict[Group | None, Share[Group]] = {}

    def of(key: Group | None) -> Share[Group]:
        return every.setdefault(key, Share(group=key))

    for bill, cents in found.opening.bills.items():
        of(group(bill)).opening_cents += cents
    if found.opening.unapplied_cents:
        of(None).opening_cents -= found.opening.unapplied_cents
    for move in (line.movement for line in found.lines):
        for bill, cents in move.bills.items():
            _move(of(group(bill)), cents, is_charge=move.is_charge)
        if move.unapplied_cents:
            _move(of(None), -move.unapplied_cents, is_charge=move.is_charge)
    loose = every.pop(None, None)
    return (*every.values(), loose) if loose else tuple(every.values())


def _move(share: Share, cents: int, *, is_charge: bool) -> None:
    if is_charge:
        share.charged_cents += cents
    else:
        share.paid_cents -= cents
