"""Knows where events are to be sent, and which; refuses to know how they are sent."""

import typing

from portal.sandbox import call as calls
from portal.sandbox import ids
from portal.sandbox import store as stores
from portal.sandbox.objects import events
from portal.sandbox.wire import errors, listing, params, routes


def create(call: calls.Call) -> routes.Answer:
    """A new endpoint; only this answer shows its secret."""
    params.require(call.params, "url", "enabled_events")
    endpoint = make(call, call.get("url"), call.get("enabled_events"), ids.new("whsec", 32))
    return {**endpoint.document, "secret": endpoint.hidden["secret"]}


def make(call: calls.Call, url: str, enabled: list[str], secret: str) -> stores.Record:
    """Store an endpoint with the secret given. Raises ApiError 400 for unknown event types."""
    _check(url, enabled)
    document = {
        "id": ids.new("we"),
        "object": "webhook_endpoint",
        "api_version": call.get("api_version"),
        "application": None,
        "created": call.now,
        "description": call.get("description") or None,
        "enabled_events": enabled,
        "livemode": False,
        "metadata": call.get("metadata") or {},
        "status": "enabled",
        "url": url,
    }
    return call.store.add("webhook_endpoint", document, {"secret": secret})


def upsert(call: calls.Call, url: str, enabled: list[str], secret: str) -> stores.Record:
    """The endpoint at that address, with this secret and these events, made where missing."""
    _check(url, enabled)
    for endpoint in call.store.select("kind = 'webhook_endpoint'", ()):
        if endpoint["url"] == url:
            endpoint["enabled_events"] = enabled
            endpoint["status"] = "enabled"
            endpoint.hidden["secret"] = secret
            call.store.save(endpoint)
            return endpoint
    return make(call, url, enabled, secret)


def _check(url: str, enabled: list[str]) -> None:
    if not url.startswith(("http://", "https://")):
        raise errors.invalid("Invalid URL: must start with http", code="url_invalid", param="url")
    if not enabled:
        raise errors.invalid("enabled_events must not be empty", param="enabled_events")
    for type in enabled:
        if type != "*" and type not in events.TYPES:
            raise errors.invalid(f"Unknown event type: {type}", param="enabled_events")


def retrieve(call: calls.Call, id: str) -> routes.Answer:
    """One endpoint, without its secret."""
    return call.load("webhook_endpoint", id).document


def update(call: calls.Call, id: str) -> routes.Answer:
    """Change address, events, state or words."""
    endpoint = call.load("webhook_endpoint", id)
    url = call.get("url", endpoint["url"])
    enabled = call.get("enabled_events", endpoint["enabled_events"])
    _check(url, enabled)
    endpoint["url"], endpoint["enabled_events"] = url, enabled
    if "disabled" in call.params:
        endpoint["status"] = "disabled" if call.get("disabled") else "enabled"
    if "description" in call.params:
        endpoint["description"] = call.get("description") or None
    if "metadata" in call.params:
        endpoint["metadata"] = call.get("metadata")
    call.store.save(endpoint)
    return endpoint.document


def delete(call: calls.Call, id: str) -> routes.Answer:
    """Delete for good, with what was still to be delivered to it."""
    call.load("webhook_endpoint", id)
    call.store.db.execute("DELETE FROM objects WHERE id = ?", (id,))
    call.store.db.execute("DELETE FROM deliveries WHERE endpoint = ?", (id,))
    return {"id": id, "object": "webhook_endpoint", "deleted": True}


def index(call: calls.Call) -> routes.Answer:
    """Endpoints, newest first."""
    return listing.page(call, "webhook_endpoint", "/v1/webhook_endpoints")


_WRITTEN: dict[str, typing.Any] = {
    "description": params.text,
    "enabled_events": params.many(params.filled),
    "metadata": params.metadata,
    "url": params.filled,
}
_URL = "/v1/webhook_endpoints"
ROUTES = (
    routes.route("POST", _URL, create, {**_WRITTEN, "api_version": params.filled}),
    routes.route("GET", _URL, index, params.PAGE),
    routes.route("GET", f"{_URL}/<id>", retrieve),
    routes.route("POST", f"{_URL}/<id>", update, {**_WRITTEN, "disabled": params.boolean}),
    routes.route("DELETE", f"{_URL}/<id>", delete),
)
