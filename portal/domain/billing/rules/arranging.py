"""Payment arrangements: limits, parts and days, who agrees, states; knows no row and no draft.

Limits are choices of ours; docs/billing-rules.md, "Paying", lists them.
"""

from __future__ import annotations

import datetime
import enum
from typing import NamedTuple

from portal.domain.billing.states import ArrangementState
from portal.kernel import calendars, errors, money, msgids
from portal.kernel.transitions import Table, Transition

LEAST_PARTS, MOST_PARTS = 2, 6
LEAST_PART_CENTS = 1000
FIRST_WITHIN_DAYS = 14
LAST_WITHIN_DAYS = 180
DUE_WITHIN_DAYS = 30  # a bill that is due later is no debt yet
RULE_MOST_CENTS = 50_000  # up to this the rule agrees by itself
SUPERVISOR_ABOVE_CENTS = 200_000
BROKEN_DAYS = 365  # for so long after a broken one a person decides
FAILED_MOST = 2  # so many parts that fail break it
SUPERVISOR = "supervisor"


class Every(enum.StrEnum):
    """How far the parts are from each other."""

    WEEK = "week"
    TWO_WEEKS = "two_weeks"
    MONTH = "month"


class Event(enum.StrEnum):
    """What can happen to an arrangement."""

    AGREE = "agree"
    DECLINE = "decline"
    KEEP = "keep"
    BREAK = "break"
    CANCEL = "cancel"


class Part(NamedTuple):
    """So many cents on this day."""

    on: datetime.date
    cents: int


class PartsOutOfRange(errors.DomainError):
    """Fewer or more parts than an arrangement has."""

    code = "arrangement_parts"
    message = msgids.N_("Choose from %(least)s to %(most)s parts.")


class PartTooSmall(errors.DomainError):
    """A part is below the least; there may be a number of parts that would do."""

    code = "arrangement_part_small"
    message = msgids.N_("Each part must be at least %(least_cents)s. Choose fewer parts.")


class FirstDayOutOfRange(errors.DomainError):
    """The first part is today or before, or too far ahead."""

    code = "arrangement_first_day"
    message = msgids.N_("The first part must be between %(first_on)s and %(last_on)s.")


class LastDayTooLate(errors.DomainError):
    """The last part is too far ahead."""

    code = "arrangement_last_day"
    message = msgids.N_(
        "The last part must be by %(last_on)s. Choose fewer parts, or less time between them."
    )


_S, _E = ArrangementState, Event
ARRANGEMENTS: Table = Table(
    ArrangementState,
    Event,
    (
        Transition(_S.PROPOSED, _E.AGREE, _S.ACTIVE, "the rule agrees, or a person"),
        Transition(_S.PROPOSED, _E.DECLINE, _S.DECLINED, "a person says why"),
        Transition(_S.PROPOSED, _E.CANCEL, _S.CANCELLED, "the customer takes it back"),
        Transition(_S.ACTIVE, _E.KEEP, _S.KEPT, "the debt is paid, or every part was"),
        Transition(_S.ACTIVE, _E.BREAK, _S.BROKEN, "two parts failed, or one and time is over"),
        Transition(_S.ACTIVE, _E.CANCEL, _S.CANCELLED, "the customer ends it"),
    ),
)
ENDED = frozenset(ArrangementState) - {ArrangementState.PROPOSED, ArrangementState.ACTIVE}


def is_debt(due_on: datetime.date, *, today: datetime.date) -> bool:
    """Whether a bill can be part of an arrangement: past due, or due soon."""
    return due_on <= today + datetime.timedelta(days=DUE_WITHIN_DAYS)


def first_days(today: datetime.date) -> tuple[datetime.date, datetime.date]:
    """The first and the last day on which the first part may be."""
    return (
        today + datetime.timedelta(days=1),
        today + datetime.timedelta(days=FIRST_WITHIN_DAYS),
    )


def most_parts(total_cents: int) -> int:
    """In how many parts so much may be paid; below `LEAST_PARTS`: in none."""
    return min(total_cents // LEAST_PART_CENTS, MOST_PARTS)


def parts(
    total_cents: int, *, count: int, first_on: datetime.date, every: Every, today: datetime.date
) -> tuple[Part, ...]:
    """The total in `count` equal parts, odd cents first, on their days.

    Raises PartsOutOfRange, PartTooSmall, FirstDayOutOfRange, LastDayTooLate.
    """
    if not LEAST_PARTS <= count <= MOST_PARTS:
        raise PartsOutOfRange(least=LEAST_PARTS, most=MOST_PARTS)
    cents = money.split(total_cents, count)
    if cents[-1] < LEAST_PART_CENTS:
        raise PartTooSmall(least_cents=LEAST_PART_CENTS)
    soonest, latest = first_days(today)
    if not soonest <= first_on <= latest:
        raise FirstDayOutOfRange(first_on=soonest, last_on=latest)
    days = [_day(first_on, every, n) for n in range(count)]
    last = today + datetime.timedelta(days=LAST_WITHIN_DAYS)
    if days[-1] > last:
        raise LastDayTooLate(last_on=last)
    return tuple(Part(on, part) for on, part in zip(days, cents, strict=True))


def approved_by_rule(
    total_cents: int,
    *,
    is_disputed: bool,
    broken_on: datetime.date | None,
    today: datetime.date,
) -> bool:
    """Whether nobody need look: a small debt, undisputed, of somebody who broke none of late.

    `broken_on` is the day on which the customer's last broken arrangement ended.
    """
    broke_one = broken_on is not None and (today - broken_on).days <= BROKEN_DAYS
    return total_cents <= RULE_MOST_CENTS and not is_disputed and not broke_one


def may_decide(role: str, total_cents: int) -> bool:
    """Whether a member of staff with this role decides on so much."""
    roles = {SUPERVISOR} if total_cents > SUPERVISOR_ABOVE_CENTS else {SUPERVISOR, "specialist"}
    return role in roles


def outcome(*, open_cents: int, waiting: int, failed: int) -> Event | None:
    """What the parts have come to: an end, or None while it goes on.

    `open_cents` is what is open on its bills, what is in dispute too; `waiting` how many parts may
    still be taken, `failed` how many were refused for good or came back after they were taken.
    """
    if open_cents == 0:
        return Event.KEEP
    if failed >= FAILED_MOST:
        return Event.BREAK
    if waiting:
        return None
    return Event.BREAK if failed else Event.KEEP


def _day(first_on: datetime.date, every: Every, n: int) -> datetime.date:
    if every is Every.MONTH:
        return calendars.add_months(first_on, n)
    return first_on + datetime.timedelta(weeks=n * (2 if every is Every.TWO_WEEKS else 1))
