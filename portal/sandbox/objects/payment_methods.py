"""Knows PaymentMethods, cards and bank accounts: made, attached, changed, detached; takes none
of their money."""

import copy
import datetime
import typing

from portal.sandbox import call as calls
from portal.sandbox import ids
from portal.sandbox import store as stores
from portal.sandbox.objects import bank_methods, banks, cards, events, mandates
from portal.sandbox.wire import errors, listing, params, routes

BILLING: params.Shape = {
    "address": params.ADDRESS,
    "email": params.text,
    "name": params.text,
    "phone": params.text,
}
_REDISPLAY = params.one_of("always", "limited", "unspecified")
TYPE = params.one_of("card", bank_methods.TYPE)
DATA: params.Shape = {
    "type": TYPE,
    "card": {
        "number": params.filled,
        "exp_month": params.integer,
        "exp_year": params.integer,
        "cvc": params.filled,
    },
    "us_bank_account": bank_methods.SHAPE,
    "billing_details": BILLING,
    "metadata": params.metadata,
    "allow_redisplay": _REDISPLAY,
}
# What the test tokens' cards have on them.
_TOKEN_EXPIRY_YEARS = 4


def create(call: calls.Call) -> routes.Answer:
    """A new PaymentMethod; only a browser may send a card's number."""
    params.require(call.params, "type")
    return make(call, call.params).document


def make(call: calls.Call, data: dict[str, typing.Any]) -> stores.Record:
    """Store a card or a bank account from its details.

    Raises ApiError for details that cannot be right: 402 for a card, 400 for a bank account.
    """
    if data["type"] == bank_methods.TYPE:
        return _store_account(call, bank_methods.read(data), data)
    fields = data.get("card") or {}
    for name in ("number", "exp_month", "exp_year"):
        if fields.get(name) is None:
            raise errors.invalid(
                f"Missing required param: card[{name}].",
                code="parameter_missing",
                param=f"card[{name}]",
            )
    if not call.is_browser:
        raise errors.ApiError(
            "Card numbers must not pass through a server: send them with a publishable key, "
            "or use a test token such as pm_card_visa.",
            status=402,
            param="card[number]",
        )
    card = cards.look_up(fields["number"])
    year = fields["exp_year"] + (2000 if fields["exp_year"] < 100 else 0)
    today = call.clock.now().date()
    cards.check_dates(fields["exp_month"], year, fields.get("cvc"), card, today)
    checked = None if fields.get("cvc") is None else "unchecked"
    return _store(call, card, fields["exp_month"], year, data, cvc_check=checked)


def resolve(call: calls.Call, id: str, *, param: str = "payment_method") -> stores.Record:
    """The PaymentMethod of that id; a test token makes a fresh one each time."""
    account = banks.by_token(id)
    if account:
        return _store_account(call, account, {}, is_test_token=True)
    card = cards.by_token(id)
    if card is None:
        return call.load("payment_method", id, param=param)
    year = call.clock.now().year + _TOKEN_EXPIRY_YEARS
    return _store(call, card, 12, year, {}, cvc_check=None)


def _store(
    call: calls.Call,
    card: cards.Card,
    month: int,
    year: int,
    data: dict[str, typing.Any],
    *,
    cvc_check: str | None,
) -> stores.Record:
    document = _document(call, data, "card")
    postal = "unchecked" if document["billing_details"]["address"]["postal_code"] else None
    document["card"] = {
        "brand": card.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": postal,
            "cvc_check": cvc_check,
        },
        "country": card.country,
        "display_brand": "american_express" if card.brand == "amex" else card.brand,
        "exp_month": month,
        "exp_year": year,
        "fingerprint": cards.fingerprint(card),
        "funding": card.funding,
        "generated_from": None,
        "last4": card.number[-4:],
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
    hidden = {"number": card.number, "is_set_up": False, "is_spent": False}
    return call.store.add("payment_method", document, hidden)


def _store_account(
    call: calls.Call,
    account: banks.Account,
    data: dict[str, typing.Any],
    *,
    is_test_token: bool = False,
) -> stores.Record:
    document = _document(call, data, bank_methods.TYPE)
    document[bank_methods.TYPE] = bank_methods.details(account, data.get(bank_methods.TYPE) or {})
    hidden = {
        "number": account.number,
        "is_set_up": False,
        "is_spent": False,
        "is_test_token": is_test_token,
        "is_verified": False,
    }
    return call.store.add("payment_method", document, hidden)


