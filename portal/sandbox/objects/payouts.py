"""Knows how the available balance goes to the merchant's bank, and when it arrives or does not."""

from portal.sandbox import call as calls
from portal.sandbox import due, ids
from portal.sandbox import store as stores
from portal.sandbox.objects import balance, business_days, events
from portal.sandbox.wire import errors, listing, params, routes

DAILY, MANUAL = INTERVALS = ("daily", "manual")
SENT_AFTER_SECONDS = 60
ARRIVES_AFTER_DAYS = 2
FAILURES = {
    "account_closed": "The bank account has been closed.",
    "account_frozen": "The bank account has been frozen.",
    "could_not_process": "The bank could not process this payout.",
    "insufficient_funds": "The balance did not cover this payout.",
    "no_account": "The bank account could not be located.",
}
_DAY = 86400
_ROUND, _EVERYTHING = "pay_out", "balance"  # what the schedule plans, and of what
_BANK_ACCOUNT = "ba_sandboxmerchantaccount"
_SUM_UNPAID = """
SELECT coalesce(sum(json_extract(document, '$.net')), 0) FROM objects
WHERE kind = 'balance_transaction' AND json_extract(hidden, '$.payout') IS NULL
AND json_extract(document, '$.available_on') <= :now
"""
_MARK_UNPAID = """
UPDATE objects SET hidden = json_set(hidden, '$.payout', :payout)
WHERE kind = 'balance_transaction' AND json_extract(hidden, '$.payout') IS NULL
AND json_extract(document, '$.available_on') <= :now
"""


def schedule(call: calls.Call, interval: str) -> None:
    """Pay out every midnight, UTC, from the next one on (``daily``); or no more (``manual``)."""
    due.cancel(call, _ROUND, _EVERYTHING)
    if interval == DAILY:
        _plan_round(call)


def pay_out(call: calls.Call, _subject: str) -> None:
    """By the clock: pay out what is available, if that is anything, and look again tomorrow."""
    if _available(call) > 0:
        make(call)
    _plan_round(call)


def _plan_round(call: calls.Call) -> None:
    due.plan(call, _DAY - call.exact_now % _DAY, _ROUND, _EVERYTHING)


def _available(call: calls.Call) -> int:
    (cents,) = call.store.db.execute(_SUM_UNPAID, {"now": call.now}).fetchone()
    return int(cents)


def make(call: calls.Call) -> stores.Record:
    """Pay out, as the schedule does, everything that is available and was not paid out yet.

    Raises ApiError 400 when that is nothing, or less.
    """
    available = _available(call)
    if available <= 0:
        raise errors.refused(
            f"Nothing is available to pay out: the balance is {available} cents.",
            code="balance_insufficient",
        )
    payout = call.store.add("payout", _document(call, available))
    call.store.db.execute(_MARK_UNPAID, {"now": call.now, "payout": payout.id})
    moved = _move(call, payout, "payout", "payout", -payout["amount"])
    moved.hidden["payout"] = payout.id
    call.store.save(moved)
    payout["balance_transaction"] = moved.id
    call.store.save(payout)
    events.emit(call, "payout.created", payout.document)
    due.plan(call, SENT_AFTER_SECONDS, "send_payout", payout.id)
    until_arrival = payout["arrival_date"] - call.exact_now
    due.plan(call, until_arrival, "arrive_payout", payout.id)
    return payout


def _document(call: calls.Call, amount_cents: int) -> stores.Document:
    return {
        "id": ids.new("po"),
        "object": "payout",
        "amount": amount_cents,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": business_days.start_after(call.now, ARRIVES_AFTER_DAYS),
        "automatic": True,
        "balance_transaction": None,
        "created": call.now,
        "currency": "usd",
        "description": "STRIPE PAYOUT",
        "destination": _BANK_ACCOUNT,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "in_progress",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "pending",
        "trace_id": {"status": "pending", "value": None},
        "type": "bank_account",
    }


def _move(
    call: calls.Call, payout: stores.Record, type: str, category: str, amount_cents: int
) -> stores.Record:
    return balance.move(
        call,
        type=type,
        category=category,
        source=payout.id,
        amount_cents=amount_cents,
        description=payout["description"],
        available_after_days=0,
    )


def send(call: calls.Call, id: str) -> None:
    """By the clock: hand the payout to the bank; what it pays out can be listed from now on."""
    payout = call.load("payout", id)
    if payout["status"] == "pending":
        payout["status"] = "in_transit"
        call.store.save(payout)
        events.emit(call, "payout.updated", payout.document, previous={"status": "pending"})
    _reconcile(call, payout)


def _reconcile(call: calls.Call, payout: stores.Record) -> None:
    if payout["reconciliation_status"] == "completed":
        return
    payout["reconciliation_status"] = "completed"
    call.store.save(payout)
    events.emit(call, "payout.reconciliation_completed", payout.document)


def arrive(call: calls.Call, id: str) -> None:
    """By the clock: the bank has the money."""
    if call.load("payout", id)["status"] in ("pending", "in_transit"):
        decide(call, id, "paid")


def decide(
    call: calls.Call, id: str, status: str, *, failure_code: str = "could_not_process"
) -> stores.Record:
    """Make a payout ``paid`` or ``failed``, now; a failed one returns the money to the balance.

    Raises ApiError 400 for one that has failed; one that is paid may still fail, as banks do.
    """
    if failure_code not in FAILURES:
        listed = ", ".join(FAILURES)
        raise errors.invalid(f"failure_code must be one of {listed}", param="failure_code")
    payout = call.load("payout", id)
    before = payout["status"]
    if before == "failed" or before == status:
        raise errors.refused(f"Payout {id} is {before} already.")
    for planned in ("send_payout", "arrive_payout"):
        due.cancel(call, planned, id)
    payout["status"] = status
    if status == "failed":
        payout["failure_code"] = failure_code
        payout["failure_message"] = FAILURES[failure_code]
        moved = _move(call, payout, "payout_failure", "payout_reversal", payout["amount"])
        payout["failure_balance_transaction"] = moved.id
        payout["trace_id"] = {"status": "unsupported", "value": None}
    else:
        payout["trace_id"] = {"status": "supported", "value": id[-15:].upper()}
    call.store.save(payout)
    events.emit(call, f"payout.{status}", payout.document, previous={"status": before})
    _reconcile(call, payout)
    return payout


def retrieve(call: calls.Call, id: str) -> routes.Answer:
    """One payout."""
    return call.load("payout", id).document


def index(call: calls.Call) -> routes.Answer:
    """Payouts, newest first."""
    clauses: list[listing.Clause] = [
        ("json_extract(document, '$.status') = ?", call.get("status")),
        ("json_extract(document, '$.destination') = ?", call.get("destination")),
    ]
    for relation, moment in (call.get("arrival_date") or {}).items():
        compare = listing.COMPARE[relation].replace("created", _ARRIVAL)
        clauses.append((compare, moment))
    return listing.page(call, "payout", _URL, clauses)


_ARRIVAL = "json_extract(document, '$.arrival_date')"
_URL = "/v1/payouts"
_LIST: params.Shape = {
    **params.PAGE,
    "arrival_date": params.span,
    "created": params.span,
    "destination": params.filled,
    "status": params.one_of("canceled", "failed", "in_transit", "paid", "pending"),
}
ROUTES = (
    routes.route("GET", _URL, index, _LIST),
    routes.route("GET", f"{_URL}/<id>", retrieve),
)
