"""Knows how one HTTP request becomes one call: key, faults, idempotency, parameters, answer."""

import base64
import hashlib
import json
import re
import socket
import threading
import typing

import flask

from portal.sandbox import call as calls
from portal.sandbox import clock as clocks
from portal.sandbox import ids
from portal.sandbox import store as stores
from portal.sandbox.wire import errors, faults, forms, params, routes

ANSWERS_KEPT_SECONDS = 86400
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.[a-z]+)?(; ?[\w=]+)*\Z")
_BROWSER_FIELDS = frozenset(
    (
        "id",
        "object",
        "amount",
        "amount_details",
        "automatic_payment_methods",
        "canceled_at",
        "cancellation_reason",
        "capture_method",
        "client_secret",
        "confirmation_method",
        "created",
        "currency",
        "description",
        "last_payment_error",
        "last_setup_error",
        "livemode",
        "next_action",
        "payment_method",
        "payment_method_types",
        "processing",
        "receipt_email",
        "setup_future_usage",
        "shipping",
        "status",
        "usage",
        "billing_details",
        "card",
        "type",
        "allow_redisplay",
        "us_bank_account",
        "expires_at",
        "payment_method_preview",
        "return_url",
    )
)


class Answered(typing.NamedTuple):
    """A finished answer: status, body, and whether it is a repetition."""

    status: int
    body: str
    replayed_from: str | None = None


class Api:
    """The pipeline shared by all routes."""

    def __init__(
        self,
        store: stores.Store,
        clock: clocks.SandboxClock,
        faults_armed: faults.Faults,
        *,
        before: typing.Callable[[calls.Call], typing.Any],
        expand: typing.Callable[[calls.Call, stores.Document], None],
    ) -> None:
        """``before`` runs first in every call's transaction, ``expand`` last."""
        self._store = store
        self._clock = clock
        self._faults = faults_armed
        self._before = before
        self._expand = expand
        self._guard = threading.Lock()
        self._running: set[tuple[str, str]] = set()

    def serve(self, route: routes.Route, **names: str) -> flask.Response:
        """Answer a request to a route."""
        request = flask.request
        request_id = ids.new("req", 14)
        fault = self._faults.take(request.method, request.path)
        try:
            answered = self._answer(route, names, request_id, fault)
        except errors.ApiError as error:
            answered = Answered(error.status, json.dumps(error.body()))
        if fault and fault.mode == "drop_after":
            return hang_up()
        if fault and fault.mode == "hang_after":
            fault.hang()
        if fault and fault.mode == "error_500_after":
            answered = Answered(500, _trouble(500))
        return _response(answered, request_id)

    def _answer(
        self,
        route: routes.Route,
        names: dict[str, str],
        request_id: str,
        fault: faults.Fault | None,
    ) -> Answered:
        key = _api_key()
        is_browser = key.startswith("pk_")
        if is_browser and not route.for_browsers:
            raise errors.unauthorized(
                "This call cannot be made with a publishable key. Use a secret key.",
                code="secret_key_required",
            )
        version = flask.request.headers.get("Stripe-Version", calls.DEFAULT_VERSION)
        if not _VERSION.match(version):
            raise errors.invalid(f"Invalid Stripe API version: {version}")
        call = calls.Call(
            self._store,
            self._clock,
            api_version=version,
            request_id=request_id,
            is_browser=is_browser,
            is_pinned="Stripe-Version" in flask.request.headers,
            base_url=flask.request.host_url.rstrip("/"),
            ip_address=flask.request.remote_addr or "",
            user_agent=flask.request.headers.get("User-Agent", ""),
        )
        idempotency_key = flask.request.headers.get("Idempotency-Key")
        if flask.request.method != "POST" or not idempotency_key:
            return self._act(call, route, names, fault)
        if len(idempotency_key) > 255:
            raise errors.invalid("Idempotency keys may have at most 255 characters.")
        call.idempotency_key = idempotency_key
        return self._act_once(call, route, names, fault, (key, idempotency_key))

    def _act_once(
        self,
        call: calls.Call,
        route: routes.Route,
        names: dict[str, str],
        fault: faults.Fault | None,
        owner: tuple[str, str],
    ) -> Answered:
        with self._guard:
            if owner in self._running:
                raise errors.ApiError(
                    "There is currently another in-progress request using this idempotency key.",
                    status=409,
                    type="idempotency_error",
                    code="idempotency_key_in_use",
                )
            self._running.add(owner)
        try:
            return self._act(call, route, names, fault, owner)
        finally:
            with self._guard:
                self._running.discard(owner)

    def _act(
        self,
        call: calls.Call,
        route: routes.Route,
        names: dict[str, str],
        fault: faults.Fault | None,
        owner: tuple[str, str] | None = None,
    ) -> Answered:
        self._go_wrong_before(fault)
        pairs = list(flask.request.args.items(multi=True))
        pairs += list(flask.request.form.items(multi=True))
        with self._store.transaction():
            self._before(call)
            if owner is None:
                return self._operate(call, route, names, pairs)[0]
            print_ = _fingerprint(pairs)
            kept = self._kept(call, owner, print_)
            if kept:
                return kept
            answered, is_kept = self._operate(call, route, names, pairs)
            if is_kept:
                self._store.db.execute(
                    "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (*owner, print_, call.now, answered.status, call.request_id, answered.body),
                )
            return answered

    def _kept(self, call: calls.Call, owner: tuple[str, str], print_: str) -> Answered | None:
        row = self._store.db.execute(
            "SELECT fingerprint, created, status, body, request_id FROM answers"
            " WHERE api_key = ? AND idempotency_key = ?",
            owner,
        ).fetchone()
        if row is None or row[1] < call.now - ANSWERS_KEPT_SECONDS:
            return None
        if row[0] != print_:
            raise errors.ApiError(
                "Keys for idempotent requests can only be used with the same parameters and the "
                "same endpoint they were first used with. Use another key for another request.",
                type="idempotency_error",
            )
        return Answered(row[2], row[3], row[4])

    def _operate(
        self,
        call: calls.Call,
        route: routes.Route,
        names: dict[str, str],
        pairs: list[tuple[str, str]],
    ) -> tuple[Answered, bool]:
        """The answer, and whether it is to be remembered under an idempotency key."""
        try:
            call.params = params.check(forms.parse(pairs), route.shape)
            with self._store.savepoint():
                try:
                    answer = route.operation(call, **names)
                except errors.ApiError as error:
                    if not error.keeps_changes:
                        raise
                    return self._refusal(error, call)
                self._expand(call, answer)
            return Answered(200, json.dumps(_shown(answer, call))), True
        except errors.ApiError as error:
            return self._refusal(error, call)

    def _refusal(self, error: errors.ApiError, call: calls.Call) -> tuple[Answered, bool]:
        body = error.body()
        body["error"]["request_log_url"] = f"{call.base_url}/sandbox/?request={call.request_id}"
        for kind in ("payment_intent", "setup_intent"):
            if kind in body["error"]:
                body["error"][kind] = _shown(body["error"][kind], call)
        return Answered(error.status, json.dumps(body)), error.is_remembered

    def _go_wrong_before(self, fault: faults.Fault | None) -> None:
        if fault is None:
            return
        if fault.mode == "drop_before":
            raise HungUp
        if fault.mode == "hang":
            fault.hang()
        for mode, status in (("error_500", 500), ("error_429", 429)):
            if fault.mode == mode:
                raise errors.ApiError(
                    json.loads(_trouble(status))["error"]["message"],
                    status=status,
                    type="api_error" if status == 500 else "invalid_request_error",
                    code=None if status == 500 else "rate_limit",
                )


