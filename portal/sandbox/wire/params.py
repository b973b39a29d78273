"""Knows how a parameter is checked and coerced; refuses to know which resource it is for.

A specification is a function ``(value, name) -> coerced value``; a shape is a dictionary from
parameter names to specifications or to further shapes.
"""

import typing

from portal.sandbox.wire import errors, forms

Spec = typing.Callable[[typing.Any, str], typing.Any]
Shape = dict[str, typing.Any]


def check(form: forms.Form, shape: Shape, *, inside: str = "") -> dict[str, typing.Any]:
    """The form's values, coerced. Raises ApiError 400 for anything the shape does not name."""
    values: dict[str, typing.Any] = {}
    for key, value in form.items():
        name = f"{inside}[{key}]" if inside else key
        if key not in shape:
            raise errors.invalid(
                f"Received unknown parameter: {name}", code="parameter_unknown", param=name
            )
        spec = shape[key]
        if isinstance(spec, dict):
            if value == "":
                values[key] = None
            elif isinstance(value, dict):
                values[key] = check(value, spec, inside=name)
            else:
                raise errors.invalid(f"Invalid object: {name} must be a hash", param=name)
        else:
            values[key] = spec(value, name)
    return values


def require(values: dict[str, typing.Any], *names: str) -> None:
    """Raise ApiError 400 ``parameter_missing`` for the first name that has no value."""
    for name in names:
        if values.get(name) is None or values[name] == "":
            raise errors.invalid(
                f"Missing required param: {name}.", code="parameter_missing", param=name
            )


def text(value: typing.Any, name: str) -> str:
    """A string; the empty string stays (it clears the value in updates)."""
    if not isinstance(value, str):
        raise errors.invalid(f"Invalid string: {name}", param=name)
    if len(value) > 5000:
        raise errors.invalid(f"Invalid string: {name} is too long", param=name)
    return value


def filled(value: typing.Any, name: str) -> str:
    """A string that may not be empty."""
    if text(value, name) == "":
        raise errors.invalid(
            f"You passed an empty string for '{name}'.", code="parameter_invalid_empty", param=name
        )
    return value


def integer(value: typing.Any, name: str) -> int:
    """A whole number written in decimal digits."""
    digits = value[1:] if isinstance(value, str) and value.startswith("-") else value
    if not (isinstance(digits, str) and digits.isascii() and digits.isdigit()):
        raise errors.invalid(
            f"Invalid integer: {value}", code="parameter_invalid_integer", param=name
        )
    if len(digits) > 12:
        raise errors.invalid(
            f"Invalid integer: {value} is too large", code="parameter_invalid_integer", param=name
        )
    return int(value)


def boolean(value: typing.Any, name: str) -> bool:
    """``true`` or ``false``."""
    if value not in ("true", "false"):
        raise errors.invalid(f"Invalid boolean: {value}", param=name)
    return bool(value == "true")


def one_of(*choices: str, clearable: bool = False) -> Spec:
    """One of the strings given, or the empty string where that clears the value."""

    def spec(value: typing.Any, name: str) -> str:
        if value in choices or (clearable and value == ""):
            return str(value)
        listed = ", ".join(choices)
        raise errors.invalid(f"Invalid {name}: must be one of {listed}", param=name)

    return spec


def many(item: typing.Any) -> Spec:
    """A list; a single value is refused, as is a gap in the numbering."""

    def spec(value: typing.Any, name: str) -> list[typing.Any]:
        if value == "":
            return []
        if not isinstance(value, dict) or not all(key.isdigit() for key in value):
            raise errors.invalid(f"Invalid array: {name}", param=name)
        ordered = [value[key] for key in sorted(value, key=int)]
        if isinstance(item, dict):
            return [check(entry, item, inside=f"{name}[{n}]") for n, entry in enumerate(ordered)]
        return [item(entry, f"{name}[{n}]") for n, entry in enumerate(ordered)]

    return spec


def metadata(value: typing.Any, name: str) -> dict[str, str]:
    """At most 50 keys of 40 characters, values of 500; the empty string clears all."""
    if value == "":
        return {}
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise errors.invalid("Metadata must be a hash of strings", param=name)
    if len(value) > 50:
        raise errors.invalid("Metadata may have at most 50 keys", param=name)
    for key, entry in value.items():
        if len(key) > 40 or len(entry) > 500:
            raise errors.invalid(f"Metadata key or value too long: {key}", param=name)
    return dict(value)


def span(value: typing.Any, name: str) -> dict[str, int]:
    """A moment in seconds, or a hash of gt, gte, lt, lte."""
    if isinstance(value, dict):
        return check(
            value, {"gt": integer, "gte": integer, "lt": integer, "lte": integer}, inside=name
        )
    return {"equals": integer(value, name)}


PAGE: Shape = {
    "limit": integer,
    "starting_after": filled,
    "ending_before": filled,
    "expand": many(filled),
}
ADDRESS: Shape = dict.fromkeys(("line1", "line2", "city", "state", "postal_code", "country"), text)
EXPAND: Shape = {"expand": many(filled)}
