"""States of payments and refunds as data, and what Stripe's words mean; knows no row."""

from __future__ import annotations

import enum

from portal.domain.payments.states import PaymentState, RefundState
from portal.kernel import errors, msgids
from portal.kernel.transitions import Table, Transition


class PaymentEvent(enum.StrEnum):
    """What can happen to a payment."""

    ASK_PAYER = "ask_payer"
    PROCESS = "process"
    SETTLE = "settle"
    FAIL = "fail"
    CANCEL = "cancel"
    LOSE_ANSWER = "lose_answer"
    RESUME = "resume"


class RefundEvent(enum.StrEnum):
    """What can happen to a refund."""

    SEND = "send"
    SUCCEED = "succeed"
    FAIL = "fail"


_P, _E = PaymentState, PaymentEvent
_STRIPE = "Stripe says so"
PAYMENTS: Table = Table(
    PaymentState,
    PaymentEvent,
    (
        Transition(_P.INITIATED, _E.ASK_PAYER, _P.REQUIRES_ACTION, "the bank asks the payer"),
        Transition(_P.INITIATED, _E.PROCESS, _P.PROCESSING, _STRIPE),
        Transition(_P.INITIATED, _E.SETTLE, _P.SETTLED, _STRIPE),
        Transition(_P.INITIATED, _E.FAIL, _P.FAILED, "declined, or Stripe was not reached"),
        Transition(_P.INITIATED, _E.CANCEL, _P.CANCELLED, "abandoned, or a newer attempt began"),
        Transition(_P.INITIATED, _E.LOSE_ANSWER, _P.UNKNOWN, "no answer to a charge"),
        Transition(_P.INITIATED, _E.RESUME, _P.INITIATED, "nothing was tried yet"),
        Transition(_P.REQUIRES_ACTION, _E.ASK_PAYER, _P.REQUIRES_ACTION, "still asking"),
        Transition(_P.REQUIRES_ACTION, _E.PROCESS, _P.PROCESSING, _STRIPE),
        Transition(_P.REQUIRES_ACTION, _E.SETTLE, _P.SETTLED, "the payer proved who they are"),
        Transition(_P.REQUIRES_ACTION, _E.FAIL, _P.FAILED, "the payer did not prove it"),
        Transition(_P.REQUIRES_ACTION, _E.CANCEL, _P.CANCELLED, "abandoned, or a newer attempt"),
        Transition(_P.REQUIRES_ACTION, _E.LOSE_ANSWER, _P.UNKNOWN, "no answer to a charge"),
        Transition(_P.REQUIRES_ACTION, _E.RESUME, _P.INITIATED, "another method is tried"),
        Transition(_P.PROCESSING, _E.PROCESS, _P.PROCESSING, "still processing"),
        Transition(_P.PROCESSING, _E.SETTLE, _P.SETTLED, _STRIPE),
        Transition(_P.PROCESSING, _E.FAIL, _P.FAILED, "the bank refused after all"),
        Transition(_P.PROCESSING, _E.CANCEL, _P.CANCELLED, _STRIPE),
        Transition(_P.UNKNOWN, _E.ASK_PAYER, _P.REQUIRES_ACTION, "re-read: the bank asks"),
        Transition(_P.UNKNOWN, _E.PROCESS, _P.PROCESSING, "re-read"),
        Transition(_P.UNKNOWN, _E.SETTLE, _P.SETTLED, "re-read: it was charged"),
        Transition(_P.UNKNOWN, _E.FAIL, _P.FAILED, "re-read: it was declined"),
        Transition(_P.UNKNOWN, _E.CANCEL, _P.CANCELLED, "re-read: it was cancelled"),
        Transition(_P.UNKNOWN, _E.LOSE_ANSWER, _P.UNKNOWN, "still no answer"),
        Transition(_P.UNKNOWN, _E.RESUME, _P.INITIATED, "re-read: nothing was tried"),
        Transition(_P.FAILED, _E.SETTLE, _P.SETTLED, "the truth about money is Stripe's"),
        Transition(_P.CANCELLED, _E.SETTLE, _P.SETTLED, "the truth about money is Stripe's"),
    ),
)

