"""Why a bill asks for another sum than the one before it; knows no database and no language.

Premium, tax and each fee are compared by themselves. What is known to have changed is worked out
first; what is then left of a charge has one name more, so that the causes always add up to the
difference, to the cent.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
from collections.abc import Mapping, Sequence

from portal.domain.billing.rules.charges import ChargeKind
from portal.kernel import money


class Sort(enum.StrEnum):
    """What a bill is to its term."""

    PART = "part"
    DOWN_PAYMENT = "down_payment"
    ALL_THE_REST = "all_the_rest"  # what was not billed yet, on one bill
    EXTRA = "extra"  # of a change that no later bill could carry
    CATCH_UP = "catch_up"  # several installments whose day passed while nothing was billed


class Why(enum.StrEnum):
    """A cause; above or below zero it may need other words."""

    PREMIUM_CHANGED = "premium_changed"
    BRIDGE = "bridge"  # days between the old due day and the new
    RENEWAL = "renewal"
    PLAN = "plan"  # split into another number of bills
    DOWN_PAYMENT = "down_payment"
    ALL_THE_REST = "all_the_rest"
    EXTRA = "extra"
    CATCH_UP = "catch_up"
    REINSTATED = "reinstated"
    SPREAD_OVER = "spread_over"  # what a change in the term before had added to its bills
    SPLIT_AGAIN = "split_again"
    TAX = "tax"  # it follows the premium
    ODD_CENTS = "odd_cents"
    POLICY_FEE = "policy_fee"
    INSTALLMENT_FEE = "installment_fee"
    LATE_FEE = "late_fee"
    NSF_FEE = "nsf_fee"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Side:
    """One of the two bills, as it was when it was made; cents."""

    number: str
    made_at: datetime.datetime
    due_on: datetime.date
    cents: Mapping[ChargeKind, int]
    term: int  # its number
    sort: Sort = Sort.PART
    sequence: int = 1
    parts: int = 12  # into how many the term was split, a down payment not counted
    has_down_payment: bool = False
    bills_left: int = 1  # of the term, itself among them
    rate_cents: int = 0  # what a whole term of the premium cost
    tax_ppm: int = 0  # of the premium, 0: unknown

    @property
    def total_cents(self) -> int:
        """What it asks for."""
        return sum(self.cents.values())

    @property
    def is_one_off(self) -> bool:
        """Whether it is no part of its term like the others."""
        return self.sort in (Sort.ALL_THE_REST, Sort.EXTRA, Sort.CATCH_UP)


@dataclasses.dataclass(frozen=True, kw_only=True)
class PremiumChange:
    """A change of the premium inside a term: cents of a whole term, and of the days left."""

    at: datetime.datetime
    term: int
    effective_on: datetime.date
    before_cents: int
    after_cents: int
    change_cents: int
    days_left: int
    term_days: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class DayMove:
    """Another due day: the bill due on `due_on` carries the days between."""

    at: datetime.datetime
    term: int
    due_on: datetime.date
    day: int
    days: int
    cents: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Return:
    """A cancelled policy that went on."""

    at: datetime.datetime
    term: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class History:
    """What happened to the policy, oldest first."""

    premiums: Sequence[PremiumChange] = ()
    moves: Sequence[DayMove] = ()
    returns: Sequence[Return] = ()

    def bridge(self, side: Side) -> DayMove | None:
        """The move of the due day whose days the bill carries, if any."""
        fits = [m for m in self.moves if m.term == side.term and m.due_on == side.due_on]
        return fits[-1] if fits and not side.is_one_off else None

    def rate(self, *, term: int, at: datetime.datetime, now_cents: int) -> int:
        """What a whole term cost at a moment; `now_cents` is what it costs today."""
        later = (made for made in self.premiums if made.term == term and made.at > at)
        return next((made.before_cents for made in later), now_cents)

    def is_replanned(self, side: Side) -> bool:
        """Whether the bill was planned anew before it went out."""
        every = (*self.premiums, *self.moves, *self.returns)
        return any(made.term == side.term and made.at <= side.made_at for made in every)

    def replans(self, *sides: Side) -> int:
        """How often the bills of these terms were planned anew."""
        terms = {side.term for side in sides}
        every = (*self.premiums, *self.moves, *self.returns)
        return sum(made.term in terms for made in every)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cause:
    """So many cents of the difference in one charge, and what they come from."""

    why: Why
    kind: ChargeKind
    cents: int
    about: PremiumChange | DayMove | None = None
    bills: int = 0  # over how many a change was spread; 0 where that cannot be told


FEES = {
    ChargeKind.POLICY_FEE: Why.POLICY_FEE,
    ChargeKind.INSTALLMENT_FEE: Why.INSTALLMENT_FEE,
    ChargeKind.LATE_FEE: Why.LATE_FEE,
    ChargeKind.NSF_FEE: Why.NSF_FEE,
}


def causes(before: Side, after: Side, history: History) -> tuple[Cause, ...]:
    """The difference of each charge from bill to bill by causes, none of them zero.

    They sum to it for each kind of charge. Source: docs/billing-rules.md, "Why a bill changed".
    """
    premium = _premium(before, after, history)
    found = [*premium, _tax(before, after, history, premium)]
    for kind, why in FEES.items():
        found.append(Cause(why=why, kind=kind, cents=_change(before, after, kind)))
    return tuple(cause for cause in found if cause.cents)


def _change(before: Side, after: Side, kind: ChargeKind) -> int:
    return after.cents.get(kind, 0) - before.cents.get(kind, 0)


def _premium(before: Side, after: Side, history: History) -> list[Cause]:
    """What is known of the premium's difference, and the rest by the name that fits it."""
    known = []
    if not (before.is_one_off or after.is_one_off):
        known = _bridges(before, after, history)
        known += (
            _changes(before, after, history)
            if before.term == after.term
            else [_renewal(before, after, history)]
        )
    change = _change(before, after, ChargeKind.PREMIUM)
    rest = change - sum(cause.cents for cause in known)
    why = _name(before, after, history, rest) if rest else None
    same = [cause for cause in known if cause.why is why]
    if same:  # it did not come out as worked out: the last one takes the rest
        known = [
            dataclasses.replace(cause, bills=0, cents=cause.cents + rest * (cause is same[-1]))
            for cause in known
        ]
    elif why is not None:
        known.append(_of_premium(why, rest))
    return known


