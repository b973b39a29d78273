"""Knows customers as the API keeps them: contact, default card, metadata."""

import copy
import typing

from portal.sandbox import call as calls
from portal.sandbox import ids
from portal.sandbox import store as stores
from portal.sandbox.objects import events, payment_methods
from portal.sandbox.wire import errors, listing, params, routes

_WRITTEN: params.Shape = {
    "address": params.ADDRESS,
    "description": params.text,
    "email": params.text,
    "invoice_settings": {"default_payment_method": params.text},
    "metadata": params.metadata,
    "name": params.text,
    "phone": params.text,
    "preferred_locales": params.many(params.filled),
}
_PLAIN = ("description", "email", "name", "phone")


def create(call: calls.Call) -> routes.Answer:
    """A new customer, with a card attached when ``payment_method`` names one."""
    address = call.get("address")
    document = {
        "id": ids.new("cus", 14),
        "object": "customer",
        "address": _address(address) if address else None,
        "balance": 0,
        "created": call.now,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": call.get("description") or None,
        "discount": None,
        "email": call.get("email") or None,
        "invoice_prefix": ids.letters(8).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": call.get("metadata") or {},
        "name": call.get("name") or None,
        "next_invoice_sequence": 1,
        "phone": call.get("phone") or None,
        "preferred_locales": call.get("preferred_locales") or [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    customer = call.store.add("customer", document)
    if call.get("payment_method"):
        method = payment_methods.resolve(call, call.get("payment_method"))
        payment_methods.attach(call, method, customer.id)
    _set_default(call, customer)
    call.store.save(customer)
    events.emit(call, "customer.created", customer.document)
    return customer.document


def living(call: calls.Call, id: str) -> stores.Record:
    """The customer a parameter names. Raises ApiError 400 when there is none, or no longer."""
    customer = call.load("customer", id, param="customer")
    if customer.document.get("deleted"):
        raise errors.missing("customer", id, param="customer", status=400)
    return customer


def retrieve(call: calls.Call, id: str) -> routes.Answer:
    """One customer; of a deleted one only that it was deleted."""
    return call.load("customer", id).document


def update(call: calls.Call, id: str) -> routes.Answer:
    """Change what was sent; an empty string clears a field."""
    customer = _changeable(call, id)
    before = copy.deepcopy(customer.document)
    for name in _PLAIN:
        if name in call.params:
            customer[name] = call.get(name) or None
    if "address" in call.params:
        sent = call.get("address")
        customer["address"] = _address({**(customer["address"] or {}), **sent}) if sent else None
    if "preferred_locales" in call.params:
        customer["preferred_locales"] = call.get("preferred_locales")
    if "metadata" in call.params:
        customer["metadata"] = payment_methods.merged_metadata(
            customer["metadata"], call.get("metadata")
        )
    _set_default(call, customer)
    call.store.save(customer)
    previous = {key: before[key] for key in before if before[key] != customer[key]}
    if previous:
        events.emit(call, "customer.updated", customer.document, previous=previous)
    return customer.document


def delete(call: calls.Call, id: str) -> routes.Answer:
    """Delete for good; the cards are detached."""
    customer = _changeable(call, id)
    for method in call.store.select("kind = 'payment_method' AND customer = ?", (id,)):
        payment_methods.detach(call, method.id)
    events.emit(call, "customer.deleted", customer.document)
    customer.document = {"id": id, "object": "customer", "deleted": True}
    call.store.save(customer)
    return customer.document


def index(call: calls.Call) -> routes.Answer:
    """Customers that were not deleted, newest first."""
    clauses = [("about = ?", call.get("email")), ("instr(document, ?) = 0", '"deleted":true')]
    return listing.page(call, "customer", "/v1/customers", clauses)


def methods_of(call: calls.Call, id: str) -> routes.Answer:
    """The customer's cards, newest first."""
    customer = _changeable(call, id)
    clauses = [("customer = ?", customer.id), ("type = ?", call.get("type"))]
    url = f"/v1/customers/{id}/payment_methods"
    return listing.page(call, "payment_method", url, clauses)


def method_of(call: calls.Call, id: str, method: str) -> routes.Answer:
    """One of the customer's cards."""
    found = call.load("payment_method", method)
    if found["customer"] != id:
        raise errors.missing("payment_method", method)
    return found.document


def _changeable(call: calls.Call, id: str) -> stores.Record:
    customer = call.load("customer", id)
    if customer.document.get("deleted"):
        raise errors.missing("customer", id)
    return customer


def _set_default(call: calls.Call, customer: stores.Record) -> None:
    sent = call.get("invoice_settings") or {}
    if "default_payment_method" not in sent:
        return
    wanted = sent["default_payment_method"]
    if wanted:
        method = call.load("payment_method", wanted, param="invoice_settings")
        if method["customer"] != customer.id:
            raise errors.refused(
                f"The customer does not have a payment method with the ID {wanted}. "
                "The payment method must be attached to the customer.",
                param="invoice_settings[default_payment_method]",
            )
    customer["invoice_settings"]["default_payment_method"] = wanted or None


def _address(sent: dict[str, typing.Any]) -> dict[str, typing.Any]:
    return {key: sent.get(key) or None for key in sorted(params.ADDRESS)}


_LIST = {**params.PAGE, "type": payment_methods.TYPE}
ROUTES = (
    routes.route("POST", "/v1/customers", create, {**_WRITTEN, "payment_method": params.filled}),
    routes.route(
        "GET",
        "/v1/customers",
        index,
        {**params.PAGE, "created": params.span, "email": params.filled},
    ),
    routes.route("GET", "/v1/customers/<id>", retrieve),
    routes.route("POST", "/v1/customers/<id>", update, _WRITTEN),
    routes.route("DELETE", "/v1/customers/<id>", delete),
    routes.route("GET", "/v1/customers/<id>/payment_methods", methods_of, _LIST),
    routes.route("GET", "/v1/customers/<id>/payment_methods/<method>", method_of),
)
