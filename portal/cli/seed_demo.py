"""`flask seed demo`: fills an empty database with the demo's insurer; never production's.

It gives the history its clock, its seed and the sandbox, and runs the jobs that the journeys ask
for here and now, in order. What it fills is not durable until it is done: a power cut in between
means starting afresh, as any interruption does.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
import json
import random
import sys
from collections.abc import Sequence

import click
import flask
import flask.cli
import sqlalchemy as sa

from portal import config, jobs
from portal.domain.notifications import operations as notifications
from portal.gateways import sandbox_browser
from portal.journeys import context
from portal.journeys.demo import history
from portal.kernel import clock, collector, db

GARBAGE = 50_000  # new objects before the collector looks; every day makes as many
AFRESH = "`make demo RESET=1` starts afresh."


@click.command("demo")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@flask.cli.with_appcontext
def command(as_json: bool) -> None:
    """Make up 120 customers with their pets, bills, payments and disputes."""
    settings = flask.current_app.extensions["portal_settings"]
    ctx = flask.current_app.extensions["portal_context"]
    if settings.environment == "production":
        raise click.UsageError("made-up customers have no place in production")
    collector.relax(new_objects=GARBAGE)
    try:
        summary = fill(ctx, settings, size=history.Size(), is_quiet=as_json)
    except history.NotEmpty as refused:
        raise click.UsageError(f"{refused.message} {AFRESH}") from refused
    except sandbox_browser.NotASandbox as refused:
        raise click.UsageError(str(refused)) from refused
    broken = [proof for proof in summary.proofs if not proof.holds]
    if as_json:
        report = {"counts": summary.counts, "broken": [dataclasses.asdict(p) for p in broken]}
        click.echo(json.dumps(report))
    else:
        click.echo(", ".join(f"{n} {name}s" for name, n in summary.counts.items()))
        for proof in broken:
            click.echo(f"FAIL {proof.name}: {', '.join(proof.examples)}")
    sys.exit(1 if broken else 0)


def fill(
    ctx: context.Context, settings: config.Settings, *, size: history.Size, is_quiet: bool
) -> history.Summary:
    """Fill the context's empty database up to its clock's today; what there is then.

    Raises NotEmpty, HalfFilled, NotASandbox.
    """
    browser = sandbox_browser.SandboxBrowser(
        api_base=settings.stripe_api_base, publishable_key=settings.stripe_publishable_key
    )
    waiting: collections.deque[db.Task] = collections.deque()
    standing = clock.SetClock(zone=ctx.clock.zone, at=ctx.clock.now())
    database = _quick_database(ctx, settings, waiting)
    inner = dataclasses.replace(
        ctx, database=database, clock=standing, rng=random.Random(history.SEED)
    )

    def work() -> None:
        while waiting:
            task = waiting.popleft()
            if task.name == notifications.TASK:
                continue  # the history hands its mails over day by day
            jobs.TASKS[task.name].run(inner, **task.args)

    def progress(day: datetime.date) -> None:
        if not is_quiet:
            click.echo(f"  {day:%B %Y}")

    try:
        summary = history.make(
            inner, standing=standing, browser=browser, work=work, size=size, progress=progress
        )
        with database.unit_of_work() as session:  # what was quick becomes durable with this commit
            session.execute(sa.text("SET LOCAL synchronous_commit = on"))
            session.execute(sa.text("SELECT pg_current_xact_id()"))
    finally:
        database.close()
    browser.run_clock(ctx.clock.now())
    return summary


def _quick_database(
    ctx: context.Context, settings: config.Settings, waiting: collections.deque[db.Task]
) -> db.Database:
    """The same database, whose commits do not wait for the disk and whose jobs are kept here."""

    def keep(_connection: sa.Connection, tasks: Sequence[db.Task]) -> None:
        waiting.extend(tasks)

    url = ctx.database.engine.url.update_query_dict({"options": "-c synchronous_commit=off"})
    return db.Database(
        url.render_as_string(hide_password=False), role=settings.database_role, defer=keep
    )
