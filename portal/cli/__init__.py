"""Commands: flask db, staff, customers, books, demo, worker and the rest, one group a file."""

from __future__ import annotations

import flask

from portal.cli import books, database, demo, runs, worker


def register(app: flask.Flask) -> None:
    """Add every command to the application."""
    for command in (
        books.group,
        database.group,
        demo.command,
        runs.billing,
        runs.stripe,
        worker.command,
    ):
        app.cli.add_command(command)
