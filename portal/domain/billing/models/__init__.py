"""Tables of billing, one idea a module; import them from here."""

from portal.domain.billing.models.accounts import AccountBalance, BillingPlan, StateRule
from portal.domain.billing.models.allocations import Allocation, Credit, CreditKind
from portal.domain.billing.models.arrangements import Arrangement, ArrangementBill
from portal.domain.billing.models.earning import EarningRun, RestatedTerm
from portal.domain.billing.models.holds import Hold, HoldKind
from portal.domain.billing.models.invoices import (
    BillingRun,
    Installment,
    Invoice,
    InvoiceLine,
    InvoiceState,
)
from portal.domain.billing.models.joint import JointBilling
from portal.domain.billing.states import ArrangementState

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
    "EarningRun",
    "Hold",
    "HoldKind",
    "Installment",
    "Invoice",
    "InvoiceLine",
    "InvoiceState",
    "JointBilling",
    "RestatedTerm",
    "StateRule",
]
