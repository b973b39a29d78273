"""Knows a bank's warning that a charge may be fraud; it moves no money and asks for nothing."""

from portal.sandbox import call as calls
from portal.sandbox import ids
from portal.sandbox import store as stores
from portal.sandbox.objects import events
from portal.sandbox.wire import errors, listing, params, routes

FRAUD_TYPES = (
    "card_never_received",
    "fraudulent_card_application",
    "made_with_counterfeit_card",
    "made_with_lost_card",
    "made_with_stolen_card",
    "misc",
    "unauthorized_use_of_card",
)


def warn(call: calls.Call, charge: stores.Record, fraud_type: str = "misc") -> stores.Record:
    """Have the bank warn of a charge. Raises ApiError 400 for a charge that took no money."""
    if fraud_type not in FRAUD_TYPES:
        listed = ", ".join(FRAUD_TYPES)
        raise errors.invalid(f"fraud_type must be one of {listed}", param="fraud_type")
    if charge["status"] != "succeeded":
        raise errors.refused(f"Charge {charge.id} took no money that could be fraud.")
    document = {
        "id": ids.new("issfr"),
        "object": "radar.early_fraud_warning",
        "actionable": not charge["refunded"] and not charge["disputed"],
        "charge": charge.id,
        "created": call.now,
        "fraud_type": fraud_type,
        "livemode": False,
        "payment_intent": charge["payment_intent"],
    }
    warning = call.store.add("early_fraud_warning", document)
    events.emit(call, "radar.early_fraud_warning.created", warning.document)
    return warning


def done(call: calls.Call, charge: str) -> None:
    """Nothing is left to do about a charge: it was refunded in full, or charged back."""
    where = "kind = 'early_fraud_warning' AND charge = ?"
    for warning in call.store.select(where, (charge,)):
        if warning["actionable"]:
            warning["actionable"] = False
            call.store.save(warning)
            events.emit(
                call,
                "radar.early_fraud_warning.updated",
                warning.document,
                previous={"actionable": True},
            )


def retrieve(call: calls.Call, id: str) -> routes.Answer:
    """One warning."""
    return call.load("early_fraud_warning", id).document


def index(call: calls.Call) -> routes.Answer:
    """Warnings, newest first."""
    clauses = [
        ("charge = ?", call.get("charge")),
        ("about = ?", call.get("payment_intent")),
    ]
    return listing.page(call, "early_fraud_warning", _URL, clauses)


_URL = "/v1/radar/early_fraud_warnings"
_LIST: params.Shape = {
    **params.PAGE,
    "charge": params.filled,
    "created": params.span,
    "payment_intent": params.filled,
}
ROUTES = (
    routes.route("GET", _URL, index, _LIST),
    routes.route("GET", f"{_URL}/<id>", retrieve),
)