def _of_premium(why: Why, cents: int, about: PremiumChange | DayMove | None = None) -> Cause:
    return Cause(why=why, kind=ChargeKind.PREMIUM, cents=cents, about=about)


def _bridges(before: Side, after: Side, history: History) -> list[Cause]:
    """The days between two due days, on the one bill that carries them."""
    found = []
    for side, sign in ((before, -1), (after, 1)):
        move = history.bridge(side)
        if move is not None:
            found.append(_of_premium(Why.BRIDGE, sign * move.cents, move))
    return found


def _changes(before: Side, after: Side, history: History) -> list[Cause]:
    """The share that this bill has of each change since the one before it."""
    return [
        Cause(
            why=Why.PREMIUM_CHANGED,
            kind=ChargeKind.PREMIUM,
            cents=money.split(made.change_cents, after.bills_left)[0],
            about=made,
            bills=after.bills_left,
        )
        for made in _between(before, after, history)
    ]


def _between(before: Side, after: Side, history: History) -> list[PremiumChange]:
    return [
        made
        for made in history.premiums
        if made.term == after.term and before.made_at < made.at <= after.made_at
    ]


def _renewal(before: Side, after: Side, history: History) -> Cause:
    """The bill before at the premium of the new term."""
    bridge = history.bridge(before)
    usual = before.cents.get(ChargeKind.PREMIUM, 0) - (bridge.cents if bridge else 0)
    more = after.rate_cents - before.rate_cents
    cents = money.pro_rata(usual, more, before.rate_cents) if before.rate_cents else 0
    return _of_premium(Why.RENEWAL, cents)


def _name(before: Side, after: Side, history: History, rest: int) -> Why:
    """What the rest of the premium's difference comes from."""
    sorts = {before.sort, after.sort}
    for sort, why in (
        (Sort.EXTRA, Why.EXTRA),
        (Sort.ALL_THE_REST, Why.ALL_THE_REST),
        (Sort.CATCH_UP, Why.CATCH_UP),
    ):
        if sort in sorts:
            return why
    if sorts == {Sort.DOWN_PAYMENT, Sort.PART}:
        return Why.DOWN_PAYMENT
    if abs(rest) <= _odd(before, after, history):
        return Why.ODD_CENTS
    if before.term != after.term:
        return _name_at_renewal(before, after, history)
    if history.bridge(after) is None and _between(before, after, history):
        return Why.PREMIUM_CHANGED
    if any(before.made_at < made.at <= after.made_at for made in history.returns):
        return Why.REINSTATED
    return Why.SPLIT_AGAIN


def _name_at_renewal(before: Side, after: Side, history: History) -> Why:
    if (before.parts, before.has_down_payment) != (after.parts, after.has_down_payment):
        return Why.PLAN
    if history.is_replanned(before):
        return Why.SPREAD_OVER
    return Why.RENEWAL


def _odd(before: Side, after: Side, history: History) -> int:
    """How many cents splitting alone can make: one each time that bills were planned."""
    return 1 + history.replans(before, after) + (before.term != after.term)


def _tax(before: Side, after: Side, history: History, premium: Sequence[Cause]) -> Cause:
    """It follows the premium; a cent of it may be odd."""
    change = _change(before, after, ChargeKind.TAX)
    follows = any(cause.cents and cause.why is not Why.ODD_CENTS for cause in premium)
    is_odd = not follows and abs(change) <= _odd(before, after, history)
    return Cause(why=Why.ODD_CENTS if is_odd else Why.TAX, kind=ChargeKind.TAX, cents=change)
