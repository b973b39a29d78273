"""States of payments, refunds and chargebacks as data, and what Stripe's words mean."""

from __future__ import annotations

import dataclasses
import enum

from portal.domain.payments.states import ChargebackState, PaymentState, RefundState
from portal.kernel import errors, msgids
from portal.kernel.transitions import Table, Transition


@dataclasses.dataclass(frozen=True)
class Part:
    """The customers of one of several runs that share all: whose id leaves `index` modulo `of`."""

    index: int
    of: int


WHOLE = Part(0, 1)


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
    SEND_AGAIN = "send_again"
    PAY_OTHERWISE = "pay_otherwise"


class ChargebackEvent(enum.StrEnum):
    """What can happen to a chargeback; an inquiry is one that moves no money yet."""

    INQUIRE = "inquire"
    REVIEW_INQUIRY = "review_inquiry"
    CLOSE_INQUIRY = "close_inquiry"
    CLAIM = "claim"
    REVIEW = "review"
    WIN = "win"
    LOSE = "lose"
    PREVENT = "prevent"
    APPEAL = "appeal"
    REVIEW_APPEAL = "review_appeal"


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
        Transition(_R.FAILED, _F.SEND_AGAIN, _R.SENT_AGAIN, "another refund takes its place"),
        Transition(_R.FAILED, _F.PAY_OTHERWISE, _R.PAID_OTHERWISE, "a check was written"),
    ),
)

_C, _B = ChargebackState, ChargebackEvent
_ANY_END = "an earlier step was not told"
CHARGEBACKS: Table = Table(
    ChargebackState,
    ChargebackEvent,
    (
        Transition(_C.WARNING_NEEDS_RESPONSE, _B.INQUIRE, _C.WARNING_NEEDS_RESPONSE, "told twice"),
        Transition(_C.WARNING_NEEDS_RESPONSE, _B.REVIEW_INQUIRY, _C.WARNING_UNDER_REVIEW, "sent"),
        Transition(_C.WARNING_NEEDS_RESPONSE, _B.CLOSE_INQUIRY, _C.WARNING_CLOSED, "no claim came"),
        Transition(_C.WARNING_NEEDS_RESPONSE, _B.CLAIM, _C.NEEDS_RESPONSE, "the bank claims"),
        Transition(_C.WARNING_NEEDS_RESPONSE, _B.REVIEW, _C.UNDER_REVIEW, _ANY_END),
        Transition(_C.WARNING_NEEDS_RESPONSE, _B.WIN, _C.WON, _ANY_END),
        Transition(_C.WARNING_NEEDS_RESPONSE, _B.LOSE, _C.LOST, _ANY_END),
        Transition(_C.WARNING_NEEDS_RESPONSE, _B.PREVENT, _C.PREVENTED, _STRIPE),
        Transition(_C.WARNING_UNDER_REVIEW, _B.CLOSE_INQUIRY, _C.WARNING_CLOSED, "the bank agrees"),
        Transition(_C.WARNING_UNDER_REVIEW, _B.CLAIM, _C.NEEDS_RESPONSE, "the bank claims"),
        Transition(_C.WARNING_UNDER_REVIEW, _B.REVIEW, _C.UNDER_REVIEW, _ANY_END),
        Transition(_C.WARNING_UNDER_REVIEW, _B.WIN, _C.WON, _ANY_END),
        Transition(_C.WARNING_UNDER_REVIEW, _B.LOSE, _C.LOST, _ANY_END),
        Transition(_C.WARNING_CLOSED, _B.CLAIM, _C.NEEDS_RESPONSE, "the bank claims after all"),
        Transition(_C.WARNING_CLOSED, _B.REVIEW, _C.UNDER_REVIEW, _ANY_END),
        Transition(_C.WARNING_CLOSED, _B.WIN, _C.WON, _ANY_END),
        Transition(_C.WARNING_CLOSED, _B.LOSE, _C.LOST, _ANY_END),
        Transition(_C.NEEDS_RESPONSE, _B.REVIEW, _C.UNDER_REVIEW, "the evidence is there"),
        Transition(_C.NEEDS_RESPONSE, _B.WIN, _C.WON, "the bank takes it back"),
        Transition(_C.NEEDS_RESPONSE, _B.LOSE, _C.LOST, "nobody answered, or we gave up"),
        Transition(_C.NEEDS_RESPONSE, _B.PREVENT, _C.PREVENTED, _STRIPE),
        Transition(_C.UNDER_REVIEW, _B.WIN, _C.WON, "the bank agrees with us"),
        Transition(_C.UNDER_REVIEW, _B.LOSE, _C.LOST, "the bank does not"),
        Transition(_C.UNDER_REVIEW, _B.PREVENT, _C.PREVENTED, _STRIPE),
        Transition(_C.UNDER_REVIEW, _B.APPEAL, _C.APPEAL_NEEDS_RESPONSE, "the bank asks again"),
        Transition(_C.APPEAL_NEEDS_RESPONSE, _B.REVIEW_APPEAL, _C.APPEAL_UNDER_REVIEW, "sent"),
        Transition(_C.APPEAL_NEEDS_RESPONSE, _B.WIN, _C.WON, _STRIPE),
        Transition(_C.APPEAL_NEEDS_RESPONSE, _B.LOSE, _C.LOST, _STRIPE),
        Transition(_C.APPEAL_UNDER_REVIEW, _B.WIN, _C.WON, "the network agrees with us"),
        Transition(_C.APPEAL_UNDER_REVIEW, _B.LOSE, _C.LOST, "the network does not"),
        Transition(_C.WON, _B.APPEAL, _C.APPEAL_NEEDS_RESPONSE, "the bank does not accept it"),
        Transition(_C.WON, _B.LOSE, _C.LOST, "the bank took it again"),
        Transition(_C.LOST, _B.WIN, _C.WON, "the bank gave it back late"),
    ),
)
# What a chargeback is when it is first heard of, by what is told.
CHARGEBACK_STATES = {
    _B.INQUIRE: _C.WARNING_NEEDS_RESPONSE,
    _B.REVIEW_INQUIRY: _C.WARNING_UNDER_REVIEW,
    _B.CLOSE_INQUIRY: _C.WARNING_CLOSED,
    _B.CLAIM: _C.NEEDS_RESPONSE,
    _B.REVIEW: _C.UNDER_REVIEW,
    _B.WIN: _C.WON,
    _B.LOSE: _C.LOST,
    _B.PREVENT: _C.PREVENTED,
    _B.APPEAL: _C.APPEAL_NEEDS_RESPONSE,
    _B.REVIEW_APPEAL: _C.APPEAL_UNDER_REVIEW,
}
_CHARGEBACK_EVENTS = {str(state): event for event, state in CHARGEBACK_STATES.items()}
ANSWERABLE = frozenset({_C.WARNING_NEEDS_RESPONSE, _C.NEEDS_RESPONSE, _C.APPEAL_NEEDS_RESPONSE})
CHARGEBACK_ENDS = frozenset({_C.WARNING_CLOSED, _C.WON, _C.LOST, _C.PREVENTED})
KEPT_BY_THE_BANK = frozenset({_C.LOST, _C.PREVENTED})
# While one stands here no money of its payment can be given back: an inquiry is none of them,
# because a refund is the best answer to it.
LOCKING = KEPT_BY_THE_BANK | {
    _C.NEEDS_RESPONSE,
    _C.UNDER_REVIEW,
    _C.APPEAL_NEEDS_RESPONSE,
    _C.APPEAL_UNDER_REVIEW,
}
DECIDING = LOCKING - KEPT_BY_THE_BANK  # the bank has the money, and has not decided yet
PAID_BY_THE_BANK = "charged_back"  # why a refund that was owed is not owed any more
CLAIMED = "charge_disputed"  # Stripe's code where a bank claims the charge, or has kept it
EVIDENCE_MOST = 20_000  # characters of one field, Stripe's limit

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


