"""Paging by key, never by offset: opaque cursors that hold the last row's sort values."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import datetime
import json
import re
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Row = TypeVar("Row")
# PostgreSQL takes no NUL in a text, and no half of a character.
_STORABLE = re.compile("[^\x00\ud800-\udfff]*").fullmatch


@dataclasses.dataclass(frozen=True, kw_only=True)
class Page(Generic[Row]):
    """Some rows and the cursor that asks for those after them ("" on the last page)."""

    rows: tuple[Row, ...]
    next: str = ""


def encode(values: Sequence[str | int]) -> str:
    """A cursor from the sort values of the last row shown."""
    raw = json.dumps(list(values), separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(cursor: str, kinds: Sequence[type]) -> tuple | None:
    """The sort values of a cursor, or None when it is empty or not one of ours.

    `kinds` are the types (str or int) expected, in order. A broken cursor means the first page.
    """
    if not cursor or len(cursor) > 500:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        values = json.loads(raw)
    except (binascii.Error, ValueError):
        return None
    if not isinstance(values, list) or len(values) != len(kinds):
        return None
    if any(type(v) is not k for v, k in zip(values, kinds, strict=True)):
        return None
    if any(isinstance(v, int) and abs(v) >= 2**63 for v in values):
        return None
    if any(isinstance(v, str) and not _STORABLE(v) for v in values):
        return None
    return tuple(values)


def page(rows: Sequence[Row], *, size: int, key: Callable[[Row], Sequence[str | int]]) -> Page[Row]:
    """Make a page of `rows` that were fetched with limit `size + 1`."""
    shown = tuple(rows[:size])
    more = encode(key(shown[-1])) if len(rows) > size and shown else ""
    return Page(rows=shown, next=more)


def moment(text: str) -> datetime.datetime | None:
    """The aware moment that a cursor's text holds, or None when it holds something else."""
    try:
        at = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None
