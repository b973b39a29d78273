"""Knows the bracket notation of form bodies; refuses to know any parameter by name."""

import re
import typing

from portal.sandbox.wire import errors

Form = dict[str, typing.Any]
_PART = re.compile(r"\[([^\[\]]*)\]")
_MAX_DEPTH = 8


def parse(pairs: list[tuple[str, str]]) -> Form:
    """Nest ``a[b][0]=v`` pairs into dictionaries; lists are dictionaries with keys "0", "1", …

    Raises ApiError 400 for brackets that do not close or contradict each other.
    """
    form: Form = {}
    for key, value in pairs:
        _place(form, _path(key), key, value)
    return form


def _path(key: str) -> list[str]:
    head, bracket, _ = key.partition("[")
    rest = key[len(head) :]
    parts = _PART.findall(rest)
    if not head or (bracket and "".join(f"[{part}]" for part in parts) != rest):
        raise errors.invalid(f"Invalid parameter name: {key}", param=key)
    if len(parts) > _MAX_DEPTH:
        raise errors.invalid(f"Parameter nested too deeply: {key}", param=key)
    return [head, *parts]


def _place(form: Form, path: list[str], key: str, value: str) -> None:
    node = form
    for part in path[:-1]:
        child = node.setdefault(part or str(len(node)), {})
        if not isinstance(child, dict):
            raise errors.invalid(f"Parameter given both as value and object: {key}", param=key)
        node = child
    last = path[-1] or str(len(node))
    if isinstance(node.get(last), dict):
        raise errors.invalid(f"Parameter given both as value and object: {key}", param=key)
    node[last] = value