def _document(call: calls.Call, data: dict[str, typing.Any], type: str) -> stores.Document:
    return {
        "id": ids.new("pm"),
        "object": "payment_method",
        "allow_redisplay": data.get("allow_redisplay", "unspecified"),
        "billing_details": billing_details(data.get("billing_details") or {}),
        "created": call.now,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": data.get("metadata") or {},
        "type": type,
    }


def billing_details(sent: dict[str, typing.Any]) -> dict[str, typing.Any]:
    """Billing details with every field of the API, null where nothing was sent."""
    address = sent.get("address") or {}
    return {
        "address": {key: address.get(key) or None for key in sorted(params.ADDRESS)},
        "email": sent.get("email") or None,
        "name": sent.get("name") or None,
        "phone": sent.get("phone") or None,
        "tax_id": None,
    }


def card_of(method: stores.Record) -> cards.Card:
    """The test card behind a stored PaymentMethod."""
    return cards.BY_NUMBER[method.hidden["number"]]


def attach(call: calls.Call, method: stores.Record, customer: str) -> None:
    """Keep the method with a customer; nothing happens when it is there already.

    Raises ApiError: 400 when it belongs to another customer, was used up or is an account that
    was never verified, 402 when the bank declines the card.
    """
    if method["customer"] == customer:
        return
    if method["customer"]:
        raise errors.refused(
            "The payment method you provided has already been attached to a customer.",
            code="payment_method_unexpected_state",
        )
    check_reusable(method)
    if bank_methods.is_bank_account(method):
        bank_methods.check_attachable(method)
    else:
        card = card_of(method)
        if card.decline and not card.is_attachable:
            raise cards.declined(card.decline)
    method["customer"] = customer
    passed_checks(method)
    call.store.save(method)
    events.emit(call, "payment_method.attached", method.document)


def passed_checks(method: stores.Record) -> None:
    """Note that the bank has now seen the code and the postal code."""
    checks = method["card"]["checks"] if method["type"] == "card" else {}
    for name, state in checks.items():
        if state == "unchecked":
            checks[name] = "pass"


def check_reusable(method: stores.Record) -> None:
    """Raise ApiError 400 for a method that was used without a customer, or detached."""
    if method.hidden["is_spent"]:
        raise errors.refused(
            "This PaymentMethod was previously used without being attached to a Customer or was "
            "detached from a Customer, and may not be used again.",
            code="payment_method_unexpected_state",
        )


def _attach(call: calls.Call, id: str) -> routes.Answer:
    params.require(call.params, "customer")
    customer = call.load("customer", call.get("customer"), param="customer")
    if customer.document.get("deleted"):
        raise errors.missing("customer", customer.id, param="customer", status=400)
    method = resolve(call, id)
    attach(call, method, customer.id)
    return method.document


def detach(call: calls.Call, id: str) -> routes.Answer:
    """Take the method from its customer for good; it can never be used again."""
    method = call.load("payment_method", id)
    customer = method["customer"]
    if not customer:
        raise errors.refused(
            "The payment method you provided is not attached to a customer so detachment is "
            "impossible.",
            code="payment_method_unexpected_state",
        )
    method["customer"] = None
    method.hidden["is_spent"] = True
    call.store.save(method)
    _forget_default(call, customer, method.id)
    mandates.end_all(call, method.id)
    events.emit(call, "payment_method.detached", method.document, previous={"customer": customer})
    return method.document


def _forget_default(call: calls.Call, customer_id: str, method_id: str) -> None:
    customer = call.store.find(customer_id, "customer")
    if customer is None or "invoice_settings" not in customer.document:
        return
    settings = customer["invoice_settings"]
    if settings["default_payment_method"] == method_id:
        settings["default_payment_method"] = None
        call.store.save(customer)
        previous = {"invoice_settings": {"default_payment_method": method_id}}
        events.emit(call, "customer.updated", customer.document, previous=previous)


