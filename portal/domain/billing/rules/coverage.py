"""The coverage line of a policy as a value; the wording is the web's, in either language."""

from __future__ import annotations

import dataclasses
import datetime
import enum


class CoverageKind(enum.StrEnum):
    """Which of the four sentences is true, and what its day and amount mean.

    `covered`: paid to `on`. `past_due`: covered, and `amount_cents` was due on `on`. `notice`:
    cover ends on `on` unless `amount_cents` arrives before. `cancelled`: cover ended on `on`.
    """

    COVERED = "covered"
    PAST_DUE = "past_due"
    NOTICE = "notice"
    CANCELLED = "cancelled"


@dataclasses.dataclass(frozen=True, kw_only=True)
class CoverageLine:
    """One line: its kind, its day in the insurer's zone, its amount (0 where it has none)."""

    kind: CoverageKind
    on: datetime.date
    amount_cents: int = 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class PastDue:
    """What is past due on the policy, held amounts left out, and since when: the oldest due day."""

    amount_cents: int
    due_on: datetime.date


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunningNotice:
    """A notice of cancellation that was mailed and not yet answered by money."""

    amount_cents: int
    effective_on: datetime.date


def line(
    *,
    today: datetime.date,
    equity_on: datetime.date,
    past_due: PastDue | None = None,
    notice: RunningNotice | None = None,
    ended_on: datetime.date | None = None,
) -> CoverageLine:
    """The one line that is true today: ended, else a notice, else past due, else covered.

    `ended_on` is the day of a cancellation or an expiry and is itself not covered; one that lies
    ahead has not ended anything. Something due today is not past due.
    """
    if ended_on is not None and ended_on <= today:
        return CoverageLine(kind=CoverageKind.CANCELLED, on=ended_on)
    if notice is not None and notice.amount_cents > 0:
        return CoverageLine(
            kind=CoverageKind.NOTICE, on=notice.effective_on, amount_cents=notice.amount_cents
        )
    if past_due is not None and past_due.amount_cents > 0 and past_due.due_on < today:
        return CoverageLine(
            kind=CoverageKind.PAST_DUE, on=past_due.due_on, amount_cents=past_due.amount_cents
        )
    return CoverageLine(kind=CoverageKind.COVERED, on=equity_on)
