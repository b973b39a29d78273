"""Knows every movement of the merchant's balance at Stripe, and Stripe's fees for taking money."""

import typing

from portal.sandbox import call as calls
from portal.sandbox import ids
from portal.sandbox import store as stores
from portal.sandbox.wire import listing, params, routes

AVAILABLE_AFTER_DAYS = 2
_FEE_PER_MILLE = 29
_FEE_FIXED_CENTS = 30
RETURN_FEE_CENTS = 400
_DEBIT_FEE_PER_MILLE = 8
_DEBIT_FEE_MAX_CENTS = 500


def card_fee_cents(amount_cents: int) -> int:
    """2.9 % rounded half up, plus 30 cents."""
    return (amount_cents * _FEE_PER_MILLE + 500) // 1000 + _FEE_FIXED_CENTS


def debit_fee_cents(amount_cents: int) -> int:
    """0.8 % rounded half up, at most 5.00."""
    return min((amount_cents * _DEBIT_FEE_PER_MILLE + 500) // 1000, _DEBIT_FEE_MAX_CENTS)


def move(
    call: calls.Call,
    *,
    type: str,
    category: str,
    source: str | None,
    amount_cents: int,
    fee_cents: int = 0,
    fee_words: str = "Stripe processing fees",
    description: str | None = None,
    available_after_days: int = AVAILABLE_AFTER_DAYS,
    available_on: int | None = None,
) -> stores.Record:
    """Record one movement; positive amounts are ours, fees are taken from them.

    It is available after so many days, or at the moment ``available_on`` where that is given.
    """
    details = []
    if fee_cents:
        details.append(
            {
                "amount": fee_cents,
                "application": None,
                "currency": "usd",
                "description": fee_words,
                "type": "stripe_fee",
            }
        )
    document = {
        "id": ids.new("txn"),
        "object": "balance_transaction",
        "amount": amount_cents,
        "available_on": available_on or call.now + available_after_days * 86400,
        "balance_type": "payments",
        "created": call.now,
        "currency": "usd",
        "description": description,
        "exchange_rate": None,
        "fee": fee_cents,
        "fee_details": details,
        "net": amount_cents - fee_cents,
        "reporting_category": category,
        "source": source,
        "status": "pending",
        "type": type,
    }
    return call.store.add("balance_transaction", document)


def present(call: calls.Call, document: stores.Document) -> stores.Document:
    """The transaction with the status it has by now."""
    is_available = document["available_on"] <= call.now
    return {**document, "status": "available" if is_available else "pending"}


def retrieve(call: calls.Call, id: str) -> routes.Answer:
    """One movement."""
    return present(call, call.load("balance_transaction", id).document)


def index(call: calls.Call) -> routes.Answer:
    """Movements, newest first; of one charge or refund when ``source`` names it.

    ``payout`` narrows them to what one payout paid out, itself included: nothing until its
    reconciliation is completed.
    """
    clauses = [
        ("json_extract(hidden, '$.payout') = ?", _reconciled(call)),
        ("about = ?", call.get("source")),
        ("type = ?", call.get("type")),
        ("json_extract(document, '$.currency') = ?", call.get("currency")),
    ]
    answer = listing.page(call, "balance_transaction", "/v1/balance_transactions", clauses)
    answer["data"] = [present(call, document) for document in answer["data"]]
    return answer


def _reconciled(call: calls.Call) -> str | None:
    id = call.get("payout")
    if id is None:
        return None
    payout = call.load("payout", id, param="payout")
    is_known = payout["reconciliation_status"] == "completed"
    return payout.id if is_known else "not yet"


def summary(call: calls.Call) -> routes.Answer:
    """What is available and what is on its way, in cents."""
    available, pending = call.store.db.execute(
        "SELECT coalesce(sum(net) FILTER (WHERE available_on <= :now), 0),"
        " coalesce(sum(net) FILTER (WHERE available_on > :now), 0)"
        " FROM (SELECT json_extract(document, '$.net') AS net,"
        " json_extract(document, '$.available_on') AS available_on"
        " FROM objects WHERE kind = 'balance_transaction')",
        {"now": call.now},
    ).fetchone()
    return {
        "object": "balance",
        "available": [_sum(available)],
        "livemode": False,
        "pending": [_sum(pending)],
        "refund_and_dispute_prefunding": {"available": [_sum(0)], "pending": [_sum(0)]},
    }


def _sum(amount_cents: int) -> dict[str, typing.Any]:
    return {"amount": amount_cents, "currency": "usd", "source_types": {"card": amount_cents}}


ROUTES = (
    routes.route("GET", "/v1/balance", summary),
    routes.route("GET", "/v1/balance_transactions/<id>", retrieve),
    routes.route(
        "GET",
        "/v1/balance_transactions",
        index,
        {
            **params.PAGE,
            "created": params.span,
            "currency": params.filled,
            "payout": params.filled,
            "source": params.filled,
            "type": params.filled,
        },
    ),
)
