"""Knows the page on which a customer tells the small deposits that a bank account received;
decides nothing about them itself."""

import typing

import flask

from portal.sandbox import store as stores
from portal.sandbox import world as worlds
from portal.sandbox.browser import words
from portal.sandbox.objects import microdeposits, verification
from portal.sandbox.wire import errors


def blueprint(world: worlds.World) -> flask.Blueprint:
    """``/verify/<id>``, where ``hosted_verification_url`` leads."""
    pages = _Verifications(world)
    routes = flask.Blueprint("verifications", __name__, url_prefix="/verify")
    routes.add_url_rule("/<id>", "ask_deposits", pages.ask)
    routes.add_url_rule("/<id>", "take_deposits", pages.take, methods=["POST"])
    return routes


class _Verifications:
    def __init__(self, world: worlds.World) -> None:
        self._world = world

    def ask(self, id: str) -> str:
        """The page with the two amounts, or the code."""
        with self._world.store.transaction():
            self._world.apply_due(self._world.call())
            return self._page(self._intent(id))

    def take(self, id: str) -> str:
        """What the customer read on the statement; a wrong answer is told and counted."""
        with self._world.store.transaction():
            call = self._world.call()
            self._world.apply_due(call)
            intent = self._intent(id)
            wrong = ""
            try:
                call.params = _told()
                microdeposits.verify(call, intent)
            except errors.ApiError as error:
                wrong = error.code or "unreadable"
            return self._page(self._intent(id), wrong)

    def _page(self, intent: stores.Record, wrong: str = "") -> str:
        account = self._world.store.find(str(intent["payment_method"]), "payment_method")
        action = intent["next_action"] or {}
        return flask.render_template(
            "verify.html",
            account=account.document["us_bank_account"] if account else None,
            is_waiting=verification.is_waiting(intent),
            is_done=intent["status"] in ("processing", "succeeded"),
            has_code=action.get(verification.ACTION, {}).get("microdeposit_type")
            == "descriptor_code",
            tries_left=verification.MAX_TRIES - intent.hidden.get("tries", 0),
            wrong=wrong,
            text=words.verification(flask.request.args.get("locale")),
        )

    def _intent(self, id: str) -> stores.Record:
        secret = flask.request.args.get("client_secret", "")
        found = self._world.store.find(id)
        if found is None or found.document.get("client_secret") != secret or not secret:
            raise errors.missing("intent", id)
        return found


def _told() -> dict[str, typing.Any]:
    form = flask.request.form
    if form.get("descriptor_code"):
        return {"descriptor_code": form["descriptor_code"]}
    given = [form.get(name, "").strip() for name in ("first", "second")]
    if not all(amount.isascii() and amount.isdigit() and len(amount) < 4 for amount in given):
        raise errors.invalid("Two amounts in cents are needed.")
    return {"amounts": [int(amount) for amount in given]}
