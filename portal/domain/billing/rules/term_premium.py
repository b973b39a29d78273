"""The premium of one term by segments, and what of it is earned; knows no payment, rounds nothing.

A mid-term change opens a new segment. Each segment names what the whole term would cost at its
rate, so n days of it earn premium × n ÷ days in the term (366 where 29 February is inside).
"""

from __future__ import annotations

import dataclasses
import datetime
import itertools


@dataclasses.dataclass(frozen=True)
class Segment:
    """Part of a term, half-open, at one rate: `premium_cents` for a whole term of it."""

    starts_on: datetime.date
    ends_on: datetime.date
    premium_cents: int

    @property
    def days(self) -> int:
        """How many days it lasts."""
        return (self.ends_on - self.starts_on).days


@dataclasses.dataclass(frozen=True)
class TermPremium:
    """A term, half-open, as segments that follow each other without a gap.

    `charged_cents` is what was charged for the whole term, every change rounded as it was billed.
    Raises ValueError for segments that leave a gap, last no day or cost less than nothing.
    """

    segments: tuple[Segment, ...]
    charged_cents: int

    def __post_init__(self) -> None:
        if not self.segments:
            raise ValueError("a term has at least one segment")
        for segment in self.segments:
            if segment.days < 1 or segment.premium_cents < 0:
                raise ValueError(f"no segment: {segment}")
        for before, after in itertools.pairwise(self.segments):
            if before.ends_on != after.starts_on:
                raise ValueError(f"a gap or overlap at {before.ends_on}")

    @property
    def effective_on(self) -> datetime.date:
        """The first day covered."""
        return self.segments[0].starts_on

    @property
    def expires_on(self) -> datetime.date:
        """The first day no longer covered."""
        return self.segments[-1].ends_on

    @property
    def days(self) -> int:
        """Days in the term: the denominator of every share of it."""
        return (self.expires_on - self.effective_on).days

    def earned_numerator(self, covered_days: int) -> int:
        """What the first `covered_days` days earn, exactly, in cents × `days`."""
        left, earned = covered_days, 0
        for segment in self.segments:
            used = max(min(left, segment.days), 0)
            earned += segment.premium_cents * used
            left -= used
        return earned


def level(
    *, effective_on: datetime.date, expires_on: datetime.date, premium_cents: int
) -> TermPremium:
    """A term without a change: one segment, charged as it costs."""
    return TermPremium((Segment(effective_on, expires_on, premium_cents),), premium_cents)
