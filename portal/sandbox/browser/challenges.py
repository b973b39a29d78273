"""Knows the bank's page on which a customer authenticates, framed or on its own; decides
nothing about the payment itself."""

import urllib.parse

import flask
import werkzeug

from portal.sandbox import call as calls
from portal.sandbox import store as stores
from portal.sandbox import world as worlds
from portal.sandbox.browser import words
from portal.sandbox.objects import payment_intents, setup_intents, verification
from portal.sandbox.wire import errors


def blueprint(world: worlds.World) -> flask.Blueprint:
    """``/3ds/redirect/<id>`` (whole page) and ``/3ds/challenge/<id>`` (in a frame)."""
    pages = _Challenges(world)
    routes = flask.Blueprint("challenges", __name__, url_prefix="/3ds")
    for place in ("redirect", "challenge"):
        address = f"/{place}/<id>"
        routes.add_url_rule(address, f"ask_{place}", pages.ask, defaults={"place": place})
        routes.add_url_rule(
            address, f"take_{place}", pages.take, defaults={"place": place}, methods=["POST"]
        )
    return routes


class _Challenges:
    def __init__(self, world: worlds.World) -> None:
        self._world = world

    def ask(self, id: str, place: str) -> str:
        """The page with Complete and Fail."""
        with self._world.store.transaction():
            intent = self._intent(id)
        return flask.render_template(
            "challenge.html",
            intent=intent.document,
            is_waiting=intent["status"] == "requires_action"
            and not verification.is_waiting(intent),
            text=words.challenge(flask.request.args.get("locale")),
        )

    def take(self, id: str, place: str) -> werkzeug.Response | str:
        """What the customer chose: go on with the intent, then back where they came from."""
        is_passed = flask.request.form.get("outcome") == "complete"
        with self._world.store.transaction():
            call = calls.Call(self._world.store, self._world.clock)
            intent = self._intent(id)
            if intent["status"] == "requires_action":
                kind = payment_intents if intent.kind == "payment_intent" else setup_intents
                kind.authenticate(call, intent, is_passed=is_passed)
        if place == "redirect":
            return flask.redirect(return_address(intent), 303)
        return flask.render_template(
            "challenge_done.html", text=words.challenge(flask.request.args.get("locale"))
        )

    def _intent(self, id: str) -> stores.Record:
        secret = flask.request.args.get("client_secret", "")
        found = self._world.store.find(id)
        if found is None or found.document.get("client_secret") != secret or not secret:
            raise errors.missing("intent", id)
        return found


def return_address(intent: stores.Record) -> str:
    """The caller's return_url with the intent, its secret and how it went."""
    kind = intent.kind
    went = "succeeded" if intent["status"] == "succeeded" else "failed"
    query = urllib.parse.urlencode(
        {
            kind: intent.id,
            f"{kind}_client_secret": intent["client_secret"],
            "redirect_status": went,
        }
    )
    base = str(intent.hidden.get("return_url", "/"))
    return f"{base}{'&' if '?' in base else '?'}{query}"
