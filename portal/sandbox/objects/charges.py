"""Knows one attempt to take money from a card, and its settling a second later."""

import hashlib
import typing

from portal.sandbox import call as calls
from portal.sandbox import due, ids
from portal.sandbox import store as stores
from portal.sandbox.objects import balance, cards, events, payment_methods
from portal.sandbox.wire import listing, params, routes

SETTLES_AFTER_SECONDS = 1


def attempt(
    call: calls.Call,
    intent: stores.Record,
    method: stores.Record,
    *,
    is_authenticated: bool,
    decline: cards.Decline | None = None,
) -> tuple[stores.Record, cards.Decline | None]:
    """Charge the intent's amount to the card; the charge, and the bank's no if it said no.

    ``decline`` overrides what the card would say (authentication that is missing).
    """
    said = decline or payment_methods.card_of(method).decline
    if not said:
        payment_methods.passed_checks(method)
        call.store.save(method)
    id = ids.new("ch")
    details = _details(intent, method, id, said, is_authenticated)
    made = document(call, intent, method, id, details)
    if said:
        _refuse(made, said)
    charge = call.store.add("charge", made)
    if said:
        events.emit(call, "charge.failed", charge.document)
        return charge, said
    if intent["capture_method"] == "automatic":
        _post(call, charge)
        call.store.save(charge)
    else:
        due.plan(call, SETTLES_AFTER_SECONDS, "settle_charge", charge.id)
    events.emit(call, "charge.succeeded", charge.document)
    if payment_methods.card_of(method).aftermath != cards.Aftermath.NOTHING:
        due.plan(call, 0, "bring_aftermath", charge.id)
    return charge, None


def settle(call: calls.Call, id: str) -> None:
    """Fill the balance transaction of a successful charge and tell of it."""
    charge = call.store.find(id, "charge")
    if charge is None or charge["balance_transaction"]:
        return
    _post(call, charge)
    call.store.save(charge)
    events.emit(call, "charge.updated", charge.document, previous={"balance_transaction": None})


def _post(call: calls.Call, charge: stores.Record) -> None:
    moved = balance.move(
        call,
        type="charge",
        category="charge",
        source=charge.id,
        amount_cents=charge["amount"],
        fee_cents=balance.card_fee_cents(charge["amount"]),
        description=charge["description"],
    )
    charge["balance_transaction"] = moved.id


def document(
    call: calls.Call,
    intent: stores.Record,
    method: stores.Record,
    id: str,
    details: dict[str, typing.Any],
) -> stores.Document:
    """A charge that took the intent's amount, before anything is known against it."""
    amount = intent["amount"]
    return {
        "id": id,
        "object": "charge",
        "amount": amount,
        "amount_captured": amount,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "SANDBOX",
        "captured": True,
        "created": call.now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": None,
        "outcome": _outcome(None),
        "paid": True,
        "payment_intent": intent.id,
        "payment_method": method.id,
        "payment_method_details": details,
        "presentment_details": None,
        "radar_options": {},
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": intent["shipping"],
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": "succeeded",
        "transfer_data": None,
        "transfer_group": None,
    }


def _refuse(document: stores.Document, said: cards.Decline) -> None:
    document.update(
        amount_captured=0,
        captured=False,
        failure_code=said.code,
        failure_message=said.message,
        outcome=_outcome(said),
        paid=False,
        status="failed",
    )


def _outcome(said: cards.Decline | None) -> dict[str, typing.Any]:
    if said is None:
        return {
            "advice_code": None,
            "network_advice_code": None,
            "network_decline_code": None,
            "network_status": "approved_by_network",
            "reason": None,
            "risk_level": "normal",
            "risk_score": 20,
            "seller_message": "Payment complete.",
            "type": "authorized",
        }
    return {
        "advice_code": "try_again_later" if said.code == "processing_error" else None,
        "network_advice_code": None,
        "network_decline_code": "51" if said.decline_code == "insufficient_funds" else "05",
        "network_status": "declined_by_network",
        "reason": said.decline_code,
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": "The bank did not accept this payment.",
        "type": "issuer_declined",
    }


def _details(
    intent: stores.Record,
    method: stores.Record,
    id: str,
    said: cards.Decline | None,
    is_authenticated: bool,
) -> dict[str, typing.Any]:
    card = method["card"]
    secure = None
    if is_authenticated:
        secure = {
            "authentication_flow": "challenge",
            "electronic_commerce_indicator": "05",
            "exemption_indicator": None,
            "result": "authenticated",
            "result_reason": None,
            "transaction_id": None,
            "version": "2.2.0",
        }
    checks = dict(card["checks"])
    if said and said.code == "incorrect_cvc":
        checks["cvc_check"] = "fail"
    network_id = hashlib.sha256(id.encode()).hexdigest()[:15]
    copied = ("brand", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")
    return {
        "card": {
            **{key: card[key] for key in copied},
            "amount_authorized": None if said else intent["amount"],
            "authorization_code": None if said else network_id[:6].upper(),
            "checks": checks,
            "installments": None,
            "mandate": None,
            "network": card["brand"],
            "network_token": {"used": False},
            "network_transaction_id": network_id,
            "regulated_status": card["regulated_status"],
            "three_d_secure": secure,
            "wallet": card["wallet"],
        },
        "type": "card",
    }


def retrieve(call: calls.Call, id: str) -> routes.Answer:
    """One charge."""
    return call.load("charge", id).document


def index(call: calls.Call) -> routes.Answer:
    """Charges, newest first."""
    clauses = [
        ("customer = ?", call.get("customer")),
        ("about = ?", call.get("payment_intent")),
    ]
    return listing.page(call, "charge", "/v1/charges", clauses)


ROUTES = (
    routes.route("GET", "/v1/charges/<id>", retrieve),
    routes.route(
        "GET",
        "/v1/charges",
        index,
        {
            **params.PAGE,
            "created": params.span,
            "customer": params.filled,
            "payment_intent": params.filled,
        },
    ),
)
