"""Knows how the body of a control is read and checked; refuses to know what it controls."""

import datetime
import typing

import flask

from portal.sandbox.wire import errors

Body = dict[str, typing.Any]
_MAX_TIMES = 100


def read(*allowed: str) -> Body:
    """The JSON object that was sent, {} for none. Raises ApiError 400 for a field not allowed."""
    body = flask.request.get_json(silent=True) if flask.request.data else {}
    if not isinstance(body, dict):
        raise errors.invalid("Send a JSON object.")
    for key in body:
        if key not in allowed:
            raise errors.invalid(f"Unknown field: {key}", param=key)
    return body


def number(body: Body, name: str, default: float) -> float:
    """A field as a number, or the default."""
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise errors.invalid(f"{name} must be a number", param=name)
    return float(value)


def times(body: Body) -> int:
    """How often something is to be done: from once to a hundred times."""
    return max(1, min(int(number(body, "times", 1)), _MAX_TIMES))


def moment(value: typing.Any) -> datetime.datetime:
    """An ISO 8601 moment, UTC where it names no zone."""
    try:
        at = datetime.datetime.fromisoformat(str(value))
    except ValueError as reason:
        raise errors.invalid("at must be an ISO 8601 moment", param="at") from reason
    return at if at.tzinfo else at.replace(tzinfo=datetime.UTC)


def text(body: Body, name: str, default: str = "") -> str:
    """A field as a string, or the default."""
    value = body.get(name, default)
    if not isinstance(value, str):
        raise errors.invalid(f"{name} must be a string", param=name)
    return value


def flag(body: Body, name: str) -> bool:
    """A field as true or false; false when it was not sent."""
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise errors.invalid(f"{name} must be true or false", param=name)
    return value


def cents(body: Body, name: str) -> int | None:
    """A field as whole cents, or None."""
    value = body.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise errors.invalid(f"{name} must be whole cents", param=name)
    return value


def one_of(body: Body, name: str, *choices: str) -> str:
    """A field that must be one of the choices."""
    value = text(body, name)
    if value not in choices:
        raise errors.invalid(f"{name} must be {' or '.join(choices)}", param=name)
    return value
