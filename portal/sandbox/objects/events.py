"""Knows how a change becomes an event and whom it must be told; refuses to know how it travels."""

import typing

from portal.sandbox import call as calls
from portal.sandbox import ids
from portal.sandbox import store as stores
from portal.sandbox.wire import errors, listing, params, routes

TYPES = frozenset(
    f"{family}.{happening}"
    for family, happenings in {
        "balance": ("available",),
        "charge": ("succeeded", "failed", "refunded", "updated", "pending", "refund.updated"),
        "charge.dispute": (
            "created",
            "updated",
            "closed",
            "funds_withdrawn",
            "funds_reinstated",
        ),
        "customer": ("created", "updated", "deleted"),
        "mandate": ("updated",),
        "payment_intent": (
            "created",
            "processing",
            "succeeded",
            "payment_failed",
            "canceled",
            "requires_action",
        ),
        "payment_method": ("attached", "detached", "updated", "automatically_updated"),
        "payout": (
            "created",
            "updated",
            "paid",
            "failed",
            "canceled",
            "reconciliation_completed",
        ),
        "radar.early_fraud_warning": ("created", "updated"),
        "refund": ("created", "updated", "failed"),
        "setup_intent": ("created", "succeeded", "setup_failed", "canceled", "requires_action"),
    }.items()
    for happening in happenings
)
KEPT_DAYS = 30


def emit(
    call: calls.Call,
    type: str,
    document: stores.Document,
    *,
    previous: dict[str, typing.Any] | None = None,
) -> stores.Record:
    """Record that something happened and queue its delivery to every endpoint that asked.

    The document is stored as it stands now; ``previous`` holds the old values of what changed.
    """
    data: dict[str, typing.Any] = {"object": document}
    if previous is not None:
        data["previous_attributes"] = previous
    event = {
        "id": ids.new("evt"),
        "object": "event",
        "api_version": call.api_version,
        "created": call.now,
        "data": data,
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": call.request_id, "idempotency_key": call.idempotency_key},
        "type": type,
    }
    record = call.store.add("event", event)
    for endpoint in call.store.select("kind = 'webhook_endpoint'", ()):
        if endpoint["status"] == "enabled" and subscribes(endpoint, type):
            call.store.db.execute(
                "INSERT INTO deliveries (event, endpoint, state) VALUES (?, ?, 'pending')",
                (event["id"], endpoint.id),
            )
            call.store.after_commit(call.store.on_news)
    return record


def subscribes(endpoint: stores.Record, type: str) -> bool:
    """Whether an endpoint wants events of that type."""
    wanted = endpoint["enabled_events"]
    return "*" in wanted or type in wanted


def present(call: calls.Call, document: stores.Document) -> stores.Document:
    """The event with the number of endpoints that have not taken it (yet)."""
    row = call.store.db.execute(
        "SELECT count(*) FROM deliveries WHERE event = ? AND state <> 'delivered'",
        (document["id"],),
    ).fetchone()
    return {**document, "pending_webhooks": row[0]}


def retrieve(call: calls.Call, id: str) -> routes.Answer:
    """One event of the last 30 days."""
    record = call.load("event", id)
    if record["created"] < call.now - KEPT_DAYS * 86400:
        raise errors.missing("event", id)
    return present(call, record.document)


def index(call: calls.Call) -> routes.Answer:
    """Events of the last 30 days, newest first."""
    types = call.get("types") or []
    if types and call.get("type"):
        raise errors.invalid("You cannot use both type and types.", param="types")
    if len(types) > 20:
        raise errors.invalid("You may ask for at most 20 types.", param="types")
    clauses: list[listing.Clause] = [("created >= ?", call.now - KEPT_DAYS * 86400)]
    if call.get("type"):
        clauses.append(_of_type(call.get("type")))
    if types:
        listed = ",".join(types)
        clauses.append(("instr(',' || ? || ',', ',' || type || ',') > 0", listed))
    success = call.get("delivery_success")
    if success is not None:
        failing = "EXISTS (SELECT 1 FROM deliveries d WHERE d.event = objects.id"
        failing += " AND d.state <> ?)"
        clauses.append((f"NOT {failing}" if success else failing, "delivered"))
    answer = listing.page(call, "event", "/v1/events", clauses)
    answer["data"] = [present(call, document) for document in answer["data"]]
    return answer


def _of_type(type: str) -> listing.Clause:
    if type.endswith("*"):
        return ("instr(type, ?) = 1", type[:-1])
    return ("type = ?", type)


ROUTES = (
    routes.route("GET", "/v1/events/<id>", retrieve),
    routes.route(
        "GET",
        "/v1/events",
        index,
        {
            **params.PAGE,
            "created": params.span,
            "delivery_success": params.boolean,
            "type": params.filled,
            "types": params.many(params.filled),
        },
    ),
)
