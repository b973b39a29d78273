"""Money in integer cents: adds, compares, splits, rounds half up once; refuses floats.

A negative amount rounds like its mirror image (half away from zero), so that a credit always
undoes the charge that it answers.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from typing import Self

from portal.kernel import errors, msgids

USD = "USD"
CENTS = 100
# Above this no payer, premium or payout of ours goes; a longer number is a slip of the finger.
MOST_CENTS = 99_999_999_999
AMOUNT = re.compile(
    "(?P<minus>[-\N{MINUS SIGN}])?[ ]?[$]?[ ]?"
    "(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:[.](?P<decimals>[0-9]+))?"
)
CODE = re.compile(r"(?:^|[^A-Za-z])(?!USD)[A-Z]{3}(?:$|[^A-Za-z])")


class MoneyError(errors.DomainError):
    """What somebody typed is not an amount that can be taken."""

    code = "amount_unreadable"
    message = msgids.N_("Enter an amount in dollars and cents, like 62.44.")


class AmountMissing(MoneyError):
    """Nothing was typed."""

    code = "amount_missing"
    message = msgids.N_("Enter an amount.")


class AmountNegative(MoneyError):
    """A minus sign, where none is wanted."""

    code = "amount_negative"
    message = msgids.N_("Enter the amount without a minus sign.")


class AmountTooFine(MoneyError):
    """More than two decimals: rounding what somebody typed would be guessing."""

    code = "amount_too_fine"
    message = msgids.N_("Enter no more than two digits after the point, like 62.44.")


class AmountTooLarge(MoneyError):
    """More than `MOST_CENTS`."""

    code = "amount_too_large"
    message = msgids.N_("This amount is too large. Check the digits.")


class OtherCurrency(MoneyError):
    """Marked as something other than dollars."""

    code = "amount_other_currency"
    message = msgids.N_("Enter the amount in US dollars.")


class CurrencyMismatch(ValueError):
    """Two currencies were put together: a fault of ours, never of the reader."""


@dataclasses.dataclass(frozen=True, slots=True)
class Money:
    """An amount: integer cents and the currency they are cents of."""

    cents: int
    currency: str = USD

    def __post_init__(self) -> None:
        if type(self.cents) is not int:
            raise TypeError(f"cents are whole numbers, not {self.cents!r}")

    @classmethod
    def parse(cls, text: str, *, allow_negative: bool = False) -> Self:
        """Read what a person typed: "1,234.56", "$62.44", "62".

        Thousands commas must stand in the right places. Raises `AmountMissing`, `AmountNegative`
        (unless `allow_negative`), `AmountTooFine`, `AmountTooLarge`, `OtherCurrency`, or plain
        `MoneyError` for anything else; all of them are `MoneyError`.
        """
        typed = text.strip()
        if not typed:
            raise AmountMissing()
        read = AMOUNT.fullmatch(typed)
        if read is None:
            raise OtherCurrency() if _names_other_currency(typed) else MoneyError()
        if read["minus"] and not allow_negative:
            raise AmountNegative()
        whole, decimals = read["whole"].replace(",", "").lstrip("0"), read["decimals"] or ""
        if len(decimals) > 2:
            raise AmountTooFine()
        if len(whole) > len(str(MOST_CENTS)) - 2:
            raise AmountTooLarge()
        cents = int(whole + decimals.ljust(2, "0"))
        return cls(-cents if read["minus"] else cents)

    @classmethod
    def total(cls, amounts: Iterable[Money], currency: str = USD) -> Self:
        """The sum of `amounts`, all in `currency`; nothing sums to zero of it."""
        cents = 0
        for amount in amounts:
            if amount.currency != currency:
                raise CurrencyMismatch(f"{amount.currency} among {currency}")
            cents += amount.cents
        return cls(cents, currency)

    def times(self, rate: Decimal) -> Self:
        """This amount × `rate`, rounded half up once, exactly."""
        return dataclasses.replace(self, cents=pro_rata(self.cents, *rate.as_integer_ratio()))

    def __add__(self, other: Money) -> Self:
        return dataclasses.replace(self, cents=self.cents + self._same(other))

    def __sub__(self, other: Money) -> Self:
        return dataclasses.replace(self, cents=self.cents - self._same(other))

    def __neg__(self) -> Self:
        return dataclasses.replace(self, cents=-self.cents)

    def __lt__(self, other: Money) -> bool:
        return self.cents < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.cents <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.cents > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.cents >= self._same(other)

    def __str__(self) -> str:
        whole, cents = divmod(abs(self.cents), CENTS)
        return f"{'-' if self.cents < 0 else ''}{whole}.{cents:02} {self.currency}"

    def _same(self, other: Money) -> int:
        if not isinstance(other, Money):
            raise TypeError(f"money goes with money, not with {type(other).__name__}")
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
        return other.cents


def split(total_cents: int, n: int) -> list[int]:
    """Cut `total_cents` into `n` parts that sum to it, the odd cents one each on the first parts.

    A negative total is cut like its mirror image, its odd cents on the first parts too.
    """
    if n < 1:
        raise ValueError(f"cannot split into {n} parts")
    base, odd = divmod(abs(total_cents), n)
    sign = -1 if total_cents < 0 else 1
    return [sign * (base + 1 if i < odd else base) for i in range(n)]


def ratio_half_up(numerator: int, denominator: int) -> int:
    """The whole number nearest to numerator ÷ denominator, a half going away from zero."""
    if denominator <= 0:
        raise ValueError(f"a share of {denominator} is no share")
    nearest = (2 * abs(numerator) + denominator) // (2 * denominator)
    return -nearest if numerator < 0 else nearest


def pro_rata(cents: int, numerator: int, denominator: int) -> int:
    """`cents` × numerator ÷ denominator, in integers, rounded half up once."""
    return ratio_half_up(cents * numerator, denominator)


def round_half_up(value: Decimal) -> int:
    """The whole number nearest to `value`, a half going away from zero."""
    return ratio_half_up(*value.as_integer_ratio())


def _names_other_currency(typed: str) -> bool:
    signs = {c for c in typed if unicodedata.category(c) == "Sc"}
    return bool(signs - {"$"}) or (bool(CODE.search(typed)) and any(c.isdigit() for c in typed))
