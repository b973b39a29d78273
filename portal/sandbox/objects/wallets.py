"""Knows cards that came from a phone's or browser's wallet; draws no button of one."""

from portal.sandbox import call as calls
from portal.sandbox import store as stores
from portal.sandbox.objects import events
from portal.sandbox.wire import errors

# Those of which Stripe says nothing more than their name.
KINDS = ("apple_pay", "google_pay", "samsung_pay", "link")


def hold(call: calls.Call, id: str, kind: str, *, device_last4: str) -> stores.Record:
    """A card came from a wallet, and not from the form. A device's has a number of its own.

    Raises ApiError 400 for a bank account.
    """
    method = call.load("payment_method", id)
    if method["type"] != "card":
        raise errors.refused(f"PaymentMethod {id} is no card.")
    before = method["card"]["wallet"]
    method["card"]["wallet"] = {"type": kind, "dynamic_last4": device_last4 or None, kind: {}}
    call.store.save(method)
    if method["customer"]:
        previous = {"card": {"wallet": before}}
        events.emit(call, "payment_method.updated", method.document, previous=previous)
    return method
