"""How the installments that are not billed yet are planned anew; knows no invoice and no clock.

Nothing here changes a total by itself: what the parts hold and what is left over is, to the
cent, what was given.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence

from portal.domain.billing.rules.term_premium import TermPremium
from portal.kernel import calendars, errors, money, msgids

LAST_DAY = 28  # of a month, which every month has


class NothingToPlan(errors.DomainError):
    """Every installment of the term is billed."""

    code = "nothing_to_plan"
    message = msgids.N_("Every bill of this term is out already. It can be changed at renewal.")


class DayUnreadable(errors.DomainError):
    """Not a day that every month has."""

    code = "billing_day_wrong"
    message = msgids.N_("Choose a day from 1 to 28.")


class SameDay(errors.DomainError):
    """The bills are due on that day already."""

    code = "billing_day_same"
    message = msgids.N_("Your bills are due on that day already.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Part:
    """An installment that is not billed yet; cents."""

    sequence: int
    period_start_on: datetime.date
    period_end_on: datetime.date
    issue_on: datetime.date
    due_on: datetime.date
    premium_cents: int
    tax_cents: int
    policy_fee_cents: int
    installment_fee_cents: int

    @property
    def total_cents(self) -> int:
        """What its bill will ask for."""
        return (
            self.premium_cents + self.tax_cents + self.policy_fee_cents + self.installment_fee_cents
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fees:
    """Fees that are asked for again: they went back, or their part is planned no more; cents."""

    policy_fee_cents: int = 0
    installment_fee_cents: int = 0


NO_FEES = Fees()


def with_fees(parts: Sequence[Part], fees: Fees) -> tuple[tuple[Part, ...], Fees]:
    """The parts with the fees on the first of them, and the fees where there is none."""
    if not parts:
        return (), fees
    first, *rest = parts
    carries = dataclasses.replace(
        first,
        policy_fee_cents=first.policy_fee_cents + fees.policy_fee_cents,
        installment_fee_cents=first.installment_fee_cents + fees.installment_fee_cents,
    )
    return (carries, *rest), NO_FEES


def policy_fee_of(parts: Sequence[Part]) -> tuple[Fees, tuple[Part, ...]]:
    """The policy fee that the parts carry, and the parts without it."""
    fees = Fees(policy_fee_cents=sum(part.policy_fee_cents for part in parts))
    return fees, tuple(dataclasses.replace(part, policy_fee_cents=0) for part in parts)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Leftover:
    """What the parts could not take: above zero to be billed at once, below to be given back."""

    premium_cents: int = 0
    tax_cents: int = 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class DayMove:
    """Parts due on another day, and what the first of them carries for the days between."""

    parts: tuple[Part, ...]
    bridge_days: int
    bridge_cents: int


def respread(
    parts: Sequence[Part], *, premium_cents: int, tax_cents: int
) -> tuple[tuple[Part, ...], Leftover]:
    """Spread a change over the parts, odd cents first; none of them falls below zero.

    What is to be taken off beyond what they hold, or added where there are none, is left over.
    """
    premiums, premium_left = _spread([part.premium_cents for part in parts], premium_cents)
    taxes, tax_left = _spread([part.tax_cents for part in parts], tax_cents)
    spread = tuple(
        dataclasses.replace(part, premium_cents=premium, tax_cents=tax)
        for part, premium, tax in zip(parts, premiums, taxes, strict=True)
    )
    return spread, Leftover(premium_cents=premium_left, tax_cents=tax_left)


def _spread(held: Sequence[int], change: int) -> tuple[list[int], int]:
    """Each amount with its share of `change`, and what of it found no place."""
    amounts = list(held)
    if change >= 0:
        if not amounts:
            return amounts, change
        shares = money.split(change, len(amounts))
        return [cents + share for cents, share in zip(amounts, shares, strict=True)], 0
    left = -change
    while left and any(amounts):
        open_ones = [place for place, cents in enumerate(amounts) if cents]
        for place, share in zip(open_ones, money.split(left, len(open_ones)), strict=True):
            taken = min(share, amounts[place])
            amounts[place] -= taken
            left -= taken
    return amounts, -left


def move_day(
    parts: Sequence[Part], *, day: int, term: TermPremium, tax_cents: int, lead_days: int
) -> DayMove:
    """The parts due on `day` of the month, the first of them so many days later than it was.

    The first carries round(term premium × days between ÷ days in the term) more, and the tax of
    it; the rest is split again and the total stays (docs/billing-rules.md, "Dates"). `tax_cents`
    is the tax of the whole term. Raises NothingToPlan, DayUnreadable, SameDay.
    """
    if not parts:
        raise NothingToPlan()
    if not 1 <= day <= LAST_DAY:
        raise DayUnreadable()
    first_on = parts[0].due_on
    if first_on.day == day:
        raise SameDay()
    moved_on = first_on.replace(day=day)
    if moved_on < first_on:
        moved_on = calendars.add_months(moved_on, 1)
    between = (moved_on - first_on).days
    months = _months(parts)
    starts = [calendars.add_months(moved_on, months * place) for place in range(len(parts))]
    starts = [start for start in starts if start < term.expires_on] or [moved_on]
    bridge = money.pro_rata(term.charged_cents, between, term.days)
    premiums = _with_bridge(sum(part.premium_cents for part in parts), bridge, len(starts))
    bridge_tax = money.pro_rata(tax_cents, between, term.days)
    taxes = _with_bridge(sum(part.tax_cents for part in parts), bridge_tax, len(starts))
    begins = [parts[0].period_start_on, *starts[1:]]
    ends = [*starts[1:], term.expires_on]
    first, usual_fee = parts[0], parts[-1].installment_fee_cents
    made = tuple(
        Part(
            sequence=parts[0].sequence + place,
            period_start_on=begins[place],
            period_end_on=ends[place],
            issue_on=start - datetime.timedelta(days=lead_days),
            due_on=start,
            premium_cents=premiums[place],
            tax_cents=taxes[place],
            policy_fee_cents=first.policy_fee_cents if place == 0 else 0,
            # the first one's own: none for a down payment, more where fees were put back on it
            installment_fee_cents=first.installment_fee_cents if place == 0 else usual_fee,
        )
        for place, start in enumerate(starts)
    )
    return DayMove(parts=made, bridge_days=between, bridge_cents=min(bridge, sum(premiums)))


def _months(parts: Sequence[Part]) -> int:
    """How many months lie between two parts: 1, or 3 where they are quarterly."""
    if len(parts) < 2:
        return 1
    first, second = parts[0].due_on, parts[1].due_on
    return (second.year - first.year) * 12 + second.month - first.month


def _with_bridge(total: int, bridge: int, count: int) -> list[int]:
    """`total` in `count` amounts, the first of them `bridge` above its even share."""
    carried = min(bridge, total)
    first, *rest = money.split(total - carried, count)
    return [first + carried, *rest]


def as_one(parts: Sequence[Part], *, due_on: datetime.date, lead_days: int) -> Part:
    """All that is not billed yet as one part, due on a day; its installment fees fall away.

    Raises NothingToPlan.
    """
    if not parts:
        raise NothingToPlan()
    first, last = parts[0], parts[-1]
    return Part(
        sequence=first.sequence,
        period_start_on=first.period_start_on,
        period_end_on=last.period_end_on,
        issue_on=min(first.issue_on, due_on - datetime.timedelta(days=lead_days)),
        due_on=due_on,
        premium_cents=sum(part.premium_cents for part in parts),
        tax_cents=sum(part.tax_cents for part in parts),
        policy_fee_cents=sum(part.policy_fee_cents for part in parts),
        installment_fee_cents=0,
    )
