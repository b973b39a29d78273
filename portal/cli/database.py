"""`flask db`: bring the schema up, look for drift; runs as the owner of the tables."""

from __future__ import annotations

import sys

import click
import flask
import flask.cli
import sqlalchemy as sa

from portal import schema

group = flask.cli.AppGroup("db", help="The schema of the database.")


@group.command("upgrade")
@click.option("--revision", default="head", show_default=True)
@flask.cli.with_appcontext
def upgrade(revision: str) -> None:
    """Bring the schema up to REVISION."""
    engine = _owner()
    schema.upgrade(engine, revision)
    click.echo(f"database is at {revision}")


@group.command("check")
@flask.cli.with_appcontext
def check() -> None:
    """Exit with 1 when the tables differ from the models."""
    found = schema.drift(_owner())
    for line in found:
        click.echo(line)
    sys.exit(1 if found else 0)


def _owner() -> sa.Engine:
    """An engine as the login itself, not as the site's role, which may make no tables."""
    site = flask.current_app.extensions["portal_context"].database.engine
    return sa.create_engine(site.url)
