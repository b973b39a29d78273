"""Knows the permission to debit an account: given with the first confirmation, used again later,
ended by use, detachment or the bank; debits nothing."""

import typing

from portal.sandbox import call as calls
from portal.sandbox import ids
from portal.sandbox import store as stores
from portal.sandbox.objects import events
from portal.sandbox.wire import errors, params, routes

DATA: params.Shape = {
    "customer_acceptance": {
        "accepted_at": params.integer,
        "type": params.one_of("online", "offline"),
        "offline": {},
        "online": {
            "ip_address": params.filled,
            "user_agent": params.filled,
            "infer_from_client": params.boolean,
        },
    }
}


def choose(call: calls.Call, intent: stores.Record, method: stores.Record) -> stores.Record:
    """The mandate under which an intent uses an account: the one named, the one accepted with
    this call, or one that the account already has for any use.

    A new one is pending until ``activate``. Raises ApiError 400 where there is none that holds.
    """
    if call.get("mandate"):
        return _named(call, intent, call.get("mandate"), method)
    sent = (call.get("mandate_data") or {}).get("customer_acceptance")
    if sent:
        return _make(call, intent, method, acceptance(call, sent))
    return _existing(call, intent, method)


def _named(
    call: calls.Call, intent: stores.Record, id: str, method: stores.Record
) -> stores.Record:
    mandate = call.load("mandate", id, param="mandate")
    if mandate["payment_method"] != method.id or mandate["status"] != "active":
        raise _invalid(intent)
    return mandate


def _existing(call: calls.Call, intent: stores.Record, method: stores.Record) -> stores.Record:
    for mandate in of(call, method.id):
        if (mandate["type"], mandate["status"]) == ("multi_use", "active"):
            return mandate
    raise _none_left(call, intent)


def _none_left(call: calls.Call, intent: stores.Record) -> errors.ApiError:
    """The 400 without a code: the intent stays, to be confirmed with a mandate."""
    kind = str(intent["object"])
    name = "PaymentIntent" if kind == "payment_intent" else "SetupIntent"
    intent["status"] = "requires_confirmation"
    call.store.save(intent)
    return errors.ApiError(
        f"This {name} requires a mandate, but no existing mandate was found. Collect mandate "
        "acceptance from the customer and try again, providing acceptance data in the "
        "mandate_data parameter.",
        extra={kind: intent.document},
        keeps_changes=True,
    )


def _invalid(intent: stores.Record) -> errors.ApiError:
    kind = str(intent["object"])
    return errors.ApiError(
        "The mandate cannot be used: it is not active, or belongs to another payment method.",
        code=f"{kind}_mandate_invalid",
        param="mandate",
        extra={kind: intent.document},
    )


def acceptance(call: calls.Call, sent: dict[str, typing.Any]) -> dict[str, typing.Any]:
    """How the customer accepted, as a mandate keeps it.

    A server says from which address and with which program; for a browser both are what this
    call itself came with. Raises ApiError 400 for anything else.
    """
    kind = sent.get("type")
    name = "mandate_data[customer_acceptance]"
    params.require({f"{name}[type]": kind}, f"{name}[type]")
    online = None
    if kind == "online":
        online = _online(call, sent.get("online") or {}, f"{name}[online]")
    return {
        "accepted_at": sent.get("accepted_at", call.now),
        "offline": {} if kind == "offline" else None,
        "online": online,
        "type": kind,
    }


def _online(call: calls.Call, sent: dict[str, typing.Any], name: str) -> dict[str, typing.Any]:
    if sent.get("infer_from_client"):
        if not call.is_browser:
            raise errors.refused(
                "infer_from_client can only be used with a publishable key.",
                param=f"{name}[infer_from_client]",
            )
        return {"ip_address": call.ip_address, "user_agent": call.user_agent}
    for field in ("ip_address", "user_agent"):
        params.require({f"{name}[{field}]": sent.get(field)}, f"{name}[{field}]")
    return {"ip_address": sent["ip_address"], "user_agent": sent["user_agent"]}


def _make(
    call: calls.Call,
    intent: stores.Record,
    method: stores.Record,
    accepted: dict[str, typing.Any],
) -> stores.Record:
    is_single = intent["object"] == "payment_intent" and not intent["setup_future_usage"]
    single = {"amount": intent["amount"], "currency": intent["currency"]} if is_single else None
    document = {
        "id": ids.new("mandate"),
        "object": "mandate",
        "customer_acceptance": accepted,
        "livemode": False,
        "multi_use": None if is_single else {},
        "on_behalf_of": None,
        "payment_method": method.id,
        "payment_method_details": {"type": "us_bank_account", "us_bank_account": {}},
        "single_use": single,
        "status": "pending",
        "type": "single_use" if is_single else "multi_use",
    }
    return call.store.add("mandate", document)


def of(call: calls.Call, method_id: str) -> list[stores.Record]:
    """The mandates of a PaymentMethod, newest first."""
    return call.store.select("kind = 'mandate' AND about = ? ORDER BY seq DESC", (method_id,))


def activate(call: calls.Call, mandate: stores.Record, *, is_told: bool) -> None:
    """The account is verified: let the mandate count. ``is_told`` says so in an event."""
    if mandate["status"] == "pending":
        _become(call, mandate, "active", is_told=is_told)


def end(call: calls.Call, id: str) -> stores.Record:
    """Make a mandate inactive for good; nothing happens when it is already."""
    mandate = call.load("mandate", id)
    if mandate["status"] != "inactive":
        _become(call, mandate, "inactive", is_told=True)
    return mandate


def end_all(call: calls.Call, method_id: str) -> None:
    """End every mandate of a PaymentMethod."""
    for mandate in of(call, method_id):
        end(call, mandate.id)


def end_if_single(call: calls.Call, id: str) -> None:
    """End a mandate that was for one payment only."""
    if call.load("mandate", id)["type"] == "single_use":
        end(call, id)


def _become(call: calls.Call, mandate: stores.Record, status: str, *, is_told: bool) -> None:
    before = mandate["status"]
    mandate["status"] = status
    call.store.save(mandate)
    if is_told:
        previous = {"status": before}
        events.emit(call, "mandate.updated", mandate.document, previous=previous)


def retrieve(call: calls.Call, id: str) -> routes.Answer:
    """One mandate."""
    return call.load("mandate", id).document


ROUTES = (routes.route("GET", "/v1/mandates/<id>", retrieve),)
