"""The states of payments, refunds, chargebacks and drafts; knows no row and no rule."""

from __future__ import annotations

import enum


class PaymentState(enum.StrEnum):
    """Where a payment is; only `settled` is money."""

    INITIATED = "initiated"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    UNKNOWN = "unknown"
    SETTLED = "settled"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RefundState(enum.StrEnum):
    """Where a refund is."""

    APPROVED = "approved"  # posted to refunds payable, not sent yet
    SENT = "sent"  # Stripe has it, the bank not yet
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # still owed
    SENT_AGAIN = "sent_again"  # another refund pays what this one could not
    PAID_OTHERWISE = "paid_otherwise"  # by check


class ChargebackState(enum.StrEnum):
    """Where a chargeback is, in Stripe's words; a warning is an inquiry, which moves no money."""

    WARNING_NEEDS_RESPONSE = "warning_needs_response"
    WARNING_UNDER_REVIEW = "warning_under_review"
    WARNING_CLOSED = "warning_closed"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"
    PREVENTED = "prevented"
    APPEAL_NEEDS_RESPONSE = "appeal_needs_response"
    APPEAL_UNDER_REVIEW = "appeal_under_review"


class IfLost(enum.StrEnum):
    """What becomes of the money when the bank keeps it."""

    DUE_AGAIN = "due_again"  # the bills that it paid open again
    ABSORBED = "absorbed"  # the loss is ours


class DraftKind(enum.StrEnum):
    """Why a saved method is charged while nobody is present."""

    AUTOPAY = "autopay"
    SCHEDULED = "scheduled"  # the payer chose a day
    ARRANGEMENT = "arrangement"  # a dated part of a debt


class DraftState(enum.StrEnum):
    """Where a draft is."""

    PLANNED = "planned"  # announced; waits for its day
    ATTEMPTING = "attempting"  # a payment of it is open: it may take money
    RETRYING = "retrying"  # declined; waits for its next day
    ASKING = "asking"  # the bank wants the payer to confirm; a link was mailed
    PAID = "paid"
    NOTHING_LEFT = "nothing_left"  # on the day nothing was open any more
    FAILED = "failed"  # declined for good
    CANCELLED = "cancelled"


class AutopayEnd(enum.StrEnum):
    """Why a standing order ended."""

    LEFT = "left"
    REPLACED = "replaced"  # another method, day or payer took its place
    METHOD_GONE = "method_gone"
    MANDATE_REVOKED = "mandate_revoked"
    REFUSED = "refused"  # the bank refused for good
    PAYER_ENDED = "payer_ended"
    POLICY_ENDED = "policy_ended"
    PET_DIED = "pet_died"
    STAFF = "staff"


class PayerEnd(enum.StrEnum):
    """Why somebody else does not pay any more."""

    BY_OWNER = "by_owner"
    BY_PAYER = "by_payer"
    POLICY_ENDED = "policy_ended"
