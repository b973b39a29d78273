"""Knows money going back to the payer: never more than was taken, sometimes later, rarely not."""

from portal.sandbox import call as calls
from portal.sandbox import due, ids
from portal.sandbox import store as stores
from portal.sandbox.objects import (
    balance,
    bank_methods,
    cards,
    early_fraud_warnings,
    events,
    payment_methods,
)
from portal.sandbox.wire import errors, listing, params, routes

OUTCOME_AFTER_DAYS = 3
_CARD_DESTINATION = {
    "card": {
        "reference_status": "pending",
        "reference_type": "acquirer_reference_number",
        "type": "refund",
    },
    "type": "card",
}
_BANK_DESTINATION = {
    "type": "us_bank_transfer",
    "us_bank_transfer": {"reference": None, "reference_status": "pending"},
}


def create(call: calls.Call) -> routes.Answer:
    """Refund a charge in part or in full. Raises ApiError 400 beyond what is left of it."""
    charge = _charge(call)
    left = charge["amount"] - charge["amount_refunded"]
    amount = call.get("amount", left)
    if charge["status"] != "succeeded":
        raise errors.refused(f"Charge {charge.id} was not successful and cannot be refunded.")
    if left == 0:
        raise errors.refused(
            f"Charge {charge.id} has already been refunded.", code="charge_already_refunded"
        )
    if amount < 1:
        raise errors.invalid(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param="amount",
        )
    if amount > left:
        raise errors.refused(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left}).",
            param="amount",
        )
    _check_not_charged_back(call, charge)
    refund = call.store.add("refund", _document(call, charge, amount))
    moved = balance.move(
        call,
        type="payment_refund" if _is_bank(charge) else "refund",
        category="refund",
        source=refund.id,
        amount_cents=-amount,
        description=f"REFUND FOR CHARGE ({charge['description'] or charge.id})",
    )
    refund["balance_transaction"] = moved.id
    call.store.save(refund)
    _count(call, charge, amount)
    events.emit(call, "refund.created", refund.document)
    events.emit(call, "charge.refunded", charge.document)
    if charge["refunded"]:
        early_fraud_warnings.done(call, charge.id)
    if _fate(call, charge) != cards.RefundFate.SUCCEEDS:
        due.plan(call, OUTCOME_AFTER_DAYS * 86400, "settle_refund", refund.id)
    return refund.document


def _check_not_charged_back(call: calls.Call, charge: stores.Record) -> None:
    for dispute in call.store.select("kind = 'dispute' AND charge = ?", (charge.id,)):
        if not dispute["is_charge_refundable"]:
            raise errors.refused(
                f"Charge {charge.id} has been charged back; cannot issue a refund.",
                code="charge_disputed",
            )


def settle(call: calls.Call, id: str) -> None:
    """Bring the outcome that the card has in store for the refund."""
    refund = call.store.find(id, "refund")
    charge = call.store.find(refund["charge"], "charge") if refund else None
    if refund is None or charge is None:
        return
    fate = _fate(call, charge)
    decide(call, id, "failed" if fate == cards.RefundFate.FAILS else "succeeded")


def decide(call: calls.Call, id: str, status: str, *, why: str | None = None) -> stores.Record:
    """Make a refund ``succeeded`` or ``failed``, now; a failed one returns the money to us.

    ``why`` is the failure's reason, where nothing is given the one usual for the method. Raises
    ApiError 400 where the refund already failed.
    """
    refund = call.load("refund", id)
    due.cancel(call, "settle_refund", id)
    before = refund["status"]
    if before == status:
        return refund
    if before == "failed":
        raise errors.refused(f"Refund {id} has failed and stays so.")
    refund["status"] = status
    refund["pending_reason"] = None
    if status == "failed":
        _give_back(call, refund, why)
    call.store.save(refund)
    previous = {"status": before}
    if status == "failed":
        events.emit(call, "refund.failed", refund.document)
    events.emit(call, "refund.updated", refund.document, previous=previous)
    events.emit(call, "charge.refund.updated", refund.document, previous=previous)
    return refund


