"""Knows the saving of a method for later: the states of a SetupIntent and their moves."""

import typing

from portal.sandbox import call as calls
from portal.sandbox import ids
from portal.sandbox import store as stores
from portal.sandbox.objects import (
    bank_methods,
    cards,
    confirmation_tokens,
    events,
    intents,
    mandates,
    payment_methods,
    verification,
)
from portal.sandbox.wire import errors, listing, params, routes

_OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


def create(call: calls.Call) -> routes.Answer:
    """A new SetupIntent, confirmed at once when ``confirm`` says so."""
    customer = intents.chosen_customer(call)
    if not call.get("confirm"):
        for name in ("confirmation_token", "mandate_data"):
            if call.get(name):
                raise errors.refused(f"{name} can only be used when confirm is true.", param=name)
    confirmation_tokens.use(call)
    intent = call.store.add("setup_intent", _document(call, customer))
    confirmation_tokens.note(call, intent)
    method = intents.choose_method(call, customer)
    if method:
        intent["payment_method"] = method.id
        intent["status"] = "requires_confirmation"
        call.store.save(intent)
    events.emit(call, "setup_intent.created", intent.document)
    if call.get("confirm"):
        _confirm(call, intent, method)
    return intent.document


def _document(call: calls.Call, customer: str | None) -> stores.Document:
    id = ids.new("seti")
    return {
        "id": id,
        "object": "setup_intent",
        "application": None,
        "automatic_payment_methods": intents.automatic_methods(call),
        "cancellation_reason": None,
        "client_secret": f"{id}_secret_{ids.letters(25)}",
        "created": call.now,
        "customer": customer,
        "customer_account": None,
        "description": call.get("description") or None,
        "excluded_payment_method_types": None,
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": False,
        "mandate": None,
        "metadata": call.get("metadata") or {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": intents.options(call),
        "payment_method_types": intents.method_types(call),
        "single_use_mandate": None,
        "status": "requires_payment_method",
        "usage": call.get("usage", "off_session"),
    }


def confirm(call: calls.Call, id: str) -> routes.Answer:
    """Try to save the method. Raises ApiError 402 when the bank says no, with the intent in it."""
    intent = call.load("setup_intent", id)
    call.check_secret(intent)
    if intent["status"] not in _OPEN:
        raise intents.unexpected_state(intent, "confirm")
    confirmation_tokens.use(call)
    confirmation_tokens.note(call, intent)
    intent["payment_method_options"] = intents.options(call, intent["payment_method_options"])
    method = intents.choose_method(call, intent["customer"])
    if method is None and intent["payment_method"]:
        method = call.load("payment_method", intent["payment_method"])
        intents.check_usable(method, intent["customer"])
    _confirm(call, intent, method)
    return intent.document


def _confirm(call: calls.Call, intent: stores.Record, method: stores.Record | None) -> None:
    if method is None:
        raise intents.no_method(intent)
    intents.check_type(intent, method)
    intents.check_return_url(call, intent)
    verification.give_up(call, intent)
    intent["payment_method"] = method.id
    intent["last_setup_error"] = None
    intent["next_action"] = None
    call.store.save(intent)
    if bank_methods.is_bank_account(method):
        _confirm_account(call, intent, method)
        return
    if intents.needs_authentication(method, is_off_session=False):
        intents.ask_authentication(call, intent)
        call.store.save(intent)
        events.emit(call, "setup_intent.requires_action", intent.document)
        return
    _set_up(call, intent, method)
    if intent["last_setup_error"]:
        raise intents.raised(intent["last_setup_error"], intent)


def _confirm_account(call: calls.Call, intent: stores.Record, method: stores.Record) -> None:
    bank_methods.check_not_blocked(method)
    mandate = mandates.choose(call, intent, method)
    intent.hidden["mandate"] = mandate.id
    if verification.is_needed(intent, method):
        verification.ask(call, intent, method)
        call.store.save(intent)
        events.emit(call, "setup_intent.requires_action", intent.document)
        return
    verification.settle_instantly(call, method)
    mandates.activate(call, mandate, is_told=False)
    intent["mandate"] = mandate.id
    _set_up(call, intent, method)


def verified(call: calls.Call, intent: stores.Record) -> None:
    """The small deposits were told: the mandate counts, the account is saved."""
    intent["next_action"] = None
    intent["mandate"] = intent.hidden["mandate"]
    mandates.activate(call, call.load("mandate", intent["mandate"]), is_told=True)
    _set_up(call, intent, call.load("payment_method", intent["payment_method"]))


def unverified(call: calls.Call, intent: stores.Record, error: dict[str, typing.Any]) -> None:
    """The small deposits came to nothing: another payment method is needed."""
    intent["next_action"] = None
    _fail(call, intent, call.load("payment_method", intent["payment_method"]), error)


def authenticate(call: calls.Call, intent: stores.Record, *, is_passed: bool) -> None:
    """Go on after the bank's page: save the card, or fail for want of authentication.

    Raises ApiError 400 when the intent waits for nothing.
    """
    if intent["status"] != "requires_action" or verification.is_waiting(intent):
        raise intents.unexpected_state(intent, "authenticate")
    method = call.load("payment_method", intent["payment_method"])
    intent["next_action"] = None
    if is_passed:
        _set_up(call, intent, method)
    else:
        _fail(call, intent, method, intents.authentication_error("setup_intent", method))


def _set_up(call: calls.Call, intent: stores.Record, method: stores.Record) -> None:
    said = _refusal(method)
    if said:
        _fail(call, intent, method, intents.card_error(said, method, None))
        return
    payment_methods.passed_checks(method)
    intents.keep(call, intent, method, intent["usage"])
    intent["status"] = "succeeded"
    intent["latest_attempt"] = _attempt(call, intent, method, None).id
    call.store.save(intent)
    events.emit(call, "setup_intent.succeeded", intent.document)


def _refusal(method: stores.Record) -> cards.Decline | None:
    if bank_methods.is_bank_account(method):
        return None
    card = payment_methods.card_of(method)
    return None if card.is_attachable else card.decline


def _fail(
    call: calls.Call,
    intent: stores.Record,
    method: stores.Record,
    error: dict[str, typing.Any],
) -> None:
    intent["latest_attempt"] = _attempt(call, intent, method, error).id
    intent["status"] = "requires_payment_method"
    intent["payment_method"] = None
    intent["last_setup_error"] = error
    call.store.save(intent)
    events.emit(call, "setup_intent.setup_failed", intent.document)


def _attempt(
    call: calls.Call,
    intent: stores.Record,
    method: stores.Record,
    error: dict[str, typing.Any] | None,
) -> stores.Record:
    kind = method["type"]
    details = {"three_d_secure": None} if kind == "card" else {}
    document = {
        "id": ids.new("setatt"),
        "object": "setup_attempt",
        "application": None,
        "created": call.now,
        "customer": intent["customer"],
        "flow_directions": None,
        "livemode": False,
        "on_behalf_of": None,
        "payment_method": method.id,
        "payment_method_details": {kind: details, "type": kind},
        "setup_error": error,
        "setup_intent": intent.id,
        "status": "failed" if error else "succeeded",
        "usage": intent["usage"],
    }
    return call.store.add("setup_attempt", document)


def cancel(call: calls.Call, id: str) -> routes.Answer:
    """End an open intent for good. Raises ApiError 400 in any other state."""
    intent = call.load("setup_intent", id)
    if intent["status"] not in _OPEN:
        raise intents.unexpected_state(intent, "cancel")
    verification.give_up(call, intent)
    intent["status"] = "canceled"
    intent["cancellation_reason"] = call.get("cancellation_reason")
    intent["next_action"] = None
    call.store.save(intent)
    events.emit(call, "setup_intent.canceled", intent.document)
    return intent.document


def update(call: calls.Call, id: str) -> routes.Answer:
    """Change an intent: words at any time, customer and card only before it is confirmed."""
    intent = call.load("setup_intent", id)
    is_changeable = intent["status"] in ("requires_payment_method", "requires_confirmation")
    if set(call.params) - {"metadata", "description", "expand"} and not is_changeable:
        raise intents.unexpected_state(intent, "update")
    if "customer" in call.params:
        intent["customer"] = intents.chosen_customer(call)
    if "description" in call.params:
        intent["description"] = call.get("description") or None
    if "metadata" in call.params:
        intent["metadata"] = payment_methods.merged_metadata(
            intent["metadata"], call.get("metadata")
        )
    intent["payment_method_options"] = intents.options(call, intent["payment_method_options"])
    method = intents.choose_method(call, intent["customer"])
    if method:
        intent["payment_method"] = method.id
        intent["status"] = "requires_confirmation"
    call.store.save(intent)
    return intent.document


def retrieve(call: calls.Call, id: str) -> routes.Answer:
    """One SetupIntent."""
    intent = call.load("setup_intent", id)
    call.check_secret(intent)
    return intent.document


def index(call: calls.Call) -> routes.Answer:
    """SetupIntents, newest first."""
    clauses = [
        ("customer = ?", call.get("customer")),
        ("about = ?", call.get("payment_method")),
    ]
    return listing.page(call, "setup_intent", "/v1/setup_intents", clauses)


_SHARED: params.Shape = {
    "payment_method": params.filled,
    "payment_method_data": payment_methods.DATA,
    "payment_method_options": intents.OPTIONS,
}
_CONFIRM: params.Shape = {
    "confirmation_token": params.filled,
    "mandate_data": mandates.DATA,
    "return_url": params.filled,
    "use_stripe_sdk": params.boolean,
}
_CHANGE: params.Shape = {
    "customer": params.filled,
    "description": params.text,
    "metadata": params.metadata,
}
_CREATE: params.Shape = {
    "automatic_payment_methods": intents.AUTOMATIC,
    "confirm": params.boolean,
    "payment_method_types": intents.TYPES,
    "usage": params.one_of("off_session", "on_session"),
}
_SECRET: params.Shape = {"client_secret": params.filled}
_CANCEL: params.Shape = {
    "cancellation_reason": params.one_of("abandoned", "duplicate", "requested_by_customer")
}
_LIST: params.Shape = {
    **params.PAGE,
    "created": params.span,
    "customer": params.filled,
    "payment_method": params.filled,
}
_URL = "/v1/setup_intents"
ROUTES = (
    routes.route("POST", _URL, create, {**_SHARED, **_CONFIRM, **_CHANGE, **_CREATE}),
    routes.route("GET", _URL, index, _LIST),
    routes.route("GET", f"{_URL}/<id>", retrieve, _SECRET, for_browsers=True),
    routes.route("POST", f"{_URL}/<id>", update, {**_SHARED, **_CHANGE}),
    routes.route(
        "POST",
        f"{_URL}/<id>/confirm",
        confirm,
        {**_SHARED, **_CONFIRM, **_SECRET},
        for_browsers=True,
    ),
    routes.route("POST", f"{_URL}/<id>/cancel", cancel, _CANCEL),
)
