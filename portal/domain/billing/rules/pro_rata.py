"""What goes back when a term is cancelled; knows no invoice, no refund and no state's law.

The day of the cancellation is itself not covered. The result keeps the basis and the
denominator it was worked out with, so that it can be explained years later.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
from decimal import Decimal

from portal.domain.billing.rules.earning import Ending
from portal.domain.billing.rules.term_premium import TermPremium
from portal.kernel import errors, money, msgids

SHORT_RATE = Decimal("0.90")


class CancellationBasis(enum.StrEnum):
    """How the return premium is worked out."""

    PRO_RATA = "pro_rata"
    SHORT_RATE = "short_rate"
    FLAT = "flat"


class CancellationOutsideTerm(errors.DomainError):
    """The day lies before the term or after it."""

    code = "cancellation_outside_term"
    message = msgids.N_("Choose a day from %(first)s to %(last)s: the term covers no other.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReturnPremium:
    """What goes back and what was earned, in cents, and how that was worked out."""

    cancelled_on: datetime.date
    return_cents: int
    earned_cents: int
    days_in_force: int
    days_unexpired: int
    term_days: int
    basis: CancellationBasis

    @property
    def ending(self) -> Ending:
        """The same as daily earning wants it."""
        return Ending(ended_on=self.cancelled_on, earned_cents=self.earned_cents)


def basis(*, free_look: bool, customer_asked: bool, short_rate_filed: bool) -> CancellationBasis:
    """Flat inside the free look; short rate only if the customer asks and the form was filed so."""
    if free_look:
        return CancellationBasis.FLAT
    if customer_asked and short_rate_filed:
        return CancellationBasis.SHORT_RATE
    return CancellationBasis.PRO_RATA


def return_premium(
    term: TermPremium,
    *,
    cancelled_on: datetime.date,
    basis: CancellationBasis = CancellationBasis.PRO_RATA,
    short_rate: Decimal = SHORT_RATE,
) -> ReturnPremium:
    """What of the premium charged for `term` goes back when it ends on `cancelled_on`.

    Pro rata: charged less earned by segments, which at one rate is premium × unexpired days ÷
    days in the term. Short rate: that × `short_rate`. Flat: all of it. Rounded half up once, at
    the end, exact before. Never below zero; on the last day nothing, whatever a mid-term charge
    was rounded by. Raises `CancellationOutsideTerm`.
    """
    if not term.effective_on <= cancelled_on <= term.expires_on:
        raise CancellationOutsideTerm(first=term.effective_on, last=term.expires_on)
    in_force = (cancelled_on - term.effective_on).days
    unearned = term.charged_cents * term.days - term.earned_numerator(in_force)
    if basis is CancellationBasis.FLAT:
        returned = term.charged_cents
    elif in_force == term.days:
        returned = 0
    else:
        up, down = (1, 1) if basis is not CancellationBasis.SHORT_RATE else _ratio(short_rate)
        returned = max(money.ratio_half_up(unearned * up, term.days * down), 0)
    return ReturnPremium(
        cancelled_on=cancelled_on,
        return_cents=returned,
        earned_cents=term.charged_cents - returned,
        days_in_force=in_force,
        days_unexpired=term.days - in_force,
        term_days=term.days,
        basis=basis,
    )


def _ratio(rate: Decimal) -> tuple[int, int]:
    if not 0 <= rate <= 1:
        raise ValueError(f"a short rate of {rate} is none")
    return rate.as_integer_ratio()
