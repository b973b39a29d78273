"""Knows what identifiers and secrets look like; refuses to know what they stand for."""

import secrets

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789"


def new(prefix: str, length: int = 24) -> str:
    """``prefix_`` and random letters and digits."""
    return f"{prefix}_{letters(length)}"


def letters(length: int) -> str:
    """Random letters and digits."""
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in secrets.token_bytes(length))
