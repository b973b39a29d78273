"""The desk's words for what is stored as a code; a code it does not know is shown as it is."""

from __future__ import annotations

import flask_babel

from portal.domain.disputes import categories
from portal.kernel import msgids

N_ = msgids.N_

TABLES: dict[str, dict[str, str]] = {
    "charge": {
        "premium": N_("Premium"),
        "tax": N_("Tax"),
        "policy_fee": N_("Policy fee"),
        "installment_fee": N_("Installment fee"),
        "late_fee": N_("Late fee"),
        "nsf_fee": N_("Returned payment fee"),
    },
    "invoice": {
        "issued": N_("Issued"),
        "paid": N_("Paid"),
        "voided": N_("Voided"),
        "written_off": N_("Written off"),
    },
    "payment": {
        "initiated": N_("Begun, nothing taken"),
        "requires_action": N_("Waits for the bank's check"),
        "processing": N_("Processing"),
        "unknown": N_("Not known yet"),
        "settled": N_("Received"),
        "failed": N_("Not received"),
        "cancelled": N_("Called off"),
    },
    "refund": {
        "approved": N_("Approved, not sent"),
        "sent": N_("On its way"),
        "succeeded": N_("Refunded"),
        "failed": N_("Failed"),
    },
    "case": {
        "new": N_("New"),
        "open": N_("Open"),
        "waiting_customer": N_("Waiting for the customer"),
        "awaiting_approval": N_("Waiting for approval"),
        "resolved": N_("Resolved"),
        "withdrawn": N_("Withdrawn by the customer"),
        "reopened": N_("Reopened"),
    },
    "outcome": {
        "upheld": N_("Upheld"),
        "partly_upheld": N_("Partly upheld"),
        "declined": N_("Declined"),
        "withdrawn": N_("Withdrawn"),
        "duplicate": N_("Duplicate"),
    },
    "action": {
        "none": N_("No money moves"),
        "credit": N_("Credit"),
        "refund": N_("Refund"),
        "fee_waiver": N_("Fee waived"),
        "void_reissue": N_("Void and reissue"),
        "move_allocation": N_("Money moved"),
    },
    "approval": {
        "pending": N_("Waits"),
        "approved": N_("Approved"),
        "returned": N_("Returned"),
        "withdrawn": N_("Withdrawn"),
    },
    "hold": {
        "autopay": N_("No autopay"),
        "overdue": N_("No reminders, no cancellation"),
        "late_fee": N_("No late fee"),
        "invoicing": N_("No new bills"),
        "refund": N_("No refund"),
        "allocation": N_("Set aside"),
    },
    "mail": {"queued": N_("Queued"), "sent": N_("Sent"), "failed": N_("Failed")},
    "policy": {"active": N_("In force"), "cancelled": N_("Cancelled")},
    "plan": {
        "in_full": N_("In full"),
        "quarterly": N_("Quarterly"),
        "monthly": N_("Monthly"),
        "down_payment": N_("Down payment"),
    },
    "event": {
        "invoice_issued": N_("Invoice issued"),
        "payment_settled": N_("Payment received"),
        "stripe_fee": N_("Stripe fee"),
        "unapplied_used": N_("Unapplied money used"),
        "allocation_taken_back": N_("Taken back from an invoice"),
        "refund_approved": N_("Refund approved"),
        "refund_sent": N_("Refund sent"),
        "refund_failed": N_("Refund failed"),
        "correction": N_("Correction"),
        "goodwill_credit": N_("Goodwill credit"),
        "fee_waived": N_("Fee waived"),
        "shortfall": N_("Small difference written off"),
        "premium_earned": N_("Premium earned"),
    },
    "bucket": {
        "current": N_("Not past due"),
        "1-30": N_("1–30 days"),
        "31-60": N_("31–60 days"),
        "61-90": N_("61–90 days"),
        "90+": N_("Over 90 days"),
    },
    "audit": {
        "approvals.approved": N_("Approved"),
        "approvals.requested": N_("A second person was asked"),
        "approvals.returned": N_("Sent back"),
        "approvals.withdrawn": N_("Request taken back"),
        "desk.opened": N_("Opened on the desk"),
        "disputes.asked": N_("Customer asked"),
        "disputes.assigned": N_("Case handed over"),
        "disputes.customer_wrote": N_("Customer wrote"),
        "disputes.lines_added": N_("Lines added to the case"),
        "disputes.noted": N_("Internal note kept"),
        "disputes.proposed": N_("Decision waits for a second person"),
        "disputes.raised": N_("Dispute raised"),
        "disputes.reopened": N_("Case reopened"),
        "disputes.replied": N_("Customer answered"),
        "disputes.resolved": N_("Case decided"),
        "disputes.returned": N_("Decision sent back"),
        "disputes.sorted": N_("Case sorted anew"),
        "disputes.taken": N_("Case taken"),
        "disputes.withdrawn": N_("Dispute withdrawn"),
        "identity.activated": N_("Account activated"),
        "identity.contact_changed": N_("Contact changed"),
        "identity.customer_created": N_("Customer taken on"),
        "identity.email_changed": N_("E-mail changed"),
        "identity.language_changed": N_("Language changed"),
        "identity.password_set": N_("Password set"),
        "identity.signed_in": N_("Signed in"),
        "identity.signed_out": N_("Signed out"),
        "identity.signed_out_everywhere": N_("Signed out everywhere"),
        "payments.cancelled": N_("Payment called off"),
        "payments.failed": N_("Payment not received"),
        "payments.initiated": N_("Payment begun"),
        "payments.processing": N_("Payment processing"),
        "payments.refund_approved": N_("Refund approved"),
        "payments.refund_failed": N_("Refund failed"),
        "payments.refund_sent": N_("Refund sent"),
        "payments.refund_succeeded": N_("Refund arrived"),
        "payments.requires_action": N_("Payment waits for the bank’s check"),
        "payments.settled": N_("Payment received"),
        "payments.unknown": N_("Payment’s outcome not known"),
        "policies.policy_added": N_("Policy taken on"),
        "policies.term_added": N_("Term added"),
        "wallet.added": N_("Payment method added"),
        "wallet.default": N_("Default payment method changed"),
        "wallet.removed": N_("Payment method removed"),
    },
    "category": {str(c): d.label for c, d in categories.DESCRIPTIONS.items()},
}
# How a state looks: the kind of `status()` it is drawn as.
LOOKS: dict[str, dict[str, str]] = {
    "payment": {
        "initiated": "waiting",
        "requires_action": "waiting",
        "processing": "processing",
        "unknown": "overdue",
        "settled": "paid",
        "failed": "failed",
        "cancelled": "void",
    },
    "refund": {
        "approved": "waiting",
        "sent": "processing",
        "succeeded": "refunded",
        "failed": "failed",
    },
    "case": {
        "new": "due",
        "open": "person",
        "waiting_customer": "off",
        "awaiting_approval": "waiting",
        "resolved": "good",
        "withdrawn": "void",
        "reopened": "due",
    },
    "approval": {
        "pending": "waiting",
        "approved": "good",
        "returned": "failed",
        "withdrawn": "void",
    },
    "mail": {"queued": "waiting", "sent": "good", "failed": "failed"},
}


def word(table: str, code: object) -> str:
    """The word for `code` in the reader's language."""
    key = str(code)
    message = TABLES[table].get(key)
    return flask_babel.gettext(message) if message else key.replace("_", " ").replace(".", ": ")


def look(table: str, code: object) -> str:
    """How `code` is drawn; as waiting where nobody said."""
    return LOOKS[table].get(str(code), "waiting")
