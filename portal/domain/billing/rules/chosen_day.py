"""Paying on a chosen day: which days may be chosen, what is promised already; knows no row."""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Iterable, Sequence

from portal.domain.billing.rules import allocation
from portal.kernel import errors, msgids

SOONEST_DAYS = 1  # days ahead (choice): what is to be taken today is paid at once
LATEST_DAYS = 60  # choice
AMERICAN = re.compile(r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})", re.ASCII)
BY_FIELD = re.compile(r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})", re.ASCII)


class DayUnreadable(errors.DomainError):
    """What was typed is no day, or nothing was typed."""

    code = "day_unreadable"
    message = msgids.N_("Enter a day, like %(example)s.")


class DayTooSoon(errors.DomainError):
    """Today, or a day that is over."""

    code = "day_too_soon"
    message = msgids.N_("The first day that can be chosen is %(first_on)s.")


class DayTooLate(errors.DomainError):
    """Further ahead than a payment is planned."""

    code = "day_too_late"
    message = msgids.N_("The last day that can be chosen is %(last_on)s.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Promise:
    """Cents that will be taken for bills on a day that comes first."""

    invoice_nos: frozenset[str]
    cents: int


def first_on(today: datetime.date) -> datetime.date:
    """The first day that can be chosen."""
    return today + datetime.timedelta(days=SOONEST_DAYS)


def last_on(today: datetime.date) -> datetime.date:
    """The last day that can be chosen."""
    return today + datetime.timedelta(days=LATEST_DAYS)


def read(text: str, *, example: datetime.date) -> datetime.date:
    """The day that somebody typed, "2026-12-04" or "12/4/2026". Raises DayUnreadable."""
    typed = text.strip()
    found = BY_FIELD.fullmatch(typed) or AMERICAN.fullmatch(typed)
    try:
        if found is None:
            raise ValueError(typed)
        return datetime.date(int(found["y"]), int(found["m"]), int(found["d"]))
    except ValueError:
        raise DayUnreadable(example=f"{example:%m/%d/%Y}") from None


def check(day: datetime.date, *, today: datetime.date) -> None:
    """Refuse a day that can't be chosen. Raises DayTooSoon, DayTooLate."""
    if day < first_on(today):
        raise DayTooSoon(first_on=first_on(today))
    if day > last_on(today):
        raise DayTooLate(last_on=last_on(today))


def left_after(
    lines: Iterable[allocation.OpenLine],
    promises: Sequence[Promise],
    rule: allocation.AllocationRule,
) -> tuple[allocation.OpenLine, ...]:
    """The open lines as `promises` will leave them, taken in their order."""
    left = {line.line_id: line for line in lines}
    for promise in promises:
        mine = [line for line in left.values() if line.invoice_no in promise.invoice_nos]
        for part in allocation.allocate(mine, promise.cents, rule).allocated:
            line = left[part.line_id]
            left[part.line_id] = dataclasses.replace(line, open_cents=line.open_cents - part.cents)
    return tuple(line for line in left.values() if line.open_cents > 0)
