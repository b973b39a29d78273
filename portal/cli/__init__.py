"""Commands: flask db, staff, customers, books, demo, worker and the rest, one group a file."""

from __future__ import annotations

import flask

from portal.cli import database


def register(app: flask.Flask) -> None:
    """Add every command to the application."""
    for command in (database.group,):
        app.cli.add_command(command)
