"""What a refusal of a draft means and what follows from it; pure, knows no row and no mail.

Source: docs/billing-rules.md, "Paying": hard declines are never tried again, others 3, 5 and 7
days after the first attempt, four attempts at most; a backup method is tried once.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum

from portal.domain.payments.states import DraftState
from portal.kernel.transitions import Table, Transition

RETRY_DAYS = (3, 5, 7)  # after the first attempt
CONFIRM_DAYS = 7  # so long a payer may confirm what the bank asks about
NOT_MADE = "not_made"  # ours: the charge never reached Stripe
ANEW = "announced_anew"  # ours: called off because it has to be announced again
METHOD_GONE = "method_gone"  # ours: removed, or its mandate is revoked
AUTHENTICATE = frozenset({"authentication_required"})
# The bank or network says: never again with this card.
_NEVER = frozenset(
    {
        "lost_card",
        "stolen_card",
        "pickup_card",
        "restricted_card",
        "security_violation",
        "fraudulent",
        "merchant_blacklist",
        "stop_payment_order",
        "revocation_of_authorization",
        "revocation_of_all_authorizations",
        "invalid_account",
        METHOD_GONE,
        "payment_method_unactivated",
        "resource_missing",
    }
)
# Trying again with the same details cannot work; the method itself may be renewed.
_DETAILS = frozenset(
    {
        "expired_card",
        "incorrect_number",
        "invalid_number",
        "incorrect_cvc",
        "invalid_cvc",
        "invalid_expiry_month",
        "invalid_expiry_year",
        "card_not_supported",
        "currency_not_supported",
        "new_account_information_available",
        "transaction_not_allowed",
        "do_not_try_again",
    }
)


class DraftEvent(enum.StrEnum):
    """What can happen to a draft."""

    ATTEMPT = "attempt"
    PAY = "pay"
    WAIT = "wait"
    ASK = "ask"
    EMPTY = "empty"
    FAIL = "fail"
    CANCEL = "cancel"


_D, _E = DraftState, DraftEvent
DRAFTS: Table = Table(
    DraftState,
    DraftEvent,
    (
        Transition(_D.PLANNED, _E.ATTEMPT, _D.ATTEMPTING, "its day has come"),
        Transition(_D.PLANNED, _E.EMPTY, _D.NOTHING_LEFT, "nothing is open any more"),
        Transition(_D.PLANNED, _E.PAY, _D.PAID, "credit paid it"),
        Transition(_D.PLANNED, _E.FAIL, _D.FAILED, "no method is left to charge"),
        Transition(_D.PLANNED, _E.CANCEL, _D.CANCELLED, "called off before its day"),
        Transition(_D.ATTEMPTING, _E.PAY, _D.PAID, "the payment settled"),
        Transition(_D.ATTEMPTING, _E.WAIT, _D.RETRYING, "refused, or the attempt was called off"),
        Transition(_D.ATTEMPTING, _E.ASK, _D.ASKING, "the bank wants the payer to confirm"),
        Transition(_D.ATTEMPTING, _E.FAIL, _D.FAILED, "refused for good"),
        Transition(_D.ATTEMPTING, _E.ATTEMPT, _D.ATTEMPTING, "still under way"),
        Transition(_D.RETRYING, _E.ATTEMPT, _D.ATTEMPTING, "its next day has come"),
        Transition(_D.RETRYING, _E.EMPTY, _D.NOTHING_LEFT, "it was paid in the meantime"),
        Transition(_D.RETRYING, _E.PAY, _D.PAID, "credit paid it, or an attempt settled late"),
        Transition(_D.RETRYING, _E.FAIL, _D.FAILED, "no method is left to charge"),
        Transition(_D.RETRYING, _E.CANCEL, _D.CANCELLED, "called off"),
        Transition(_D.ASKING, _E.ATTEMPT, _D.ATTEMPTING, "the payer confirms"),
        Transition(_D.ASKING, _E.PAY, _D.PAID, "an attempt settled late"),
        Transition(_D.ASKING, _E.EMPTY, _D.NOTHING_LEFT, "it was paid in the meantime"),
        Transition(_D.ASKING, _E.FAIL, _D.FAILED, "the payer did not confirm in time"),
        Transition(_D.ASKING, _E.CANCEL, _D.CANCELLED, "called off"),
        Transition(_D.FAILED, _E.PAY, _D.PAID, "the truth about money is Stripe's"),
        Transition(_D.CANCELLED, _E.PAY, _D.PAID, "the truth about money is Stripe's"),
        Transition(_D.NOTHING_LEFT, _E.PAY, _D.PAID, "the truth about money is Stripe's"),
    ),
)
WAITING = frozenset({_D.PLANNED, _D.RETRYING, _D.ASKING})
ENDED = frozenset({_D.PAID, _D.NOTHING_LEFT, _D.FAILED, _D.CANCELLED})


@dataclasses.dataclass(frozen=True, kw_only=True)
class Refusal:
    """What a bank's no means for the draft and for its method."""

    may_retry: bool
    asks_payer: bool = False
    ends_method: bool = False  # nothing can be charged with it any more
    opens_case: bool = False


def of_card(code: str) -> Refusal:
    """What a decline code of a card means; a code that is not known may be tried again."""
    if code in AUTHENTICATE:
        return Refusal(may_retry=False, asks_payer=True)
    if code in _NEVER:
        return Refusal(may_retry=False, ends_method=True)
    return Refusal(may_retry=code not in _DETAILS)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Step:
    """What becomes of a draft after a refusal, and when."""

    event: DraftEvent
    due_on: datetime.date | None = None


def after_refusal(
    refusal: Refusal,
    *,
    first_on: datetime.date,
    attempts: int,
    today: datetime.date,
    has_backup: bool,
    most_attempts: int = 1 + len(RETRY_DAYS),
) -> Step:
    """The next step after the `attempts`-th attempt with the main method was refused.

    The backup is tried at once, on the same day. A day that is past already (the refusal came
    late, as of a bank debit) becomes tomorrow.
    """
    if has_backup:
        return Step(event=DraftEvent.WAIT, due_on=today)
    if refusal.asks_payer:
        return Step(event=DraftEvent.ASK, due_on=today + datetime.timedelta(days=CONFIRM_DAYS))
    if not refusal.may_retry or not 1 <= attempts < most_attempts:
        return Step(event=DraftEvent.FAIL)
    planned = first_on + datetime.timedelta(days=RETRY_DAYS[min(attempts, len(RETRY_DAYS)) - 1])
    return Step(event=DraftEvent.WAIT, due_on=max(planned, today + datetime.timedelta(days=1)))
