"""Tables of billing, one idea a module; import them from here."""

from portal.domain.billing.models.accounts import AccountBalance, BillingPlan
from portal.domain.billing.models.allocations import Allocation, Credit, CreditKind
from portal.domain.billing.models.arrangements import (
    Arrangement,
    ArrangementBill,
    ArrangementState,
)
from portal.domain.billing.models.holds import Hold, HoldKind
from portal.domain.billing.models.invoices import (
    BillingRun,
    Installment,
    Invoice,
    InvoiceLine,
    InvoiceState,
)

__all__ = [
    "AccountBalance",
    "Allocation",
    "Arrangement",
    "ArrangementBill",
    "ArrangementState",
    "BillingPlan",
    "BillingRun",
    "Credit",
    "CreditKind",
    "Hold",
    "HoldKind",
    "Installment",
    "Invoice",
    "InvoiceLine",
    "InvoiceState",
]
