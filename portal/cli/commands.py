"""Every command of `flask`, added to the application; each group is a file beside this one."""

from __future__ import annotations

import flask
import flask.cli

from portal.cli import (
    billing,
    books,
    customers,
    database,
    demo,
    runs,
    seed_demo,
    seed_scale,
    staff,
    worker,
)

seed = flask.cli.AppGroup("seed", help="Made-up data, for a demo or for measuring.")
seed.add_command(seed_demo.command)
seed.add_command(seed_scale.command)


def register(app: flask.Flask) -> None:
    """Add every command to the application."""
    for command in (
        billing.billing,
        books.group,
        customers.group,
        database.group,
        demo.command,
        runs.autopay,
        runs.stripe,
        staff.group,
        seed,
        worker.command,
    ):
        app.cli.add_command(command)