class HungUp(Exception):
    """The connection is to be closed without an answer."""


def hang_up(_: Exception | None = None) -> flask.Response:
    """Close the connection to the caller at once; what is returned reaches nobody."""
    environ = flask.request.environ
    connection = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
    if connection is not None:
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            flask.current_app.logger.info("the caller was gone already")
    return flask.Response(status=499)


def _trouble(status: int) -> str:
    message = "Something went wrong on our side." if status == 500 else "Too many requests."
    return json.dumps({"error": {"type": "api_error", "message": message}})


def _fingerprint(pairs: list[tuple[str, str]]) -> str:
    told = json.dumps([flask.request.method, flask.request.path, sorted(pairs)])
    return hashlib.sha256(told.encode()).hexdigest()


def _api_key() -> str:
    scheme, _, value = flask.request.headers.get("Authorization", "").partition(" ")
    key = ""
    if scheme == "Bearer":
        key = value.strip()
    elif scheme == "Basic":
        try:
            key = base64.b64decode(value, validate=True).decode().partition(":")[0]
        except ValueError:
            key = ""
    if not key:
        raise errors.unauthorized(
            "You did not provide an API key. Send it in the Authorization header as a bearer."
        )
    if not key.startswith(("sk_test_", "pk_test_", "rk_test_")) or len(key) < 9:
        raise errors.unauthorized(f"Invalid API Key provided: {key[:8]}****")
    return key


def _shown(document: stores.Document, call: calls.Call) -> stores.Document:
    if not call.is_browser:
        return document
    return {key: value for key, value in document.items() if key in _BROWSER_FIELDS}


def _response(answered: Answered, request_id: str) -> flask.Response:
    response = flask.Response(answered.body, answered.status, content_type="application/json")
    response.headers["Request-Id"] = request_id
    version = flask.request.headers.get("Stripe-Version", calls.DEFAULT_VERSION)
    response.headers["Stripe-Version"] = version
    key = flask.request.headers.get("Idempotency-Key")
    if key:
        response.headers["Idempotency-Key"] = key
    if answered.replayed_from:
        response.headers["Idempotent-Replayed"] = "true"
        response.headers["Original-Request"] = answered.replayed_from
    return response
