"""Knows what may be asked of a chargeback over the API: reading, answering once, giving up."""

import copy

from portal.sandbox import call as calls
from portal.sandbox import due
from portal.sandbox import store as stores
from portal.sandbox.objects import balance, chargebacks, events, evidence, payment_methods
from portal.sandbox.wire import errors, listing, params, routes


def retrieve(call: calls.Call, id: str) -> routes.Answer:
    """One dispute."""
    return _present(call, call.load("dispute", id).document)


def index(call: calls.Call) -> routes.Answer:
    """Disputes, newest first."""
    clauses = [
        ("charge = ?", call.get("charge")),
        ("about = ?", call.get("payment_intent")),
    ]
    answer = listing.page(call, "dispute", _URL, clauses)
    answer["data"] = [_present(call, document) for document in answer["data"]]
    return answer


def _present(call: calls.Call, document: stores.Document) -> stores.Document:
    moved = [balance.present(call, held) for held in document["balance_transactions"]]
    return {**document, "balance_transactions": moved}


def update(call: calls.Call, id: str) -> routes.Answer:
    """Stage evidence, or send it for good; ``submit`` is true unless said otherwise.

    Raises ApiError 400 for a dispute that is closed or was answered, for sending nothing, and
    for other words alone without ``submit`` being false: Stripe does not say whether these
    would send what is staged.
    """
    dispute = chargebacks.still_open(call, id)
    before = copy.deepcopy(dispute.document)
    is_answerable = dispute["status"] in chargebacks.ANSWERABLE
    sent = call.get("evidence") or {}
    if not is_answerable and (sent or call.get("submit")):
        raise errors.refused("Evidence for this dispute has already been submitted.")
    if is_answerable and not sent and "submit" not in call.params:
        raise errors.invalid(
            "Say whether the staged evidence is to be submitted.",
            code="parameter_missing",
            param="submit",
        )
    if "metadata" in call.params:
        dispute["metadata"] = payment_methods.merged_metadata(
            dispute["metadata"], call.get("metadata")
        )
    dispute["evidence"] = evidence.merged(dispute["evidence"], sent)
    dispute["evidence_details"]["has_evidence"] = evidence.is_given(dispute["evidence"])
    if is_answerable and call.get("submit", True):
        _submit(call, dispute)
    call.store.save(dispute)
    previous = {key: before[key] for key in before if before[key] != dispute[key]}
    if previous:
        events.emit(call, "charge.dispute.updated", dispute.document, previous=previous)
    return dispute.document


def _submit(call: calls.Call, dispute: stores.Record) -> None:
    if not evidence.is_given(dispute["evidence"]):
        raise errors.refused("There is no evidence to submit.", param="evidence")
    details = dispute["evidence_details"]
    details["submission_count"] += 1
    details["submission_method"] = "manual"
    details["past_due"] = call.now > details["due_by"]
    is_inquiry = dispute["status"].startswith("warning")
    dispute["status"] = "warning_under_review" if is_inquiry else "under_review"
    due.cancel(call, "expire_dispute", dispute.id)
    outcome = evidence.outcome(dispute["evidence"])
    if outcome and (is_inquiry or outcome != "escalated"):
        due.plan(call, evidence.REVIEW_SECONDS, "review_evidence", dispute.id)


def close(call: calls.Call, id: str) -> routes.Answer:
    """Give up: the money stays with the cardholder. Raises ApiError 400 where that is settled.

    An inquiry is refused: Stripe only says what closing does to a chargeback.
    """
    dispute = chargebacks.still_open(call, id)
    if dispute["status"] != "needs_response":
        raise errors.refused(f"You cannot close a dispute that is {dispute['status']}.")
    return chargebacks.decide(call, id, "lost").document


_URL = "/v1/disputes"
_LIST: params.Shape = {
    **params.PAGE,
    "charge": params.filled,
    "created": params.span,
    "payment_intent": params.filled,
}
_UPDATE: params.Shape = {
    "evidence": evidence.SHAPE,
    "metadata": params.metadata,
    "submit": params.boolean,
}
ROUTES = (
    routes.route("GET", _URL, index, _LIST),
    routes.route("GET", f"{_URL}/<id>", retrieve),
    routes.route("POST", f"{_URL}/<id>", update, _UPDATE),
    routes.route("POST", f"{_URL}/<id>/close", close),
)
