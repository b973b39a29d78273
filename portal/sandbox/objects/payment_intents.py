"""Knows a payment from its making to its end: the states of a PaymentIntent and their moves."""

import typing

from portal.sandbox import call as calls
from portal.sandbox import ids
from portal.sandbox import store as stores
from portal.sandbox.objects import (
    bank_methods,
    banks,
    charges,
    confirmation_tokens,
    debits,
    events,
    intents,
    mandates,
    payment_methods,
    shipping,
    verification,
)
from portal.sandbox.wire import errors, listing, params, routes

MIN_AMOUNT_CENTS = 50
MAX_AMOUNT_CENTS = 99_999_999
_OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
_WITH_CONFIRM = (
    "confirmation_token",
    "error_on_requires_action",
    "mandate",
    "mandate_data",
    "off_session",
    "return_url",
)


def create(call: calls.Call) -> routes.Answer:
    """A new PaymentIntent, confirmed at once when ``confirm`` says so."""
    params.require(call.params, "amount", "currency")
    _check_amount(call.get("amount"))
    _check_currency(call.get("currency"))
    if not call.get("confirm"):
        for name in _WITH_CONFIRM:
            if call.get(name):
                raise errors.refused(f"{name} can only be used when confirm is true.", param=name)
    customer = intents.chosen_customer(call)
    confirmation_tokens.use(call)
    intent = call.store.add("payment_intent", _document(call, customer))
    confirmation_tokens.note(call, intent)
    method = intents.choose_method(call, customer)
    if method:
        intent["payment_method"] = method.id
        intent["status"] = "requires_confirmation"
        call.store.save(intent)
    events.emit(call, "payment_intent.created", intent.document)
    if call.get("confirm"):
        _confirm(call, intent, method)
    return intent.document


