"""Counts the SQL statements that a piece of code sends, as the driver sees them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg
import pytest

from portal.kernel import db


@contextlib.contextmanager
def counted() -> Iterator[list[str]]:
    """The statements sent while the block runs, in order; not those that begin a connection."""
    sent: list[str] = []

    def keep(name: str):
        real = getattr(psycopg.Cursor, name)

        def send(cursor, query, *args, **kwargs):
            if not query.startswith("SET ROLE"):
                sent.append(query)
            return real(cursor, query, *args, **kwargs)

        return send

    with pytest.MonkeyPatch.context() as patch:
        for name in ("execute", "executemany"):
            patch.setattr(db._Cursor, name, keep(name))
        yield sent
