"""Commands: flask db, staff, customers, books, demo, worker and the rest, one group a file."""

from __future__ import annotations

import flask

from portal.cli import database, demo, worker


def register(app: flask.Flask) -> None:
    """Add every command to the application."""
    for command in (database.group, demo.command, worker.command):
        app.cli.add_command(command)
