"""Knows what tests and the demo may do to the sandbox; none of it exists at the real Stripe."""

import re

import flask

from portal.sandbox import call as calls
from portal.sandbox import deliveries
from portal.sandbox import store as stores
from portal.sandbox import world as worlds
from portal.sandbox.controls import bodies
from portal.sandbox.objects import events, refunds, webhook_endpoints
from portal.sandbox.wire import errors, faults

Body = bodies.Body


def blueprint(world: worlds.World) -> flask.Blueprint:
    """The routes under ``/sandbox``; JSON in, JSON out, errors as ``{"error": …}``."""
    controls = _Controls(world)
    routes = flask.Blueprint("controls", __name__, url_prefix="/sandbox")
    for method, address, view in (
        ("GET", "/health", controls.health),
        ("POST", "/clock", controls.set_clock),
        ("POST", "/reset", controls.reset),
        ("GET", "/faults", controls.list_faults),
        ("POST", "/faults", controls.add_fault),
        ("DELETE", "/faults", controls.clear_faults),
        ("POST", "/webhook_endpoints", controls.upsert_endpoint),
        ("POST", "/webhooks/mode", controls.set_mode),
        ("GET", "/webhooks/pending", controls.pending),
        ("POST", "/webhooks/take", controls.take),
        ("POST", "/webhooks/flush", controls.flush),
        ("POST", "/events/<id>/redeliver", controls.redeliver),
        ("POST", "/refunds/<id>/settle", controls.settle_refund),
    ):
        routes.add_url_rule(address, view.__name__, view, methods=[method])
    return routes


class _Controls:
    def __init__(self, world: worlds.World) -> None:
        self._world = world
        self._store = world.store

    def health(self) -> Body:
        """That it answers, what time it is, what it holds."""
        with self._store.transaction():
            counts = self._store.counts()
            mode = self._store.setting("webhook_mode", "deliver")
            waiting = self._store.db.execute(
                "SELECT count(*) FROM deliveries WHERE state = 'pending'"
            ).fetchone()[0]
        return {
            "status": "ok",
            **self._time(),
            "webhook_mode": mode,
            "webhooks_pending": waiting,
            "objects": counts,
        }

    def set_clock(self) -> Body:
        """Advance, freeze, run on or follow the machine; then do what has become due."""
        body = bodies.read("advance_seconds", "at", "run", "real")
        clock = self._world.clock
        if body.get("real"):
            clock.follow_real()
        if "at" in body:
            clock.freeze(bodies.moment(body["at"]))
        if "advance_seconds" in body:
            clock.advance(bodies.number(body, "advance_seconds", 0))
        if body.get("run"):
            clock.run()
        with self._store.transaction():
            self._world.keep_clock()
            done = self._world.apply_due(self._world.call())
        return {**self._time(), "applied": done}

    def _time(self) -> Body:
        clock = self._world.clock
        return {"now": clock.now().isoformat(), "is_frozen": clock.is_frozen}

    def reset(self) -> Body:
        """Forget everything."""
        self._world.reset()
        return {"status": "ok"}

    def list_faults(self) -> Body:
        """What is still armed."""
        return {"faults": self._world.faults.listed()}

    def add_fault(self) -> Body:
        """Arm a fault for the next requests that match."""
        body = bodies.read("method", "path", "times", "mode", "seconds")
        if body.get("mode") not in faults.MODES:
            raise errors.invalid(f"mode must be one of {', '.join(faults.MODES)}", param="mode")
        try:
            re.compile(str(body.get("path", "/v1/")))
        except re.error as reason:
            raise errors.invalid(f"path: {reason}", param="path") from reason
        fault = faults.Fault(
            mode=body["mode"],
            path=str(body.get("path", "/v1/")),
            method=body.get("method"),
            times=int(bodies.number(body, "times", 1)),
            seconds=bodies.number(body, "seconds", 30),
        )
        self._world.faults.add(fault)
        return fault.as_json()

    def clear_faults(self) -> Body:
        """Disarm all faults."""
        self._world.faults.clear()
        return self.list_faults()

    def upsert_endpoint(self) -> Body:
        """Have an endpoint with a secret of one's own choosing."""
        body = bodies.read("url", "secret", "enabled_events")
        with self._store.transaction():
            endpoint = webhook_endpoints.upsert(
                self._world.call(),
                str(body.get("url", "")),
                list(body.get("enabled_events", ["*"])),
                str(body.get("secret", "whsec_sandbox")),
            )
            return {**endpoint.document, "secret": endpoint.hidden["secret"]}

    def set_mode(self) -> Body:
        """``deliver`` sends events as they happen, ``hold`` keeps them."""
        mode = bodies.read("mode").get("mode")
        if mode not in ("deliver", "hold"):
            raise errors.invalid("mode must be deliver or hold", param="mode")
        with self._store.transaction():
            self._store.set("webhook_mode", mode)
            self._store.after_commit(self._world.postman.nudge)
        return {"mode": mode}

    def pending(self) -> Body:
        """What waits to be delivered, oldest first."""
        return {"data": [letter.as_json() for letter in self._waiting()]}

    def take(self) -> Body:
        """Hand out what waits, signed, and count it as delivered."""
        with self._store.transaction():
            letters = self._waiting()
            for letter in letters:
                deliveries.mark(self._store, letter.delivery, "delivered", "taken")
        return {"data": [letter.as_json() for letter in letters]}

    def flush(self) -> Body:
        """Deliver what waits now, in the order and as often as asked."""
        body = bodies.read("order", "times")
        order = body.get("order", "forward")
        if order not in ("forward", "reverse"):
            raise errors.invalid("order must be forward or reverse", param="order")
        letters = self._waiting()
        if order == "reverse":
            letters.reverse()
        sent = []
        for letter in letters:
            answers = [deliveries.send(letter) for _ in range(bodies.times(body))]
            with self._store.transaction():
                deliveries.record(self._world.call(), letter, answers[-1])
            sent.append({"event_id": letter.event, "type": letter.type, "answers": answers})
        return {"data": sent}

    def redeliver(self, id: str) -> Body:
        """Send an event again to every endpoint that wants its type."""
        body = bodies.read("times")
        with self._store.transaction():
            call = self._world.call()
            event = call.load("event", id)
            letters = [
                deliveries.compose(call, 0, event, endpoint)
                for endpoint in self._endpoints()
                if events.subscribes(endpoint, event["type"])
            ]
        answers = [
            {"url": letter.url, "answer": deliveries.send(letter)}
            for letter in letters
            for _ in range(bodies.times(body))
        ]
        return {"event_id": id, "answers": answers}

    def settle_refund(self, id: str) -> Body:
        """Bring a refund's outcome now."""
        status = bodies.read("status").get("status")
        if status not in ("succeeded", "failed"):
            raise errors.invalid("status must be succeeded or failed", param="status")
        with self._store.transaction():
            refund = refunds.decide(self._world.call(), id, status)
            return refund.document

    def _waiting(self) -> list[deliveries.Letter]:
        with self._store.transaction():
            call: calls.Call = self._world.call()
            self._world.apply_due(call)
            return deliveries.all_pending(call)

    def _endpoints(self) -> list[stores.Record]:
        found = self._store.select("kind = 'webhook_endpoint' ORDER BY seq", ())
        return [endpoint for endpoint in found if endpoint["status"] == "enabled"]
