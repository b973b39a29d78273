"""Knows the plain pages that show what the sandbox holds; changes nothing."""

import datetime
import json
import typing

import flask

from portal.sandbox import world as worlds
from portal.sandbox.objects import balance

_SHOWN = 40
_KINDS = (
    "customer",
    "payment_method",
    "payment_intent",
    "charge",
    "balance_transaction",
    "setup_intent",
    "mandate",
    "refund",
    "dispute",
    "early_fraud_warning",
    "payout",
    "event",
    "webhook_endpoint",
)
_DELIVERIES = (
    "SELECT d.state, d.attempts, d.last_answer FROM deliveries d WHERE d.event = ? ORDER BY d.id"
)


def blueprint(world: worlds.World) -> flask.Blueprint:
    """``/sandbox/``."""
    routes = flask.Blueprint(
        "dashboard", __name__, url_prefix="/sandbox", template_folder="templates"
    )
    routes.add_app_template_filter(dollars)
    routes.add_app_template_filter(moment)

    @routes.get("/")
    def dashboard() -> str:
        with world.store.transaction():
            call = world.call()
            world.apply_due(call)
            held = {
                kind: world.store.select("kind = ? ORDER BY seq DESC LIMIT ?", (kind, _SHOWN))
                for kind in _KINDS
            }
            deliveries = {
                event.id: _delivery_words(world.store.db.execute(_DELIVERIES, (event.id,)))
                for event in held["event"]
            }
            counts = world.store.counts()
            summary = balance.summary(call)
        return flask.render_template(
            "dashboard.html",
            now=world.clock.now(),
            is_frozen=world.clock.is_frozen,
            available=summary["available"][0]["amount"],
            pending=summary["pending"][0]["amount"],
            held=held,
            counts=counts,
            shown=_SHOWN,
            deliveries=deliveries,
        )

    @routes.get("/objects/<id>")
    def one(id: str) -> str:
        with world.store.transaction():
            call = world.call()
            world.apply_due(call)
            found = world.store.find(id) or flask.abort(404)
        return flask.render_template(
            "object.html",
            id=found.id,
            kind=found.kind.replace("_", " "),
            written=json.dumps(found.document, indent=2, sort_keys=True),
        )

    return routes


def dollars(cents: int) -> str:
    """Cents as dollars: ``-$1,234.50``."""
    sign = "-" if cents < 0 else ""
    return f"{sign}${abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def moment(seconds: int) -> str:
    """Seconds since 1970 as a minute, UTC; nothing for 0."""
    if not seconds:
        return ""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%d %H:%M")


def _delivery_words(rows: typing.Iterable[tuple[str, int, str | None]]) -> str:
    return "; ".join(
        f"{state} after {attempts}: {answer}" if attempts else state
        for state, attempts, answer in rows
    )
