"""Knows a bank's claim on a charge from its opening to its end, and the money that it moves;
refuses to know how it is answered.

Stripe calls it a dispute. An inquiry is one that moves no money yet.
"""

import dataclasses

from portal.sandbox import call as calls
from portal.sandbox import due, ids
from portal.sandbox import store as stores
from portal.sandbox.objects import (
    balance,
    bank_methods,
    banks,
    cards,
    early_fraud_warnings,
    events,
    evidence,
    mandates,
    payment_methods,
    refunds,
)
from portal.sandbox.wire import errors

FEE_CENTS = 1500
DUE_AFTER_DAYS = 8
INQUIRY_ENDS_AFTER_DAYS = 120
ANSWERABLE = ("warning_needs_response", "needs_response")
OPEN = (*ANSWERABLE, "warning_under_review", "under_review")
REASONS = (
    "bank_cannot_process",
    "check_returned",
    "credit_not_processed",
    "customer_initiated",
    "debit_not_authorized",
    "duplicate",
    "fraudulent",
    "general",
    "incorrect_account_details",
    "insufficient_funds",
    "noncompliant",
    "product_not_received",
    "product_unacceptable",
    "subscription_canceled",
    "unrecognized",
)
# A debit sent back after it succeeded comes as a claim for one of these; it was no dispute.
_LATE_RETURNS = ("bank_cannot_process", "incorrect_account_details", "insufficient_funds")
_INQUIRING = ("warning_needs_response", "warning_under_review")
_DAY = 86400
_NETWORK_CODES = {"fraudulent": "10.4", "product_not_received": "13.1"}
_INQUIRY_CODE = "10"


@dataclasses.dataclass(frozen=True)
class Claim:
    """What the bank says. ``amount_cents`` is what was not refunded where nothing is given.

    ``is_final`` is a claim that allows no answer: it is lost as it opens.
    """

    reason: str = "fraudulent"
    amount_cents: int | None = None
    is_inquiry: bool = False
    is_final: bool = False


def bring_aftermath(call: calls.Call, id: str) -> None:
    """By the clock: do about a successful charge what its test card has in store."""
    charge = call.load("charge", id)
    if charge["disputed"]:
        return
    method = call.load("payment_method", charge["payment_method"])
    if bank_methods.is_bank_account(method):
        start(call, charge, Claim(reason="debit_not_authorized", is_final=True))
        return
    wanted = payment_methods.card_of(method).aftermath
    if wanted == cards.Aftermath.FRAUD_WARNING:
        early_fraud_warnings.warn(call, charge)
    elif wanted == cards.Aftermath.INQUIRY:
        start(call, charge, Claim(is_inquiry=True))
    else:
        start(call, charge, Claim(reason=wanted))


def start(call: calls.Call, charge: stores.Record, claim: Claim) -> stores.Record:
    """Open a claim on a charge: refunds still pending fail, the money goes, an answer is due.

    One on a bank account's debit is always final, and ends the account's mandates unless only
    the funds were missing; a late return costs what an early one does. Raises ApiError 400 for a
    charge that took no money, has an open claim or lost one.
    """
    is_debit = charge["payment_method_details"]["type"] == bank_methods.TYPE
    if is_debit:
        claim = dataclasses.replace(claim, is_final=True)
    _check(call, charge, claim)
    if not claim.is_inquiry:
        _stop_refunds(call, charge.id, "pending")
        charge = call.load("charge", charge.id)
    left = charge["amount"] - charge["amount_refunded"]
    amount = claim.amount_cents or left or charge["amount"]
    dispute = call.store.add("dispute", _document(call, charge, claim, amount))
    charge["disputed"] = True
    call.store.save(charge)
    early_fraud_warnings.done(call, charge.id)
    if claim.is_inquiry:
        events.emit(call, "charge.dispute.created", dispute.document)
        due.plan(call, INQUIRY_ENDS_AFTER_DAYS * _DAY, "end_inquiry", dispute.id)
        return dispute
    is_return = is_debit and claim.reason in _LATE_RETURNS
    _withdraw(call, dispute, balance.RETURN_FEE_CENTS if is_return else FEE_CENTS)
    events.emit(call, "charge.dispute.created", dispute.document)
    events.emit(call, "charge.dispute.funds_withdrawn", dispute.document)
    if is_debit:
        _void(call, charge, claim)
    if claim.is_final:
        events.emit(call, "charge.dispute.closed", dispute.document)
    else:
        _plan_deadline(call, dispute)
    return dispute


