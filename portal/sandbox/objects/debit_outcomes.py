"""Knows when and how a debit on its way ends: by the clock as its test account has it in store,
or by a control; refuses to know the money that moves."""

from portal.sandbox import call as calls
from portal.sandbox import due
from portal.sandbox import store as stores
from portal.sandbox.objects import bank_methods, banks, payment_intents
from portal.sandbox.wire import errors


def settle(call: calls.Call, id: str) -> None:
    """By the clock: the bank has answered."""
    intent = call.load("payment_intent", id)
    if intent["status"] == "processing":
        _bring(call, intent, _in_store(call, intent))


def decide(call: calls.Call, id: str, status: str = "", failure_code: str = "") -> stores.Record:
    """Bring the outcome now: ``succeeded``, ``failed``, or what the account has in store.

    A failure without a code is the account's own, or ``insufficient_funds``. Raises ApiError
    400 for a payment that is not processing, or a code that no bank sends.
    """
    intent = call.load("payment_intent", id)
    if intent["status"] != "processing":
        raise errors.refused(f"This payment is not processing: it is {intent['status']}.")
    if failure_code and failure_code not in banks.FAILURES:
        named = ", ".join(banks.FAILURES)
        raise errors.invalid(f"failure_code must be one of {named}", param="failure_code")
    own = _in_store(call, intent)
    failure = None
    if status == "failed" or failure_code:
        failure = banks.FAILURES[failure_code or (own.code if own else "insufficient_funds")]
    elif status != "succeeded":
        failure = own
    due.cancel(call, "settle_debit", id)
    _bring(call, intent, failure)
    return intent


def _in_store(call: calls.Call, intent: stores.Record) -> banks.Failure | None:
    method = call.load("payment_method", intent["payment_method"])
    return bank_methods.account_of(method).failure


def _bring(call: calls.Call, intent: stores.Record, failure: banks.Failure | None) -> None:
    if failure:
        payment_intents.debit_failed(call, intent, failure)
    else:
        payment_intents.debit_succeeded(call, intent)
