"""How much premium is earned through a day, in whole cents; knows no ledger."""

from __future__ import annotations

import dataclasses
import datetime

from portal.domain.billing.rules.term_premium import TermPremium
from portal.kernel import money


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ending:
    """An early end: from `ended_on` (itself not covered) on, `earned_cents` is all there is."""

    ended_on: datetime.date
    earned_cents: int


def earned_through(term: TermPremium, day: datetime.date, *, ending: Ending | None = None) -> int:
    """Cents earned from the effective date through `day`, `day` covered in full.

    Rounded half up once on the sum of all days, never day by day. After the last day it is what
    was charged for the term, after an early ending what the ending says.
    """
    if ending is not None and day >= ending.ended_on:
        return ending.earned_cents
    covered = (day - term.effective_on).days + 1
    if covered >= term.days:
        return term.charged_cents
    return money.ratio_half_up(term.earned_numerator(covered), term.days)


def earned_on(term: TermPremium, day: datetime.date, *, ending: Ending | None = None) -> int:
    """Cents that `day` alone adds: through it less through the day before.

    Over any stretch of days these sum to the difference of `earned_through`, so no cent is lost.
    On the day of an early ending it may be negative or positive: it corrects what was rounded.
    """
    before = day - datetime.timedelta(days=1)
    return earned_through(term, day, ending=ending) - earned_through(term, before, ending=ending)