def _void(call: calls.Call, charge: stores.Record, claim: Claim) -> None:
    method = call.load("payment_method", charge["payment_method"])
    if claim.reason != "insufficient_funds":
        mandates.end_all(call, method.id)
    if claim.reason in banks.FAILURES:
        bank_methods.block(call, method, banks.FAILURES[claim.reason])


def _check(call: calls.Call, charge: stores.Record, claim: Claim) -> None:
    if claim.reason not in REASONS:
        raise errors.invalid(f"reason must be one of {', '.join(REASONS)}", param="reason")
    if claim.is_inquiry and claim.is_final:
        raise errors.invalid("An inquiry is never final.", param="final")
    if claim.amount_cents is not None and not 1 <= claim.amount_cents <= charge["amount"]:
        raise errors.invalid("amount must be within the charge's amount", param="amount")
    if charge["status"] != "succeeded":
        raise errors.refused(f"Charge {charge.id} took no money that could be claimed.")
    for other in call.store.select("kind = 'dispute' AND charge = ?", (charge.id,)):
        if other["status"] in OPEN or other["status"] == "lost":
            raise errors.refused(
                f"Charge {charge.id} has a dispute that is {other['status']}: {other.id}."
            )


def _document(
    call: calls.Call, charge: stores.Record, claim: Claim, amount_cents: int
) -> stores.Document:
    status = "warning_needs_response" if claim.is_inquiry else "needs_response"
    if claim.is_final:
        status = "lost"
    code = _INQUIRY_CODE if claim.is_inquiry else _NETWORK_CODES.get(claim.reason)
    details = None
    if charge["payment_method_details"]["type"] == "card":
        card = charge["payment_method_details"]["card"]
        details = {
            "card": {
                "brand": card["brand"],
                "case_type": "inquiry" if claim.is_inquiry else "chargeback",
                "network": card["network"],
                "network_reason_code": code,
            },
            "type": "card",
        }
    return {
        "id": ids.new("du"),
        "object": "dispute",
        "amount": amount_cents,
        "balance_transactions": [],
        "charge": charge.id,
        "created": call.now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": evidence.nothing(),
        "evidence_details": evidence.details(0 if claim.is_final else _deadline(call.now)),
        "intended_submission_method": None,
        "is_charge_refundable": claim.is_inquiry,
        "livemode": False,
        "metadata": {},
        "network_reason_code": code if details else None,
        "payment_intent": charge["payment_intent"],
        "payment_method_details": details,
        "reason": claim.reason,
        "status": status,
    }


