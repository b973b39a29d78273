"""What a late installment costs; knows no invoice, no hold and no state's law."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

from portal.kernel import money


@dataclasses.dataclass(frozen=True, kw_only=True)
class LateFeeTerms:
    """The fee as filed: a share of what is late, capped, none before `from_day` days.

    `cap_cents` is our own cap, `filed_cents` the fee filed and `state_cap_cents` the state's
    (None where there is none); the lowest of them holds.
    """

    share: Decimal = Decimal("0.05")
    cap_cents: int = 500
    from_day: int = 10
    filed_cents: int | None = None
    state_cap_cents: int | None = None

    @property
    def most_cents(self) -> int:
        """The lowest cap."""
        caps = (self.cap_cents, self.filed_cents, self.state_cap_cents)
        return min(cap for cap in caps if cap is not None)


DEFAULT = LateFeeTerms()


def late_fee_cents(
    *,
    open_cents: int,
    days_late: int,
    charged_before: bool = False,
    terms: LateFeeTerms = DEFAULT,
) -> int:
    """The late fee in cents of one installment, 0 where there is none.

    `open_cents` is the premium and tax that were open, and held by no dispute, on day
    `terms.from_day` after the due day: the fee stays the same however much later it is. One fee
    an installment, so none when it was `charged_before`. Rounded half up once.
    """
    if charged_before or days_late < terms.from_day or open_cents <= 0:
        return 0
    return min(money.pro_rata(open_cents, *terms.share.as_integer_ratio()), terms.most_cents)
