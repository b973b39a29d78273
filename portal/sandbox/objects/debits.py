"""Knows one attempt to debit a bank account: days on its way, then taken or sent back, and the
money that moves with it; refuses to know the payment's states."""

from portal.sandbox import call as calls
from portal.sandbox import due, ids
from portal.sandbox import store as stores
from portal.sandbox.objects import (
    balance,
    bank_methods,
    banks,
    business_days,
    charges,
    events,
    mandates,
)

SETTLES_AFTER_BUSINESS_DAYS = 4
_FEE_WORDS = "ACH Direct Debit failure fee"


def start(
    call: calls.Call, intent: stores.Record, method: stores.Record, mandate: str
) -> stores.Record:
    """Send the debit to the bank; the pending charge, whose money is pending in the balance."""
    settles_on = business_days.start_after(call.now, SETTLES_AFTER_BUSINESS_DAYS)
    document = charges.document(call, intent, method, ids.new("py"), _details(method, mandate))
    document.update(paid=False, status="pending", outcome=_outcome("pending"))
    charge = call.store.add("charge", document)
    moved = balance.move(
        call,
        type="payment",
        category="charge",
        source=charge.id,
        amount_cents=charge["amount"],
        fee_cents=balance.debit_fee_cents(charge["amount"]),
        description=charge["description"],
        available_on=settles_on,
    )
    charge["balance_transaction"] = moved.id
    call.store.save(charge)
    events.emit(call, "charge.pending", charge.document)
    if bank_methods.account_of(method).outcome != banks.Outcome.STAYS:
        due.plan(call, settles_on - call.exact_now, "settle_debit", intent.id)
    return charge


def _details(method: stores.Record, mandate: str) -> stores.Document:
    account = method[bank_methods.TYPE]
    copied = ("account_holder_type", "account_type", "bank_name", "fingerprint", "last4")
    return {
        "type": bank_methods.TYPE,
        bank_methods.TYPE: {
            **{key: account[key] for key in (*copied, "routing_number")},
            "expected_debit_date": None,
            "mandate": mandate,
            "payment_reference": None,
        },
    }


def _outcome(status: str) -> stores.Document:
    is_failed = status == "failed"
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "declined_by_network" if is_failed else "approved_by_network",
        "reason": None,
        "risk_level": "not_assessed",
        "seller_message": "The bank returned this payment." if is_failed else "Payment complete.",
        "type": "issuer_declined" if is_failed else "authorized",
    }


def succeed(call: calls.Call, charge: stores.Record) -> None:
    """The bank paid; one test account has a chargeback in store."""
    charge.document.update(paid=True, status="succeeded")
    call.store.save(charge)
    _use_up(call, charge)
    events.emit(call, "charge.succeeded", charge.document)
    method = call.load("payment_method", charge["payment_method"])
    if bank_methods.account_of(method).outcome == banks.Outcome.DISPUTED:
        due.plan(call, 0, "bring_aftermath", charge.id)


def fail(call: calls.Call, charge: stores.Record, failure: banks.Failure) -> None:
    """The bank sent the debit back: the money and its fee are reversed, a fee of 4.00 is due."""
    taken = call.load("balance_transaction", charge["balance_transaction"])
    moved = balance.move(
        call,
        type="payment_failure_refund",
        category="charge_failure",
        source=charge.id,
        amount_cents=-taken["amount"],
        fee_cents=-taken["fee"],
        description=f"Payment failure refund for {charge.id}",
        available_on=max(taken["available_on"], call.now),
    )
    balance.move(
        call,
        type="stripe_fee",
        category="fee",
        source=None,
        amount_cents=-balance.RETURN_FEE_CENTS,
        description=f"{_FEE_WORDS} ({charge.id})",
        available_on=max(taken["available_on"], call.now),
    )
    charge.document.update(
        failure_balance_transaction=moved.id,
        failure_code=failure.code,
        failure_message=failure.message,
        outcome=_outcome("failed"),
        status="failed",
    )
    call.store.save(charge)
    _use_up(call, charge)
    events.emit(call, "charge.failed", charge.document)
    method = call.load("payment_method", charge["payment_method"])
    bank_methods.block(call, method, failure)


def _use_up(call: calls.Call, charge: stores.Record) -> None:
    mandates.end_if_single(call, charge["payment_method_details"][bank_methods.TYPE]["mandate"])
