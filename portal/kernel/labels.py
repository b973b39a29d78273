"""Labels that travel from queries to words, and the marks in them; makes no words of them."""

from __future__ import annotations

from typing import Protocol

PAYER = "payer:"  # in the place of "visa 4242": somebody else paid, whose name follows


class Method(Protocol):
    """A card or account, saved or as Stripe describes it."""

    brand: str
    last4: str


def of_method(method: Method) -> str:
    """What is kept of a method on a payment: "visa 4242"."""
    return f"{method.brand} {method.last4}".strip()
