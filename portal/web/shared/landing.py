"""Where somebody goes after signing in: where they wanted to, if it is ours, else their start."""

from __future__ import annotations

import urllib.parse

CUSTOMER_START = "/home"
STAFF_START = "/desk"
NOT_AGAIN = ("/sign-in", "/sign-out", "/activate", "/password")


def after_sign_in(role: str, wanted: str = "") -> str:
    """The address to go to; `wanted` counts only as a path of this site that the role may open."""
    start = CUSTOMER_START if role == "customer" else STAFF_START
    if not is_local(wanted) or wanted.startswith(NOT_AGAIN):
        return start
    is_desk = wanted.startswith(STAFF_START)
    return wanted if is_desk == (start == STAFF_START) else start


def is_local(path: str) -> bool:
    """Whether `path` is a plain path of this site: no other host, no scheme, no odd characters."""
    if not path.startswith("/") or path.startswith(("//", "/\\")):
        return False
    if "\\" in path or not path.isascii() or not path.isprintable():
        return False
    parts = urllib.parse.urlsplit(path)
    return not parts.scheme and not parts.netloc
