"""Knows what becomes of an intent whose small deposits were told, never arrived or were never
told; refuses to know how they are judged."""

import typing

from portal.sandbox import call as calls
from portal.sandbox import store as stores
from portal.sandbox.objects import payment_intents, setup_intents, verification
from portal.sandbox.wire import errors, routes


def verify(call: calls.Call, intent: stores.Record) -> None:
    """Take the customer's answer, in ``call.params``, and go on with the intent.

    Raises ApiError 400 for a wrong answer; what changed by then is to be kept.
    """
    error = verification.judge(call, intent)
    if error is None:
        _kind(intent).verified(call, intent)
        return
    _end(call, intent, error)
    raise errors.ApiError(
        error["message"],
        type=error["type"],
        code=error["code"],
        extra={str(intent["object"]): intent.document},
        keeps_changes=True,
    )


def expire(call: calls.Call, id: str) -> None:
    """By the clock: nobody told the amounts in time."""
    _end_waiting(call, id, "verification_timeout")


def bounce(call: calls.Call, id: str) -> None:
    """By the clock: the deposits came back."""
    _end_waiting(call, id, "failed")


def _end_waiting(call: calls.Call, id: str, how: str) -> None:
    intent = call.store.find(id)
    if intent and verification.is_waiting(intent):
        method = call.load("payment_method", intent["payment_method"])
        _end(call, intent, verification.ending(method, how))


def _end(call: calls.Call, intent: stores.Record, error: dict[str, typing.Any]) -> None:
    verification.give_up(call, intent)
    _kind(intent).unverified(call, intent, error)


def _kind(intent: stores.Record) -> typing.Any:
    return payment_intents if intent.kind == "payment_intent" else setup_intents


def _verify_payment(call: calls.Call, id: str) -> routes.Answer:
    return _verify_own(call, "payment_intent", id)


def _verify_setup(call: calls.Call, id: str) -> routes.Answer:
    return _verify_own(call, "setup_intent", id)


def _verify_own(call: calls.Call, kind: str, id: str) -> routes.Answer:
    intent = call.load(kind, id)
    call.check_secret(intent)
    verify(call, intent)
    return intent.document


ROUTES = tuple(
    routes.route(
        "POST",
        f"/v1/{kind}s/<id>/verify_microdeposits",
        operation,
        verification.SHAPE,
        for_browsers=True,
    )
    for kind, operation in (("payment_intent", _verify_payment), ("setup_intent", _verify_setup))
)
