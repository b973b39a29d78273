"""`flask worker`: runs the background journeys until it is told to stop."""

from __future__ import annotations

import asyncio

import click
import flask
import flask.cli

from portal import jobs
from portal.kernel import collector


@click.command("worker")
@click.option("--concurrency", type=click.IntRange(1, 32), default=4, show_default=True)
@click.option("--queue", "queues", multiple=True, help="Only this queue; may be repeated.")
@flask.cli.with_appcontext
def command(concurrency: int, queues: tuple[str, ...]) -> None:
    """Run jobs; SIGTERM lets those that run end first.

    Any number of workers may run, on any number of machines, against one database.
    """
    settings = flask.current_app.extensions["portal_settings"]
    ctx = flask.current_app.extensions["portal_context"]
    app = jobs.build(ctx, role=settings.database_role)
    click.echo(f"worker runs {', '.join(sorted(app.tasks))}", err=True)
    collector.relax()
    asyncio.run(jobs.work(app, concurrency=concurrency, queues=queues))
