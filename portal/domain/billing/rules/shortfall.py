"""When a small remainder is forgiven by itself; knows no payment and no credit."""

from __future__ import annotations

TOLERANCE_CENTS = 100


def credit_cents(
    *,
    open_cents: int,
    received_cents: int,
    tolerance_cents: int = TOLERANCE_CENTS,
    by_stripe: bool,
    credited_before: bool = False,
    disputed_cents: int = 0,
) -> int:
    """The credit (cents) that closes an invoice on which a payment left `open_cents` open.

    All of it or nothing: up to the tolerance and where something was received on the invoice;
    once per invoice; never on a Stripe payment, where the amount was agreed to the cent; never
    where a dispute holds part of the invoice, because then the remainder was left on purpose.
    """
    if by_stripe or credited_before or disputed_cents > 0 or received_cents <= 0:
        return 0
    return open_cents if 0 < open_cents <= tolerance_cents else 0
