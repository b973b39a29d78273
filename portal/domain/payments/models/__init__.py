"""Tables of payments, one idea a module; import them from here."""

from portal.domain.payments.models.chargebacks import Chargeback, FraudWarning
from portal.domain.payments.models.drafts import Autopay, Draft, DraftBill
from portal.domain.payments.models.payers import Payer
from portal.domain.payments.models.payments import Payment, Refund, Reservation

__all__ = [
    "Autopay",
    "Chargeback",
    "Draft",
    "DraftBill",
    "FraudWarning",
    "Payer",
    "Payment",
    "Refund",
    "Reservation",
]
