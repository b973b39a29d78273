"""Labels that travel from queries to words, and the marks in them; makes no words of them."""

from __future__ import annotations

import enum
from typing import Protocol

PAYER = "payer:"  # in the place of "visa 4242": somebody else paid, whose name follows


class Wallet(enum.StrEnum):
    """Where a card is kept that is not typed: in a phone, a browser, with Stripe."""

    APPLE_PAY = "apple_pay"
    GOOGLE_PAY = "google_pay"
    SAMSUNG_PAY = "samsung_pay"
    LINK = "link"


class Method(Protocol):
    """A card or account, saved or as Stripe describes it."""

    brand: str
    last4: str
    wallet: Wallet | None


def of_method(method: Method) -> str:
    """What is kept of a method on a payment: "visa 4242", "visa 4242 apple_pay"."""
    return " ".join(part for part in (method.brand, method.last4, method.wallet) if part)