def _give_back(call: calls.Call, refund: stores.Record, why: str | None) -> None:
    charge = call.load("charge", refund["charge"])
    usual = "unknown" if _is_bank(charge) else "expired_or_canceled_card"
    refund["failure_reason"] = why or usual
    moved = balance.move(
        call,
        type="refund_failure",
        category="refund_failure",
        source=refund.id,
        amount_cents=refund["amount"],
        description=f"REFUND FAILURE ({refund.id})",
    )
    refund["failure_balance_transaction"] = moved.id
    _count(call, charge, -refund["amount"])


def _count(call: calls.Call, charge: stores.Record, amount_cents: int) -> None:
    charge["amount_refunded"] += amount_cents
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    call.store.save(charge)


def _charge(call: calls.Call) -> stores.Record:
    intent_id, charge_id = call.get("payment_intent"), call.get("charge")
    if not intent_id and not charge_id:
        raise errors.invalid(
            "One of the following params should be provided for this request: "
            "payment_intent or charge.",
            code="parameter_missing",
        )
    if not intent_id:
        return call.load("charge", charge_id, param="charge")
    intent = call.load("payment_intent", intent_id, param="payment_intent")
    if intent["status"] != "succeeded":
        raise errors.refused(
            f"This PaymentIntent ({intent_id}) does not have a successful charge to refund."
        )
    if charge_id and charge_id != intent["latest_charge"]:
        raise errors.refused(f"The charge {charge_id} is not part of {intent_id}.")
    return call.load("charge", intent["latest_charge"], param="charge")


def _is_bank(charge: stores.Record) -> bool:
    return bool(charge["payment_method_details"]["type"] == bank_methods.TYPE)


def _fate(call: calls.Call, charge: stores.Record) -> cards.RefundFate:
    if _is_bank(charge):
        return cards.RefundFate.PENDING
    method = call.load("payment_method", charge["payment_method"])
    return payment_methods.card_of(method).refund


def _document(call: calls.Call, charge: stores.Record, amount: int) -> stores.Document:
    is_pending = _fate(call, charge) == cards.RefundFate.PENDING
    return {
        "id": ids.new("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge.id,
        "created": call.now,
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": _BANK_DESTINATION if _is_bank(charge) else _CARD_DESTINATION,
        "failure_balance_transaction": None,
        "failure_reason": None,
        "metadata": call.get("metadata") or {},
        "next_action": None,
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "pending_reason": "processing" if is_pending else None,
        "reason": call.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "pending" if is_pending else "succeeded",
        "transfer_reversal": None,
    }


def retrieve(call: calls.Call, id: str) -> routes.Answer:
    """One refund."""
    return call.load("refund", id).document


def update(call: calls.Call, id: str) -> routes.Answer:
    """Change the metadata; nothing else of a refund can change."""
    refund = call.load("refund", id)
    if "metadata" in call.params:
        before = refund["metadata"]
        refund["metadata"] = payment_methods.merged_metadata(before, call.get("metadata"))
        call.store.save(refund)
        events.emit(call, "refund.updated", refund.document, previous={"metadata": before})
    return refund.document


def index(call: calls.Call) -> routes.Answer:
    """Refunds, newest first."""
    clauses = [
        ("charge = ?", call.get("charge")),
        ("about = ?", call.get("payment_intent")),
    ]
    return listing.page(call, "refund", "/v1/refunds", clauses)


_CREATE: params.Shape = {
    "amount": params.integer,
    "charge": params.filled,
    "payment_intent": params.filled,
    "metadata": params.metadata,
    "reason": params.one_of("duplicate", "fraudulent", "requested_by_customer"),
}
ROUTES = (
    routes.route("POST", "/v1/refunds", create, _CREATE),
    routes.route(
        "GET",
        "/v1/refunds",
        index,
        {
            **params.PAGE,
            "charge": params.filled,
            "created": params.span,
            "payment_intent": params.filled,
        },
    ),
    routes.route("GET", "/v1/refunds/<id>", retrieve),
    routes.route("POST", "/v1/refunds/<id>", update, {"metadata": params.metadata}),
)
