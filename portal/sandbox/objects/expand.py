"""Knows which fields hold the id of another object and puts the object in its place."""

import typing

from portal.sandbox import call as calls
from portal.sandbox import store as stores
from portal.sandbox.objects import balance
from portal.sandbox.wire import errors

_EXPANDABLE: dict[str, frozenset[str]] = {
    "payment_intent": frozenset({"customer", "payment_method", "latest_charge"}),
    "setup_intent": frozenset({"customer", "payment_method", "latest_attempt", "mandate"}),
    "mandate": frozenset({"payment_method"}),
    "setup_attempt": frozenset({"customer", "payment_method", "setup_intent"}),
    "charge": frozenset(
        {"customer", "payment_intent", "balance_transaction", "failure_balance_transaction"}
    ),
    "refund": frozenset(
        {"charge", "payment_intent", "balance_transaction", "failure_balance_transaction"}
    ),
    "balance_transaction": frozenset({"source"}),
    "dispute": frozenset({"charge", "payment_intent"}),
    "payout": frozenset({"balance_transaction", "failure_balance_transaction"}),
    "radar.early_fraud_warning": frozenset({"charge", "payment_intent"}),
    "payment_method": frozenset({"customer"}),
}
_MAX_DEPTH = 4


def expand(call: calls.Call, answer: stores.Document) -> None:
    """Replace the ids that ``expand`` names. Raises ApiError 400 for what cannot be expanded."""
    for path in call.get("expand") or []:
        parts = path.split(".")
        if len(parts) > _MAX_DEPTH:
            raise errors.invalid(f"You cannot expand more than 4 levels: {path}", param="expand")
        _walk(call, answer, parts, path)


def _walk(call: calls.Call, node: stores.Document, parts: list[str], path: str) -> None:
    head, rest = parts[0], parts[1:]
    if node.get("object") == "list" and head == "data" and rest:
        for entry in node["data"]:
            _walk(call, entry, rest, path)
        return
    if head == "invoice_settings" and node.get("object") == "customer" and rest:
        if rest[0] != "default_payment_method":
            raise _cannot(path)
        _step(call, node[head], rest[0], rest[1:], path)
        return
    if head == "refunds" and node.get("object") == "charge":
        _refunds(call, node, rest, path)
        return
    if node.get("deleted"):
        return
    if head not in _EXPANDABLE.get(str(node.get("object")), frozenset()):
        raise _cannot(path)
    _step(call, node, head, rest, path)


def _step(call: calls.Call, node: stores.Document, field: str, rest: list[str], path: str) -> None:
    value: typing.Any = node.get(field)
    if isinstance(value, str):
        record = call.store.find(value)
        value = record.document if record else None
        if record and record.kind == "balance_transaction":
            value = balance.present(call, record.document)
        if value is not None:
            node[field] = value
    if rest and isinstance(value, dict):
        _walk(call, value, rest, path)


def _refunds(call: calls.Call, charge: stores.Document, rest: list[str], path: str) -> None:
    if not isinstance(charge.get("refunds"), dict):
        where = "kind = 'refund' AND charge = ? ORDER BY seq DESC"
        found = call.store.select(where, (charge["id"],))
        charge["refunds"] = {
            "object": "list",
            "data": [record.document for record in found],
            "has_more": False,
            "url": f"/v1/charges/{charge['id']}/refunds",
        }
    if rest:
        _walk(call, charge["refunds"], rest, path)


def _cannot(path: str) -> errors.ApiError:
    return errors.invalid(f"This property cannot be expanded ({path}).", param="expand")