def _document(call: calls.Call, customer: str | None) -> stores.Document:
    id = ids.new("pi")
    return {
        "id": id,
        "object": "payment_intent",
        "amount": call.get("amount"),
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": intents.automatic_methods(call),
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": call.get("capture_method", "automatic_async"),
        "client_secret": f"{id}_secret_{ids.letters(25)}",
        "confirmation_method": "automatic",
        "created": call.now,
        "currency": call.get("currency").lower(),
        "customer": customer,
        "customer_account": None,
        "description": call.get("description") or None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": call.get("metadata") or {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": intents.options(call),
        "payment_method_types": intents.method_types(call),
        "processing": None,
        "receipt_email": call.get("receipt_email") or None,
        "review": None,
        "setup_future_usage": call.get("setup_future_usage") or None,
        "shipping": shipping.document(call.get("shipping")),
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": call.get("statement_descriptor_suffix") or None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }


def confirm(call: calls.Call, id: str) -> routes.Answer:
    """Try to take the money. Raises ApiError 402 when the bank says no, with the intent in it.

    A bank account's debit is only on its way afterwards: ``processing``.
    """
    intent = call.load("payment_intent", id)
    call.check_secret(intent)
    if intent["status"] not in _OPEN:
        raise intents.unexpected_state(intent, "confirm")
    confirmation_tokens.use(call)
    confirmation_tokens.note(call, intent)
    method = intents.choose_method(call, intent["customer"])
    if method is None and intent["payment_method"]:
        method = call.load("payment_method", intent["payment_method"])
        intents.check_usable(method, intent["customer"])
    for name in ("receipt_email", "setup_future_usage"):
        if name in call.params:
            intent[name] = call.get(name) or None
    intent["payment_method_options"] = intents.options(call, intent["payment_method_options"])
    _confirm(call, intent, method)
    return intent.document


def _confirm(call: calls.Call, intent: stores.Record, method: stores.Record | None) -> None:
    is_off_session = bool(call.get("off_session"))
    if call.is_browser and is_off_session:
        raise errors.refused("off_session needs a secret key.", param="off_session")
    if method is None:
        raise intents.no_method(intent)
    intents.check_type(intent, method)
    intents.check_return_url(call, intent)
    verification.give_up(call, intent)
    intent["payment_method"] = method.id
    intent["last_payment_error"] = None
    intent["next_action"] = None
    call.store.save(intent)
    if bank_methods.is_bank_account(method):
        _confirm_debit(call, intent, method)
    elif not intents.needs_authentication(method, is_off_session=is_off_session):
        _charge(call, intent, method, is_authenticated=False)
    elif is_off_session or call.get("error_on_requires_action"):
        said = intents.AUTHENTICATION_REQUIRED
        charge, _ = charges.attempt(call, intent, method, is_authenticated=False, decline=said)
        _fail(call, intent, intents.card_error(said, method, charge.id), charge.id)
    else:
        intents.ask_authentication(call, intent)
        call.store.save(intent)
        events.emit(call, "payment_intent.requires_action", intent.document)
    if intent["last_payment_error"]:
        raise intents.raised(intent["last_payment_error"], intent)


def _confirm_debit(call: calls.Call, intent: stores.Record, method: stores.Record) -> None:
    bank_methods.check_not_blocked(method)
    mandate = mandates.choose(call, intent, method)
    intent.hidden["mandate"] = mandate.id
    if verification.is_needed(intent, method):
        verification.ask(call, intent, method)
        call.store.save(intent)
        events.emit(call, "payment_intent.requires_action", intent.document)
        return
    verification.settle_instantly(call, method)
    mandates.activate(call, mandate, is_told=False)
    _debit(call, intent, method)


def _debit(call: calls.Call, intent: stores.Record, method: stores.Record) -> None:
    charge = debits.start(call, intent, method, intent.hidden["mandate"])
    intent["status"] = "processing"
    intent["latest_charge"] = charge.id
    call.store.save(intent)
    _keep_or_spend(call, intent, method)
    events.emit(call, "payment_intent.processing", intent.document)


def verified(call: calls.Call, intent: stores.Record) -> None:
    """The small deposits were told: the mandate counts, the debit is on its way."""
    intent["next_action"] = None
    mandates.activate(call, call.load("mandate", intent.hidden["mandate"]), is_told=True)
    _debit(call, intent, call.load("payment_method", intent["payment_method"]))


def unverified(call: calls.Call, intent: stores.Record, error: dict[str, typing.Any]) -> None:
    """The small deposits came to nothing: another payment method is needed."""
    intent["next_action"] = None
    _fail(call, intent, error, intent["latest_charge"])


def debit_succeeded(call: calls.Call, intent: stores.Record) -> None:
    """The bank paid the debit that was on its way."""
    charge = call.load("charge", intent["latest_charge"])
    debits.succeed(call, charge)
    intent["status"] = "succeeded"
    intent["amount_received"] = intent["amount"]
    call.store.save(intent)
    events.emit(call, "payment_intent.succeeded", intent.document)


def debit_failed(call: calls.Call, intent: stores.Record, said: banks.Failure) -> None:
    """The bank sent the debit back that was on its way."""
    charge = call.load("charge", intent["latest_charge"])
    debits.fail(call, charge, said)
    method = call.load("payment_method", intent["payment_method"])
    _fail(call, intent, intents.debit_error(said, method, charge.id), charge.id)


def authenticate(call: calls.Call, intent: stores.Record, *, is_passed: bool) -> None:
    """Go on after the bank's page: charge, or fail for want of authentication.

    Raises ApiError 400 when the intent waits for nothing.
    """
    if intent["status"] != "requires_action" or verification.is_waiting(intent):
        raise intents.unexpected_state(intent, "authenticate")
    method = call.load("payment_method", intent["payment_method"])
    intent["next_action"] = None
    if is_passed:
        _charge(call, intent, method, is_authenticated=True)
    else:
        error = intents.authentication_error("payment_intent", method)
        _fail(call, intent, error, intent["latest_charge"])


def _charge(
    call: calls.Call, intent: stores.Record, method: stores.Record, *, is_authenticated: bool
) -> None:
    charge, said = charges.attempt(call, intent, method, is_authenticated=is_authenticated)
    if said:
        _fail(call, intent, intents.card_error(said, method, charge.id), charge.id)
        return
    intent["status"] = "succeeded"
    intent["latest_charge"] = charge.id
    intent["amount_received"] = intent["amount"]
    call.store.save(intent)
    _keep_or_spend(call, intent, method)
    events.emit(call, "payment_intent.succeeded", intent.document)


def _keep_or_spend(call: calls.Call, intent: stores.Record, method: stores.Record) -> None:
    if intent["setup_future_usage"]:
        intents.keep(call, intent, method, intent["setup_future_usage"])
    if not method["customer"]:
        method.hidden["is_spent"] = True
        call.store.save(method)


def _fail(
    call: calls.Call, intent: stores.Record, error: dict[str, typing.Any], charge: str | None
) -> None:
    intent["status"] = "requires_payment_method"
    intent["payment_method"] = None
    intent["latest_charge"] = charge
    intent["last_payment_error"] = error
    call.store.save(intent)
    events.emit(call, "payment_intent.payment_failed", intent.document)


def cancel(call: calls.Call, id: str) -> routes.Answer:
    """End an open intent for good. Raises ApiError 400 in any other state."""
    intent = call.load("payment_intent", id)
    if intent["status"] not in _OPEN:
        raise intents.unexpected_state(intent, "cancel")
    verification.give_up(call, intent)
    intent["status"] = "canceled"
    intent["canceled_at"] = call.now
    intent["cancellation_reason"] = call.get("cancellation_reason")
    intent["next_action"] = None
    call.store.save(intent)
    events.emit(call, "payment_intent.canceled", intent.document)
    return intent.document


def update(call: calls.Call, id: str) -> routes.Answer:
    """Change an intent: words at any time, money and card only before it is confirmed."""
    intent = call.load("payment_intent", id)
    words = {"metadata", "description", "expand"}
    is_changeable = intent["status"] in ("requires_payment_method", "requires_confirmation")
    if set(call.params) - words and not is_changeable:
        raise intents.unexpected_state(intent, "update")
    if "amount" in call.params:
        _check_amount(call.get("amount"))
        intent["amount"] = call.get("amount")
    if "currency" in call.params:
        _check_currency(call.get("currency"))
    if "customer" in call.params:
        intent["customer"] = intents.chosen_customer(call)
    for name in ("description", "receipt_email", "setup_future_usage"):
        if name in call.params:
            intent[name] = call.get(name) or None
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
    """One PaymentIntent."""
    intent = call.load("payment_intent", id)
    call.check_secret(intent)
    return intent.document


def index(call: calls.Call) -> routes.Answer:
    """PaymentIntents, newest first."""
    clauses = [("customer = ?", call.get("customer"))]
    return listing.page(call, "payment_intent", "/v1/payment_intents", clauses)


def _check_amount(amount_cents: int) -> None:
    if amount_cents < MIN_AMOUNT_CENTS:
        raise errors.invalid(
            "Amount must be at least $0.50 usd", code="amount_too_small", param="amount"
        )
    if amount_cents > MAX_AMOUNT_CENTS:
        raise errors.invalid(
            "Amount must be no more than $999,999.99", code="amount_too_large", param="amount"
        )


def _check_currency(currency: str) -> None:
    if currency.lower() != "usd":
        raise errors.invalid(f"Invalid currency: {currency}", param="currency")


_USAGE = params.one_of("off_session", "on_session", clearable=True)
_SHARED: params.Shape = {
    "payment_method": params.filled,
    "payment_method_data": payment_methods.DATA,
    "payment_method_options": intents.OPTIONS,
    "receipt_email": params.text,
    "setup_future_usage": _USAGE,
}
_CONFIRM: params.Shape = {
    "confirmation_token": params.filled,
    "error_on_requires_action": params.boolean,
    "mandate": params.filled,
    "mandate_data": mandates.DATA,
    "off_session": params.boolean,
    "return_url": params.filled,
    "use_stripe_sdk": params.boolean,
}
_CHANGE: params.Shape = {
    "amount": params.integer,
    "currency": params.filled,
    "customer": params.filled,
    "description": params.text,
    "metadata": params.metadata,
    "statement_descriptor_suffix": params.text,
}
_CREATE: params.Shape = {
    "automatic_payment_methods": intents.AUTOMATIC,
    "capture_method": params.one_of("automatic", "automatic_async"),
    "confirm": params.boolean,
    "payment_method_types": intents.TYPES,
    "shipping": shipping.SHAPE,
}
_CANCEL: params.Shape = {
    "cancellation_reason": params.one_of(
        "abandoned", "duplicate", "fraudulent", "requested_by_customer"
    )
}
_SECRET: params.Shape = {"client_secret": params.filled}
_LIST: params.Shape = {**params.PAGE, "created": params.span, "customer": params.filled}
_URL = "/v1/payment_intents"
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