def update(call: calls.Call, id: str) -> routes.Answer:
    """Change what may change about an attached method."""
    method = call.load("payment_method", id)
    if not method["customer"]:
        raise errors.refused(
            "You must save this PaymentMethod to a customer before you can update it.",
            code="payment_method_unexpected_state",
        )
    before = copy.deepcopy(method.document)
    for kind in ("card", bank_methods.TYPE):
        if call.get(kind) and method["type"] != kind:
            raise errors.refused(f"This PaymentMethod is no {kind}.", param=kind)
    _change_expiry(call, method)
    if call.get(bank_methods.TYPE):
        method[bank_methods.TYPE].update(call.get(bank_methods.TYPE))
    if call.get("billing_details"):
        _change_billing(method, call.get("billing_details"))
    if "metadata" in call.params:
        method["metadata"] = merged_metadata(method["metadata"], call.get("metadata"))
    if call.get("allow_redisplay"):
        method["allow_redisplay"] = call.get("allow_redisplay")
    call.store.save(method)
    previous = {key: before[key] for key in before if before[key] != method.document[key]}
    events.emit(call, "payment_method.updated", method.document, previous=previous)
    return method.document


def renew(call: calls.Call, id: str, *, number: str, month: int, year: int) -> stores.Record:
    """Its bank has sent a new card, and the network tells: number and expiry change by themselves.

    Raises ApiError 400 for a method that is no saved card, 402 for details that cannot be right.
    """
    method = call.load("payment_method", id)
    if method["type"] != "card" or not method["customer"]:
        raise errors.refused(f"PaymentMethod {id} is no saved card.")
    card = cards.look_up(number)
    cards.check_dates(month, year, None, card, call.clock.now().date())
    before = copy.deepcopy(method["card"])
    method.hidden["number"] = card.number
    method["card"].update(
        last4=card.number[-4:],
        fingerprint=cards.fingerprint(card),
        exp_month=month,
        exp_year=year,
    )
    call.store.save(method)
    previous = {key: old for key, old in before.items() if old != method["card"][key]}
    events.emit(
        call,
        "payment_method.automatically_updated",
        method.document,
        previous={"card": previous},
    )
    return method


def _change_expiry(call: calls.Call, method: stores.Record) -> None:
    sent = call.get("card") or {}
    if not sent:
        return
    card = method["card"]
    month = sent.get("exp_month", card["exp_month"])
    year = sent.get("exp_year", card["exp_year"])
    today: datetime.date = call.clock.now().date()
    cards.check_dates(month, year, None, card_of(method), today)
    card["exp_month"], card["exp_year"] = month, year


def _change_billing(method: stores.Record, sent: dict[str, typing.Any]) -> None:
    billing = method["billing_details"]
    for key, value in sent.items():
        if key == "address":
            billing["address"].update({k: v or None for k, v in (value or {}).items()})
        else:
            billing[key] = value or None


def merged_metadata(old: dict[str, str], sent: dict[str, str]) -> dict[str, str]:
    """The old pairs with the sent ones over them; an empty value removes its key, {} all."""
    if not sent:
        return {}
    return {key: value for key, value in {**old, **sent}.items() if value != ""}


def retrieve(call: calls.Call, id: str) -> routes.Answer:
    """One PaymentMethod."""
    return call.load("payment_method", id).document


def index(call: calls.Call) -> routes.Answer:
    """Attached PaymentMethods, of one customer when asked."""
    if call.get("customer"):
        call.load("customer", call.get("customer"), param="customer")
    clauses = [
        ("customer = ?", call.get("customer")),
        ("type = ?", call.get("type")),
        ("length(customer) > ?", 0),
    ]
    return listing.page(call, "payment_method", "/v1/payment_methods", clauses)


ROUTES = (
    routes.route("POST", "/v1/payment_methods", create, DATA, for_browsers=True),
    routes.route(
        "GET",
        "/v1/payment_methods",
        index,
        {**params.PAGE, "customer": params.filled, "type": TYPE},
    ),
    routes.route("GET", "/v1/payment_methods/<id>", retrieve),
    routes.route(
        "POST",
        "/v1/payment_methods/<id>",
        update,
        {
            "billing_details": BILLING,
            "card": {"exp_month": params.integer, "exp_year": params.integer},
            "us_bank_account": {
                "account_holder_type": bank_methods.HOLDERS,
                "account_type": bank_methods.KINDS,
            },
            "metadata": params.metadata,
            "allow_redisplay": _REDISPLAY,
        },
    ),
    routes.route("POST", "/v1/payment_methods/<id>/attach", _attach, {"customer": params.filled}),
    routes.route("POST", "/v1/payment_methods/<id>/detach", detach),
)
