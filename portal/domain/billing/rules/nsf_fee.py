"""What a payment that came back for lack of money costs; knows no payment and no invoice."""

from __future__ import annotations

FEE_CODES = frozenset({"R01", "R09"})  # not enough money, or not yet collected


def nsf_fee_cents(
    *,
    return_code: str,
    configured_cents: int,
    state_cap_cents: int | None,
    was_fraud_victim: bool = False,
) -> int:
    """The fee in cents, 0 where there is none.

    Only for the returns in FEE_CODES; the lower of what we ask and what the policy's state allows
    (None: no limit of its own); never where the payer was a victim of fraud.
    """
    if return_code not in FEE_CODES or was_fraud_victim:
        return 0
    if state_cap_cents is None:
        return configured_cents
    return min(configured_cents, state_cap_cents)
