"""Whether an installment can be billed as it stands; pure, one reason or none."""

from __future__ import annotations

import datetime
from typing import Protocol

from portal.domain.billing.rules.charges import PLANNED
from portal.kernel import msgids

NOTHING_TO_ASK = "nothing_to_ask"
BELOW_ZERO = "below_zero"
PERIOD_WRONG = "period_wrong"
OUTSIDE_TERM = "outside_term"
REFUSED = "refused"  # the database did not take it; what it said follows

WORDS = {
    NOTHING_TO_ASK: msgids.N_("It asks for nothing."),
    BELOW_ZERO: msgids.N_("An amount is below zero."),
    PERIOD_WRONG: msgids.N_("Its period ends before it begins."),
    OUTSIDE_TERM: msgids.N_("Its period lies outside the term."),
    REFUSED: msgids.N_("The database refused it."),
}


class Planned(Protocol):
    """An installment with its term's days; the amounts in cents."""

    premium_cents: int
    tax_cents: int
    policy_fee_cents: int
    installment_fee_cents: int
    period_start_on: datetime.date
    period_end_on: datetime.date
    effective_on: datetime.date
    expires_on: datetime.date


def trouble(part: Planned) -> str:
    """Why it can't be billed, one of `WORDS`; "" where it can.

    Such data should never be there; where it is, one policy waits for a person and not a million.
    """
    amounts = [getattr(part, f"{kind}_cents") for kind in PLANNED]
    if min(amounts) < 0:
        return BELOW_ZERO
    if sum(amounts) == 0:
        return NOTHING_TO_ASK
    if part.period_end_on <= part.period_start_on:
        return PERIOD_WRONG
    if part.period_start_on < part.effective_on or part.period_end_on > part.expires_on:
        return OUTSIDE_TERM
    return ""
