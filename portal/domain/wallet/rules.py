"""What may be charged: the one rule for a saved method, however it is read; pure.

Source: docs/billing-rules.md, "Paying".
"""

from __future__ import annotations

import datetime
from typing import Protocol

from portal.domain.wallet.states import MandateState, MethodKind
from portal.kernel import errors, msgids


class Method(Protocol):
    """What the rule asks of a method: a row or a view."""

    kind: str
    exp_month: int | None
    exp_year: int | None
    mandate_state: MandateState | None


class NoSuchMethod(errors.DomainError):
    """The method is not the customer's, or was removed."""

    code = "no_such_method"
    message = msgids.N_("This payment method is not there any more.")


class MandateOver(errors.DomainError):
    """The permission to debit the account was taken back."""

    code = "mandate_over"
    message = msgids.N_(
        "This account may not be debited any more. Nothing was taken. Add it again, or choose "
        "another way to pay."
    )


def is_allowed(method: Method) -> bool:
    """Whether its owner allows charging it: an account needs a mandate that holds."""
    return method.kind != MethodKind.BANK or method.mandate_state is MandateState.ACTIVE


def has_expired(method: Method, on: datetime.date) -> bool:
    """Whether a card's last month is over on a day; an account does not expire."""
    if method.exp_year is None or method.exp_month is None:
        return False
    return (method.exp_year, method.exp_month) < (on.year, on.month)
