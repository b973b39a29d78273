"""Knows what a browser may do with a customer's saved methods, granted for half an hour; keeps
nothing, because nothing here asks for a session again."""

import typing

from portal.sandbox import call as calls
from portal.sandbox import ids
from portal.sandbox.objects import customers
from portal.sandbox.wire import errors, params, routes

LIVES_SECONDS = 30 * 60
_OTHERS = (
    "active_entitlements",
    "buy_button",
    "customer_portal",
    "customer_sheet",
    "mobile_payment_element",
    "pricing_table",
)
_REDISPLAY_LIMIT = 3


def create(call: calls.Call) -> routes.Answer:
    """A session for one customer.

    Raises ApiError 400 where no component is enabled, or methods are saved without saying for
    what.
    """
    params.require(call.params, "customer", "components")
    customer = customers.living(call, call.get("customer"))
    element = call.get("components").get("payment_element") or {}
    if not element.get("enabled"):
        raise errors.refused("Enable at least one component.", param="components")
    components: dict[str, typing.Any] = {name: {"enabled": False} for name in _OTHERS}
    components["payment_element"] = {
        "enabled": True,
        "features": _features(element.get("features") or {}),
    }
    return {
        "object": "customer_session",
        "client_secret": f"cuss_secret_{ids.letters(40)}",
        "components": components,
        "created": call.now,
        "customer": customer.id,
        "customer_account": None,
        "expires_at": call.now + LIVES_SECONDS,
        "livemode": False,
    }


def _features(sent: dict[str, typing.Any]) -> dict[str, typing.Any]:
    saves = sent.get("payment_method_save", "disabled")
    usage = sent.get("payment_method_save_usage")
    if saves == "enabled" and not usage:
        name = "components[payment_element][features][payment_method_save_usage]"
        params.require({name: usage}, name)
    limit = sent.get("payment_method_redisplay_limit", _REDISPLAY_LIMIT)
    if not 1 <= limit <= 10:
        raise errors.invalid("payment_method_redisplay_limit must be between 1 and 10.")
    return {
        "payment_method_allow_redisplay_filters": sent.get(
            "payment_method_allow_redisplay_filters", ["always"]
        ),
        "payment_method_redisplay": sent.get("payment_method_redisplay", "disabled"),
        "payment_method_redisplay_limit": limit,
        "payment_method_remove": sent.get("payment_method_remove", "disabled"),
        "payment_method_save": saves,
        "payment_method_save_usage": usage,
    }


_SWITCH = params.one_of("disabled", "enabled")
_CREATE: params.Shape = {
    "components": {
        "payment_element": {
            "enabled": params.boolean,
            "features": {
                "payment_method_allow_redisplay_filters": params.many(
                    params.one_of("always", "limited", "unspecified")
                ),
                "payment_method_redisplay": _SWITCH,
                "payment_method_redisplay_limit": params.integer,
                "payment_method_remove": _SWITCH,
                "payment_method_save": _SWITCH,
                "payment_method_save_usage": params.one_of("off_session", "on_session"),
            },
        }
    },
    "customer": params.filled,
}
ROUTES = (routes.route("POST", "/v1/customer_sessions", create, _CREATE),)
