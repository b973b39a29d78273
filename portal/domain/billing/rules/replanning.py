"""How the installments that are not billed yet are planned anew; knows no invoice and no clock.

Nothing here changes a total by itself: what the parts hold and what is left over is, to the
cent, what was given.
"""

from __future__ import annotations

import dataclasses
import datetime
import itertools
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


class DayOutOfReach(errors.DomainError):
    """On that day the next bill would be due before its owner is told, or a whole month later."""

    code = "billing_day_out_of_reach"
    message = msgids.N_(
        "Your next bill can be due from %(first)s to %(last)s. Choose one of these days."
    )


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
    parts: Sequence[Part],
    *,
    day: int,
    term: TermPremium,
    tax_cents: int,
    lead_days: int,
    earliest_on: datetime.date,
) -> DayMove:
    """The parts due on `day` of the month, the first of them so many days later than planned.

    The first carries round(term premium × days between ÷ days in the term) more, and the tax of
    it; the rest is split again and the total stays (docs/billing-rules.md, "Dates"). The days are
    counted from where the first part's own period begins, so that several moves come to the same
    as the last one alone, and none puts a bill off by a month. `tax_cents` is the tax of the whole
    term; a bill that is not out yet can be due from `earliest_on` on.
    Raises NothingToPlan, DayUnreadable, SameDay, DayOutOfReach.
    """
    if not parts:
        raise NothingToPlan()
    if not 1 <= day <= LAST_DAY:
        raise DayUnreadable()
    first, usual_fee = parts[0], parts[-1].installment_fee_cents
    if first.due_on.day == day:
        raise SameDay()
    anchor = _anchor(first)
    moved_on = anchor.replace(day=day)
    if moved_on < anchor:
        moved_on = calendars.add_months(moved_on, 1)
    soonest = min(first.due_on, earliest_on)
    if moved_on < soonest:
        last = calendars.add_months(anchor, 1) - datetime.timedelta(days=1)
        raise DayOutOfReach(first=soonest, last=last)
    between = (moved_on - anchor).days
    kept = _on_days(parts, moved_on, before=term.expires_on)
    bridge = money.pro_rata(term.charged_cents, between, term.days)
    premiums = _with_bridge(sum(part.premium_cents for part in parts), bridge, len(kept))
    bridge_tax = money.pro_rata(tax_cents, between, term.days)
    taxes = _with_bridge(sum(part.tax_cents for part in parts), bridge_tax, len(kept))
    made = tuple(
        Part(
            sequence=first.sequence + place,
            period_start_on=period[0],
            period_end_on=period[1],
            issue_on=start - datetime.timedelta(days=lead_days),
            due_on=start,
            premium_cents=premiums[place],
            tax_cents=taxes[place],
            policy_fee_cents=first.policy_fee_cents if place == 0 else 0,
            # the first one's own: none for a down payment, more where fees were put back on it
            installment_fee_cents=first.installment_fee_cents if place == 0 else usual_fee,
        )
        for place, ((_, start), period) in enumerate(
            zip(kept, _periods(kept, ends_on=parts[-1].period_end_on), strict=True)
        )
    )
    return DayMove(parts=made, bridge_days=between, bridge_cents=min(bridge, sum(premiums)))


def _anchor(first: Part) -> datetime.date:
    """The day on which the part was planned to be due at first.

    Its period begins on it; one that was put off by a month or more counts from where it is.
    """
    start = first.period_start_on
    return start if start <= first.due_on < calendars.add_months(start, 1) else first.due_on


def _on_days(
    parts: Sequence[Part], moved_on: datetime.date, *, before: datetime.date
) -> list[tuple[Part, datetime.date]]:
    """The parts with their new due days, as many months apart as they are; none after the term."""
    kept = [(parts[0], moved_on)]
    for part in parts[1:]:
        due, first = part.due_on, parts[0].due_on
        months = (due.year - first.year) * 12 + due.month - first.month
        start = calendars.add_months(moved_on, months)
        if kept[-1][1] < start < before:
            kept.append((part, start))
    return kept


def _periods(
    kept: Sequence[tuple[Part, datetime.date]], *, ends_on: datetime.date
) -> list[tuple[datetime.date, datetime.date]]:
    """What each covers: up to the next one's day, or, where a bill lies between, as it was."""
    begins, ends = [kept[0][0].period_start_on], []
    for (before, _), (part, start) in itertools.pairwise(kept):
        follows = before.period_end_on == part.period_start_on
        begins.append(start if follows else part.period_start_on)
        ends.append(start if follows else before.period_end_on)
    return list(zip(begins, [*ends, ends_on], strict=True))


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
