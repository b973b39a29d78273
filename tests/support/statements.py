"""Counts the SQL statements that a piece of code sends, as the driver sees them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import sqlalchemy as sa


@contextlib.contextmanager
def counted(database) -> Iterator[list[str]]:
    """The statements sent through the database while the block runs, in order."""
    sent: list[str] = []

    def keep(_connection, _cursor, statement, _parameters, _context, _many) -> None:
        sent.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", keep)
    try:
        yield sent
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", keep)