_R, _F = RefundState, RefundEvent
REFUNDS: Table = Table(
    RefundState,
    RefundEvent,
    (
        Transition(_R.APPROVED, _F.SEND, _R.SENT, "Stripe took it"),
        Transition(_R.APPROVED, _F.SUCCEED, _R.SUCCEEDED, "Stripe took it and the bank too"),
        Transition(_R.APPROVED, _F.FAIL, _R.FAILED, "Stripe refused it"),
        Transition(_R.SENT, _F.SEND, _R.SENT, "still on its way"),
        Transition(_R.SENT, _F.SUCCEED, _R.SUCCEEDED, "the bank took it"),
        Transition(_R.SENT, _F.FAIL, _R.FAILED, "the bank gave it back"),
        Transition(_R.SUCCEEDED, _F.SUCCEED, _R.SUCCEEDED, "told twice"),
        Transition(_R.SUCCEEDED, _F.FAIL, _R.FAILED, "the bank gave it back late"),
        Transition(_R.FAILED, _F.FAIL, _R.FAILED, "told twice"),
    ),
)

OPEN_STATES = frozenset({_P.INITIATED, _P.REQUIRES_ACTION, _P.PROCESSING, _P.UNKNOWN})
# Stripe's status of an intent → our event; a method that is missing depends on the last error.
_STATUS = {
    "succeeded": _E.SETTLE,
    "processing": _E.PROCESS,
    "requires_action": _E.ASK_PAYER,
    "requires_confirmation": _E.RESUME,
    "canceled": _E.CANCEL,
}
_REFUND_STATUS = {
    "pending": _F.SEND,
    "requires_action": _F.SEND,
    "succeeded": _F.SUCCEED,
    "failed": _F.FAIL,
    "canceled": _F.FAIL,
}


def intent_event(status: str, *, was_declined: bool) -> PaymentEvent:
    """What an intent's status means for its payment. Raises ValueError for an unknown status."""
    if status == "requires_payment_method":
        return _E.FAIL if was_declined else _E.RESUME
    if status not in _STATUS:
        raise ValueError(f"unknown status of a PaymentIntent: {status}")
    return _STATUS[status]


def refund_event(status: str) -> RefundEvent:
    """What a refund's status means for ours. Raises ValueError for an unknown status."""
    if status not in _REFUND_STATUS:
        raise ValueError(f"unknown status of a refund: {status}")
    return _REFUND_STATUS[status]


class NothingToPay(errors.DomainError):
    """No open bill was chosen, or it was paid in the meantime."""

    code = "nothing_to_pay"
    message = msgids.N_("There is nothing to pay on these bills any more.")


class AmountChanged(errors.DomainError):
    """The page shows another sum than is open now."""

    code = "amount_changed"
    message = msgids.N_("The amount changed while this page was open. Please look at it again.")


class PaymentUnderWay(errors.DomainError):
    """Another payment on one of the bills is being made; nothing was taken by this one."""

    code = "payment_under_way"
    message = msgids.N_(
        "A payment for this bill is already under way. Nothing more was taken. "
        "We will write to you as soon as we know."
    )


class PaymentNotPossible(errors.DomainError):
    """Stripe was not reached or refused; nothing was taken."""

    code = "payment_not_possible"
    message = msgids.N_(
        "We could not reach our payment partner. Nothing was taken. Please try again."
    )


class MethodGone(errors.DomainError):
    """The chosen method was removed."""

    code = "method_gone"
    message = msgids.N_("This payment method was removed. Please choose another one.")


class RefundTooLarge(errors.DomainError):
    """More than what the payment has to give."""

    code = "refund_too_large"
    message = msgids.N_("This is more than can be refunded from the payment.")
