"""Knows where goods would be sent to, as a payment carries it along; nothing is ever sent."""

import typing

from portal.sandbox.wire import params

SHAPE: params.Shape = {
    "address": params.ADDRESS,
    "carrier": params.text,
    "name": params.filled,
    "phone": params.text,
    "tracking_number": params.text,
}


def document(sent: dict[str, typing.Any] | None) -> dict[str, typing.Any] | None:
    """The ``shipping`` of a payment, null where nothing was sent.

    Raises ApiError 400 without a name or a first line of the address.
    """
    if not sent:
        return None
    address = sent.get("address") or {}
    named = {"shipping[name]": sent.get("name"), "shipping[address][line1]": address.get("line1")}
    params.require(named, *named)
    return {
        "address": {key: address.get(key) or None for key in sorted(params.ADDRESS)},
        **{key: sent.get(key) or None for key in ("carrier", "name", "phone", "tracking_number")},
    }
