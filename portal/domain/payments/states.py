"""The states of payments and refunds; knows no row and no rule."""

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
