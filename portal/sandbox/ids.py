"""Knows what identifiers and secrets look like; refuses to know what they stand for."""

import secrets
import typing

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789"


class _Source:
    """Where the randomness comes from."""

    bytes: typing.Callable[[int], bytes] = staticmethod(secrets.token_bytes)


def new(prefix: str, length: int = 24) -> str:
    """``prefix_`` and random letters and digits."""
    return f"{prefix}_{letters(length)}"


def letters(length: int) -> str:
    """Random letters and digits."""
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in _Source.bytes(length))


def draw_from(source: typing.Callable[[int], bytes]) -> None:
    """Take so many random bytes from ``source`` from now on: a seeded one makes the same ids."""
    _Source.bytes = staticmethod(source)