def _deadline(now: int) -> int:
    """The last second of the day, UTC, on which an answer may be sent."""
    return (now // _DAY + DUE_AFTER_DAYS + 1) * _DAY - 1


def _plan_deadline(call: calls.Call, dispute: stores.Record) -> None:
    due_by = dispute["evidence_details"]["due_by"]
    due.plan(call, due_by + 1 - call.exact_now, "expire_dispute", dispute.id)


def _withdraw(call: calls.Call, dispute: stores.Record, fee_cents: int = FEE_CENTS) -> None:
    moved = balance.move(
        call,
        type="adjustment",
        category="dispute",
        source=dispute.id,
        amount_cents=-dispute["amount"],
        fee_cents=fee_cents,
        fee_words="Dispute fee",
        description=f"Chargeback withdrawal for {dispute['charge']}",
    )
    dispute["balance_transactions"].append(moved.document)
    call.store.save(dispute)


def _stop_refunds(call: calls.Call, charge: str, *states: str, since: int = 0) -> None:
    where = "kind = 'refund' AND charge = ? AND created >= ? ORDER BY seq"
    for refund in call.store.select(where, (charge, since)):
        if refund["status"] in states:
            why = "charge_for_pending_refund_disputed"
            refunds.decide(call, refund.id, "failed", why=why)


def decide(call: calls.Call, id: str, status: str) -> stores.Record:
    """End a claim: ``won`` gives the money back, ``lost`` keeps it gone; an inquiry is closed.

    Raises ApiError 400 for a claim that is closed, or an end that it cannot have.
    """
    dispute = still_open(call, id)
    before = dispute["status"]
    ends = ("warning_closed",) if before in _INQUIRING else ("won", "lost")
    if status not in ends:
        raise errors.refused(f"A dispute that is {before} ends as {' or '.join(ends)}.")
    for planned in ("review_evidence", "expire_dispute", "end_inquiry"):
        due.cancel(call, planned, id)
    dispute["status"] = status
    if status == "won":
        dispute["is_charge_refundable"] = True
        _reinstate(call, dispute)
        events.emit(call, "charge.dispute.funds_reinstated", dispute.document)
    call.store.save(dispute)
    previous = {"status": before}
    events.emit(call, "charge.dispute.closed", dispute.document, previous=previous)
    return dispute


def _reinstate(call: calls.Call, dispute: stores.Record) -> None:
    moved = balance.move(
        call,
        type="adjustment",
        category="dispute_reversal",
        source=dispute.id,
        amount_cents=dispute["amount"],
        description=f"Chargeback reversal for {dispute['charge']}",
    )
    dispute["balance_transactions"].append(moved.document)


def escalate(call: calls.Call, id: str) -> stores.Record:
    """Turn an inquiry into a chargeback: the money goes, with what was refunded meanwhile back.

    Raises ApiError 400 for anything but an open inquiry of a charge not refunded in full.
    """
    dispute = still_open(call, id)
    before = dispute["status"]
    if before not in _INQUIRING:
        raise errors.refused(f"This dispute is no inquiry: it is {before}.")
    if call.load("charge", dispute["charge"])["refunded"]:
        raise errors.refused("The charge was refunded in full: nothing is left to claim.")
    for planned in ("review_evidence", "end_inquiry"):
        due.cancel(call, planned, id)
    since = dispute["created"]
    _stop_refunds(call, dispute["charge"], "pending", "succeeded", since=since)
    dispute["status"] = "needs_response"
    dispute["is_charge_refundable"] = False
    dispute["evidence_details"]["due_by"] = _deadline(call.now)
    if dispute["payment_method_details"]:
        dispute["payment_method_details"]["card"]["case_type"] = "chargeback"
    _withdraw(call, dispute)
    _plan_deadline(call, dispute)
    previous = {"status": before}
    events.emit(call, "charge.dispute.updated", dispute.document, previous=previous)
    events.emit(call, "charge.dispute.funds_withdrawn", dispute.document)
    return dispute


def expire(call: calls.Call, id: str) -> stores.Record:
    """The deadline has passed: a chargeback that nobody answered is lost.

    Raises ApiError 400 for a claim that waits for no answer or is still an inquiry.
    """
    dispute = still_open(call, id)
    if dispute["status"] != "needs_response":
        raise errors.refused(f"No deadline ends a dispute that is {dispute['status']}.")
    return decide(call, id, "lost")


def pass_deadline(call: calls.Call, id: str) -> None:
    """By the clock: the last moment for an answer is over."""
    if call.load("dispute", id)["status"] == "needs_response":
        decide(call, id, "lost")


def end_inquiry(call: calls.Call, id: str) -> None:
    """By the clock: the bank made no claim of its inquiry."""
    if call.load("dispute", id)["status"] in _INQUIRING:
        decide(call, id, "warning_closed")


def review(call: calls.Call, id: str) -> None:
    """By the clock: let test evidence have the effect that its words ask for."""
    dispute = call.load("dispute", id)
    if dispute["status"] not in OPEN:
        return
    is_inquiry = dispute["status"] in _INQUIRING
    outcome = evidence.outcome(dispute["evidence"])
    if outcome == "escalated":
        escalate(call, id)
    elif outcome:
        decide(call, id, "warning_closed" if is_inquiry else outcome)


def still_open(call: calls.Call, id: str) -> stores.Record:
    """The claim. Raises ApiError 400 once it has ended."""
    dispute = call.load("dispute", id)
    if dispute["status"] not in OPEN:
        raise errors.refused("This dispute is already closed")
    return dispute
