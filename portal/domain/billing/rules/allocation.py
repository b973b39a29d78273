"""Which open charges a payment or credit reaches, in which order; knows no payment and no row.

Rule A closes the oldest invoice before the next one. Rule B pays all tax and premium before any
fee, so that a fee can never make a policy lapse.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
from collections.abc import Iterable, Sequence

from portal.domain.billing.rules.charges import COVER, ORDER, ChargeKind


class AllocationRule(enum.StrEnum):
    """The id that is kept with each allocation."""

    A = "A"
    B = "B"


@dataclasses.dataclass(frozen=True, kw_only=True)
class OpenLine:
    """An invoice line with something open, in cents.

    `disputed_cents` of it are held by disputes. `chosen` is whether the payer chose its invoice,
    `named` whether the payer named this very line although it is disputed.
    """

    line_id: int
    invoice_no: str
    policy_no: str
    due_on: datetime.date
    kind: ChargeKind
    line_number: int
    open_cents: int
    disputed_cents: int = 0
    chosen: bool = False
    named: bool = False

    @property
    def free_cents(self) -> int:
        """What is open and not held."""
        return max(self.open_cents - self.disputed_cents, 0)


@dataclasses.dataclass(frozen=True)
class Allocated:
    """`cents` placed on one line by `rule`."""

    line_id: int
    cents: int
    rule: AllocationRule


@dataclasses.dataclass(frozen=True)
class Allocation:
    """Where the money went, each line once, in the order it was reached, and what is left."""

    allocated: tuple[Allocated, ...]
    unapplied_cents: int


def allocate(
    lines: Iterable[OpenLine], cents: int, rule: AllocationRule = AllocationRule.B
) -> Allocation:
    """Place `cents` (not negative) on `lines`.

    Invoices that the payer chose come first; the rule orders inside the choice and after it.
    Ties go by due date, policy number, invoice, line. What a dispute holds comes last of all, and
    only on lines that were named. Excess stays unapplied. Raises ValueError for an amount below
    zero, on the payment or a line, and for a line that is given twice.
    """
    ordered = in_order(lines, rule)
    _refuse_nonsense(ordered, cents)
    placed: dict[int, int] = {}
    left = cents
    held = [(line.line_id, line.open_cents - line.free_cents) for line in ordered if line.named]
    for line_id, room in [(line.line_id, line.free_cents) for line in ordered] + held:
        part = min(room, left)
        if part:
            placed[line_id] = placed.get(line_id, 0) + part
            left -= part
    return Allocation(tuple(Allocated(i, part, rule) for i, part in placed.items()), left)


def in_order(lines: Iterable[OpenLine], rule: AllocationRule) -> list[OpenLine]:
    """`lines` in the order in which money reaches them, holds left aside."""
    every = list(lines)
    first_policy: dict[str, str] = {}
    for line in every:
        known = first_policy.get(line.invoice_no, line.policy_no)
        first_policy[line.invoice_no] = min(known, line.policy_no)

    def place(line: OpenLine) -> tuple:
        after_cover = rule is AllocationRule.B and line.kind not in COVER
        invoice = (line.due_on, first_policy[line.invoice_no], line.invoice_no)
        inside = (ORDER[line.kind], line.policy_no, line.line_number, line.line_id)
        return (not line.chosen, after_cover, *invoice, *inside)

    return sorted(every, key=place)


def payable_cents(lines: Iterable[OpenLine]) -> int:
    """What can be asked for: all that is open, less what disputes hold, plus what was named."""
    return sum(line.open_cents if line.named else line.free_cents for line in lines)


def _refuse_nonsense(lines: Sequence[OpenLine], cents: int) -> None:
    if cents < 0:
        raise ValueError(f"cannot place {cents} cents")
    for line in lines:
        if line.open_cents < 0 or line.disputed_cents < 0:
            raise ValueError(f"line {line.line_id} is open below zero")
    if len({line.line_id for line in lines}) < len(lines):
        raise ValueError("a line is given twice")
