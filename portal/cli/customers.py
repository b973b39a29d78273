"""`flask customers import`: take on customers, pets, policies and terms from a CSV file."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import sys

import click
import flask
import flask.cli

from portal.journeys import import_customers
from portal.kernel import actor

group = flask.cli.AppGroup("customers", help="Customers and their policies.")


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=pathlib.Path))
@click.option("--dry-run", is_flag=True, help="Check everything, keep nothing.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@flask.cli.with_appcontext
def take(file: pathlib.Path, dry_run: bool, as_json: bool) -> None:
    """Import FILE wholly or not at all; exit with 1 when a line of it is wrong."""
    ctx = flask.current_app.extensions["portal_context"]
    report = import_customers.run(
        ctx, data=file.read_bytes(), dry_run=dry_run, who=actor.system("customers import")
    )
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(report), indent=2))
    else:
        for fault in report.errors:
            where = f"line {fault.line}" + (f", {fault.column}" if fault.column else "")
            click.echo(f"{where}: {fault.message}")
        click.echo(_told(report))
    sys.exit(1 if report.errors else 0)


def _told(report: import_customers.Report) -> str:
    made = report.made
    counted = f"{made.customers} customers, {made.policies} policies, {made.terms} terms"
    if report.errors:
        return f"{len(report.errors)} errors; nothing was imported"
    if not report.kept:
        return f"dry run: {counted} would be imported"
    return f"{counted} imported"