def chargeback_event(status: str) -> ChargebackEvent:
    """What a dispute's status at Stripe means for ours. Raises ValueError for an unknown one."""
    if status not in _CHARGEBACK_EVENTS:
        raise ValueError(f"unknown status of a chargeback: {status}")
    return _CHARGEBACK_EVENTS[status]


class NothingToPay(errors.DomainError):
    """No open bill was chosen, or it was paid in the meantime."""

    code = "nothing_to_pay"
    message = msgids.N_("There is nothing to pay on these bills any more. Nothing was taken.")


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


class RefundLocked(errors.DomainError):
    """A bank claims the payment, or has kept it."""

    code = "refund_locked"
    message = msgids.N_(
        "The bank has taken this payment back. Nothing of it can be refunded while the chargeback "
        "is open, nor after it is lost."
    )


class BankDecides(errors.DomainError):
    """A case about a payment that a bank has taken back ends when the bank has decided."""

    code = "bank_decides"
    message = msgids.N_(
        "The bank has this payment now and has not decided yet. The case can be closed after that."
    )


class RefundOwed(errors.DomainError):
    """A case in which a refund that failed is worked ends when that refund is paid after all."""

    code = "refund_owed"
    message = msgids.N_(
        "A refund did not arrive and is still owed. The case can be closed once the refund has "
        "been sent again or paid in another way."
    )


class NoSuchChargeback(errors.DomainError):
    """There is none with this number."""

    code = "no_such_chargeback"
    message = msgids.N_("There is no such chargeback.")


class AnsweredAlready(errors.DomainError):
    """Evidence is sent once, and only while the bank waits for it."""

    code = "chargeback_answered"
    message = msgids.N_("The bank does not take evidence any more. Nothing was sent.")


class EvidenceMissing(errors.DomainError):
    """An empty answer loses."""

    code = "chargeback_evidence_missing"
    message = msgids.N_("Write what the bank should know.")


class EvidenceTooLong(errors.DomainError):
    """Stripe takes no more in one field."""

    code = "chargeback_evidence_too_long"
    message = msgids.N_("Please write at most %(most)s characters.")


class ChargebackOver(errors.DomainError):
    """It ended; what becomes of the money is posted."""

    code = "chargeback_over"
    message = msgids.N_("This chargeback has ended. Its money is in the books.")
