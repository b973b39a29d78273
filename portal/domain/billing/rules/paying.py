"""What a payment of some size, with or without credit, does to the bills it is for; knows no row.

The page shows this before the payer presses, and the payment is made of the same figures.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from portal.domain.billing.rules import allocation
from portal.kernel import errors, msgids

LEAST_CENTS = 50  # below this no card or bank payment can be made (Stripe's least for USD)
MOST_CENTS = 99_999_999  # and above this none (eight digits, Stripe's most for USD)


class AmountRefused(errors.DomainError):
    """No payment can be of this amount."""


class MoreThanOpen(AmountRefused):
    """More is offered than the chosen bills ask for, and it was not said to be paid ahead."""

    code = "more_than_open"
    message = msgids.N_(
        "This is more than these bills ask for. Enter less, or keep the rest for later bills."
    )


class TooLittle(AmountRefused):
    """Less than any payment can be."""

    code = "too_little"
    message = msgids.N_("The least that can be paid is $0.50.")


class TooLittleLeft(AmountRefused):
    """What a part payment would leave open is less than any later payment can be."""

    code = "too_little_left"
    message = msgids.N_(
        "This would leave %(left_cents)s open, which is less than can be paid later. Pay all of "
        "it, or leave at least $0.50."
    )


class TooMuch(AmountRefused):
    """More than any payment can be."""

    code = "too_much"
    message = msgids.N_("This amount is too large. Check the digits.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wish:
    """How much the payer wants to pay: all that is asked (None), or so many cents.

    `use_credit`: money of theirs that lies unapplied goes first. `pays_ahead`: what is more than
    asked is kept for later bills.
    """

    cents: int | None = None
    use_credit: bool = False
    pays_ahead: bool = False


ALL = Wish()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Effect:
    """What one bill gets, in cents; `left_cents` of it stay payable after that."""

    invoice_no: str
    from_credit_cents: int
    from_payment_cents: int
    left_cents: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """The whole: credit used, paid now, kept for later bills (part of what is paid now)."""

    effects: tuple[Effect, ...]
    credit_cents: int
    pay_cents: int
    ahead_cents: int


def plan(
    lines: Sequence[allocation.OpenLine],
    *,
    wish: Wish,
    credit_cents: int,
    rule: allocation.AllocationRule,
) -> Plan:
    """What becomes of the wish on `lines`, the open lines of the chosen bills.

    `credit_cents` is what the payer has unapplied and free. Raises MoreThanOpen, TooLittle,
    TooLittleLeft, TooMuch.
    """
    asked = allocation.payable_cents(lines)
    credit = min(credit_cents, asked) if wish.use_credit else 0
    if wish.cents is None and 0 < asked - credit < LEAST_CENTS:
        credit = max(asked - LEAST_CENTS, 0)  # so much less of it that the rest can be paid
    rest = asked - credit
    pay = rest if wish.cents is None else wish.cents
    if pay > rest and not wish.pays_ahead:
        raise MoreThanOpen(most_cents=rest)
    if pay < 0 or 0 < pay < LEAST_CENTS or (pay == 0 and wish.cents is not None):
        raise TooLittle()
    if 0 < rest - pay < LEAST_CENTS:
        raise TooLittleLeft(left_cents=rest - pay)
    if pay > MOST_CENTS:
        raise TooMuch()
    by_credit = _by_invoice(lines, credit, rule)
    by_both = _by_invoice(lines, credit + min(pay, rest), rule)
    open_cents = _by_invoice(lines, asked, rule)
    return Plan(
        effects=tuple(
            Effect(
                invoice_no=number,
                from_credit_cents=by_credit.get(number, 0),
                from_payment_cents=by_both.get(number, 0) - by_credit.get(number, 0),
                left_cents=cents - by_both.get(number, 0),
            )
            for number, cents in open_cents.items()
        ),
        credit_cents=credit,
        pay_cents=pay,
        ahead_cents=max(pay - rest, 0),
    )


def _by_invoice(
    lines: Sequence[allocation.OpenLine], cents: int, rule: allocation.AllocationRule
) -> dict[str, int]:
    """Cents by invoice, in the order of `lines`."""
    numbers = {line.line_id: line.invoice_no for line in lines}
    sums: dict[str, int] = {}
    for line_id, part in sorted(
        (a.line_id, a.cents) for a in allocation.allocate(lines, cents, rule).allocated
    ):
        sums[numbers[line_id]] = sums.get(numbers[line_id], 0) + part
    return sums
