"""Knows what a customer chose in the Payment Element, kept for a server that confirms with it
once; confirms nothing itself."""

import typing

from portal.sandbox import call as calls
from portal.sandbox import ids
from portal.sandbox import store as stores
from portal.sandbox.objects import mandates, payment_methods, shipping
from portal.sandbox.wire import errors, params, routes

LIVES_SECONDS = 12 * 3600
_SHOWN = ("allow_redisplay", "billing_details", "customer", "customer_account", "type")
_TAKEN_OVER = ("mandate_data", "payment_method_options", "return_url", "setup_future_usage")
_CHOSEN_BY_TOKEN = ("payment_method", "payment_method_data", "payment_method_options", "mandate")


def create(call: calls.Call) -> routes.Answer:
    """A token for what was chosen: by Stripe.js in a browser, by a test on a server."""
    if bool(call.get("payment_method")) == bool(call.get("payment_method_data")):
        raise errors.invalid(
            "Send either payment_method or payment_method_data.",
            code="parameter_missing",
            param="payment_method_data",
        )
    if call.get("payment_method"):
        method = payment_methods.resolve(call, call.get("payment_method"))
    else:
        params.require(call.get("payment_method_data"), "type")
        method = payment_methods.make(call, call.get("payment_method_data"))
    sent = (call.get("mandate_data") or {}).get("customer_acceptance")
    accepted = mandates.acceptance(call, sent) if sent else None
    shown = None
    if accepted:
        shown = {"customer_acceptance": {key: accepted[key] for key in ("online", "type")}}
    document = {
        "id": ids.new("ctoken"),
        "object": "confirmation_token",
        "created": call.now,
        "expires_at": call.now + LIVES_SECONDS,
        "livemode": False,
        "mandate_data": shown,
        "payment_intent": None,
        "payment_method_options": None,
        "payment_method_preview": _preview(method),
        "return_url": call.get("return_url"),
        "setup_future_usage": call.get("setup_future_usage") or None,
        "setup_intent": None,
        "shipping": shipping.document(call.get("shipping")),
        "use_stripe_sdk": call.is_browser,
    }
    taken = {name: call.get(name) for name in _TAKEN_OVER if call.get(name)}
    if accepted:
        taken["mandate_data"] = {"customer_acceptance": _as_sent(accepted)}
    hidden = {"payment_method": method.id, "taken": taken}
    return call.store.add("confirmation_token", document, hidden).document


def _preview(method: stores.Record) -> stores.Document:
    kind = method["type"]
    return {**{name: method[name] for name in _SHOWN}, kind: method[kind]}


def _as_sent(accepted: dict[str, typing.Any]) -> dict[str, typing.Any]:
    return {key: value for key, value in accepted.items() if value is not None}


def retrieve(call: calls.Call, id: str) -> routes.Answer:
    """One token."""
    return call.load("confirmation_token", id).document


def use(call: calls.Call) -> None:
    """Let a call that confirms with a token have what the token holds as its own parameters.

    Nothing happens without a token. Raises ApiError 400 for one that was used or has expired,
    and for a call that chooses a payment method beside it.
    """
    id = call.get("confirmation_token")
    if not id:
        return
    token = call.load("confirmation_token", id, param="confirmation_token")
    for name in _CHOSEN_BY_TOKEN:
        if call.get(name):
            raise errors.invalid(f"You cannot use both confirmation_token and {name}.", param=name)
    if token["payment_intent"] or token["setup_intent"]:
        raise errors.refused(
            f"ConfirmationToken {id} has already been used.", param="confirmation_token"
        )
    if token["expires_at"] <= call.now:
        raise errors.refused(f"ConfirmationToken {id} has expired.", param="confirmation_token")
    for name, value in token.hidden["taken"].items():
        call.params.setdefault(name, value)
    call.params["payment_method"] = token.hidden["payment_method"]


def note(call: calls.Call, intent: stores.Record) -> None:
    """Write on the token that this intent has used it."""
    id = call.get("confirmation_token")
    if id:
        token = call.load("confirmation_token", id)
        token[intent.kind] = intent.id
        call.store.save(token)


_CREATE: params.Shape = {
    "payment_method": params.filled,
    "payment_method_data": payment_methods.DATA,
    "payment_method_options": {},
    "return_url": params.filled,
    "setup_future_usage": params.one_of("off_session", "on_session"),
    "shipping": shipping.SHAPE,
}
_BY_BROWSER: params.Shape = {
    **_CREATE,
    "mandate_data": mandates.DATA,
    "payment_method_options": {
        "us_bank_account": {
            "verification_method": params.one_of("automatic", "instant", "microdeposits")
        }
    },
}
ROUTES = (
    routes.route("POST", "/v1/confirmation_tokens", create, _BY_BROWSER, for_browsers=True),
    routes.route("GET", "/v1/confirmation_tokens/<id>", retrieve),
    routes.route("POST", "/v1/test_helpers/confirmation_tokens", create, _CREATE),
)
