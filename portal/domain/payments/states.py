"""The states of payments, refunds and chargebacks; knows no row and no rule."""

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
    FAILED = "failed"


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
