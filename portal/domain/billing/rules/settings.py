"""The billing settings: what each value means, what may be typed, how two versions differ.

A setting is a column of the plan or of a state's rule. Values are cents, days, parts per million,
"A" or "B", or a truth; None, in a state, means that the plan holds. Knows no row.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from portal.kernel import errors, money, msgids

N_ = msgids.N_
PER_CENT = 10_000  # parts per million
RATE = re.compile(r"(?P<whole>\d{1,2})(?:[.](?P<part>\d{1,4}))? ?%?", re.ASCII)
DAYS = re.compile(r"\d{1,3}", re.ASCII)
Value = int | str | bool | None
Values = Mapping[str, Value]


class Sort(enum.StrEnum):
    """What a setting is a number of, and so how it is typed and written."""

    CENTS = "cents"
    DAYS = "days"
    RATE = "rate"  # parts per million, typed as per cent
    RULE = "rule"  # "A" or "B"
    FLAG = "flag"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Setting:
    """One value: its column, its words, the least and the most that may be typed."""

    name: str
    sort: Sort
    label: str
    meaning: str
    least: int = 0
    most: int = 0
    may_be_empty: bool = False


def _cents(name: str, label: str, meaning: str, most: int, *, empty: bool = False) -> Setting:
    return Setting(
        name=name, sort=Sort.CENTS, label=label, meaning=meaning, most=most, may_be_empty=empty
    )


def _days(
    name: str, label: str, meaning: str, limits: tuple[int, int], *, empty: bool = False
) -> Setting:
    least, most = limits
    return Setting(
        name=name,
        sort=Sort.DAYS,
        label=label,
        meaning=meaning,
        least=least,
        most=most,
        may_be_empty=empty,
    )


PLAN = (
    _days(
        "lead_days",
        N_("Lead days"),
        N_("A bill goes out so many days before it is due. At least 10: Regulation E."),
        (10, 60),
    ),
    _cents(
        "tolerance_cents",
        N_("Tolerance"),
        N_("A remainder up to this is let off by itself, once for each bill."),
        500,
    ),
    Setting(
        name="allocation_rule",
        sort=Sort.RULE,
        label=N_("Who is paid first"),
        meaning=N_(
            "A: the oldest bill, with its fees. B: premium and tax of all bills, fees after them."
        ),
    ),
    _cents(
        "installment_fee_cents",
        N_("Installment fee"),
        N_("On each bill of a term paid in parts. For terms that begin from the day on."),
        2_000,
    ),
    _cents(
        "policy_fee_cents",
        N_("Policy fee"),
        N_("On the first bill of a term. For terms that begin from the day on."),
        20_000,
    ),
    Setting(
        name="tax_ppm",
        sort=Sort.RATE,
        label=N_("Tax rate"),
        meaning=N_("Per cent of a term’s premium. For terms that begin from the day on."),
        most=15 * PER_CENT,
    ),
    _cents(
        "nsf_fee_cents",
        N_("Returned payment fee"),
        N_("For a payment that a bank sent back. A state may allow less."),
        5_000,
    ),
    _days(
        "free_look_days",
        N_("Free look"),
        N_("Days from receipt in which a new policy can be given back for all that was paid."),
        (10, 60),
    ),
    _days(
        "notice_days",
        N_("Notice"),
        N_("Days between the notice of cancellation and the end of the cover."),
        (10, 90),
    ),
    _days(
        "renewal_days",
        N_("Renewal"),
        N_("The next term is written so many days before the last one ends."),
        (30, 120),
    ),
)
STATE = (
    _cents(
        "nsf_cap_cents",
        N_("Most for a returned payment"),
        N_("The fee is never more. Empty: what the plan says."),
        5_000,
        empty=True,
    ),
    _cents(
        "late_fee_cap_cents",
        N_("Most for a late fee"),
        N_("The fee is never more. Empty: what was filed."),
        5_000,
        empty=True,
    ),
    _days(
        "free_look_days",
        N_("Free look"),
        N_("Days from receipt. Empty: what the plan says."),
        (10, 60),
        empty=True,
    ),
    _days(
        "notice_days",
        N_("Notice"),
        N_("Days before the end of the cover. Empty: what the plan says."),
        (10, 90),
        empty=True,
    ),
    Setting(
        name="short_rate_filed",
        sort=Sort.FLAG,
        label=N_("Short rate"),
        meaning=N_("Whether a form was filed that lets us keep a tenth when a customer cancels."),
    ),
)


class OutOfRange(errors.DomainError):
    """Fewer or more days than a setting may be."""

    code = "setting_out_of_range"
    message = N_("Enter a whole number of days from %(least)s to %(most)s.")


class TooMuch(errors.DomainError):
    """A fee that is a slip of the finger."""

    code = "setting_too_much"
    message = N_("The most that can be set is %(most_cents)s.")


class RateUnreadable(errors.DomainError):
    """No rate that can be taken."""

    code = "setting_rate"
    message = N_("Enter a rate in per cent from 0 to %(most)s, like 2.5.")


class RuleUnknown(errors.DomainError):
    """Neither A nor B."""

    code = "setting_rule"
    message = N_("Choose A or B.")


class NotFuture(errors.DomainError):
    """A version holds from a day to come: what was in force stays as it was."""

    code = "version_not_future"
    message = N_("Choose a day after today. What is in force is never changed.")


class DayTaken(errors.DomainError):
    """Another version begins on this day."""

    code = "version_day_taken"
    message = N_("A version from this day on is there already. Withdraw it first.")


class NothingChanges(errors.DomainError):
    """The version would say what holds already."""

    code = "version_same"
    message = N_("Nothing would change. Change a value first.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Difference:
    """One value of a version beside what holds without it."""

    setting: Setting
    before: Value
    after: Value


def read(setting: Setting, typed: str) -> Value:
    """What was typed for a setting.

    Raises MoneyError, TooMuch, OutOfRange, RateUnreadable, RuleUnknown.
    """
    text = typed.strip()
    if setting.sort is Sort.FLAG:
        return bool(text)
    if not text and setting.may_be_empty:
        return None
    if setting.sort is Sort.CENTS:
        cents = money.Money.parse(text).cents
        if cents > setting.most:
            raise TooMuch(most_cents=setting.most)
        return cents
    if setting.sort is Sort.DAYS:
        if not DAYS.fullmatch(text) or not setting.least <= int(text) <= setting.most:
            raise OutOfRange(least=setting.least, most=setting.most)
        return int(text)
    if setting.sort is Sort.RATE:
        return _rate(setting, text)
    if text not in ("A", "B"):
        raise RuleUnknown()
    return text


def _rate(setting: Setting, text: str) -> int:
    found = RATE.fullmatch(text)
    ppm = int(Decimal(text.rstrip("% ")) * PER_CENT) if found else -1
    if not 0 <= ppm <= setting.most:
        raise RateUnreadable(most=setting.most // PER_CENT)
    return ppm


def typed(setting: Setting, value: Value) -> str:
    """The value as it would be typed."""
    if value is None or value is False:
        return ""
    if setting.sort is Sort.CENTS:
        return f"{int(value) // 100}.{int(value) % 100:02d}"
    if setting.sort is Sort.RATE:
        return f"{Decimal(int(value)) / PER_CENT:f}"
    return "1" if setting.sort is Sort.FLAG else str(value)


def check_day(
    valid_from: datetime.date, *, today: datetime.date, taken: Sequence[datetime.date]
) -> None:
    """Refuse a day that a version can't begin on. Raises NotFuture, DayTaken."""
    if valid_from <= today:
        raise NotFuture()
    if valid_from in taken:
        raise DayTaken()


def differences(known: Sequence[Setting], before: Values, after: Values) -> tuple[Difference, ...]:
    """The values that differ, in the order of the settings."""
    return tuple(
        Difference(setting=one, before=before[one.name], after=after[one.name])
        for one in known
        if before[one.name] != after[one.name]
    )
