"""Over which lines a credit or a freed amount is spread; knows no payment and no row.

A credit of premium returns its tax: premium and tax of one invoice share an amount in the
proportion in which they were billed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from portal.domain.billing.rules.charges import ChargeKind
from portal.kernel import errors, money, msgids


class DoesNotFit(errors.DomainError):
    """The lines can't give that much."""

    code = "amount_does_not_fit"
    message = msgids.N_("This is more than these bills can give. The most is %(most)s.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Room:
    """A line, what was billed on it, and the most it can give now; cents."""

    line_id: int
    invoice_id: int
    kind: ChargeKind
    billed_cents: int
    room_cents: int


def spread(lines: Sequence[Room], cents: int) -> dict[int, int]:
    """Line id → cents, in the order of `lines`, summing to `cents`.

    Raises DoesNotFit with the most that fits. A line without its partner takes all by itself.
    """
    most = sum(line.room_cents for line in lines)
    if not 0 < cents <= most:
        raise DoesNotFit(most=f"${most / 100:,.2f}", most_cents=most)
    parts: dict[int, int] = {}
    left = cents
    done: set[int] = set()
    for line in lines:
        if line.line_id in done:
            continue
        partner = _partner(line, lines)
        group = [line] if partner is None else [line, partner]
        left -= _give(group, left, parts)
        done |= {member.line_id for member in group}
    return parts


def _partner(line: Room, lines: Sequence[Room]) -> Room | None:
    wanted = {ChargeKind.PREMIUM: ChargeKind.TAX, ChargeKind.TAX: ChargeKind.PREMIUM}
    for other in lines:
        if other.invoice_id == line.invoice_id and other.kind is wanted.get(line.kind):
            return other
    return None


def _give(group: Sequence[Room], left: int, parts: dict[int, int]) -> int:
    """Fill one line, or premium and tax together; how much of `left` was placed."""
    amount = min(left, sum(line.room_cents for line in group))
    if amount == 0:
        return 0
    if len(group) == 1:
        parts[group[0].line_id] = amount
        return amount
    first, second = group
    share = money.pro_rata(amount, first.billed_cents, first.billed_cents + second.billed_cents)
    share = max(min(share, first.room_cents), amount - second.room_cents)
    for line, part in ((first, share), (second, amount - share)):
        if part:
            parts[line.line_id] = part
    return amount
