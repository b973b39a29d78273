"""`flask staff add`: give somebody access to the desk."""

from __future__ import annotations

import json

import click
import flask
import flask.cli

from portal.journeys import add_staff
from portal.kernel import actor, errors

group = flask.cli.AppGroup("staff", help="Members of staff.")
ROLES = ("specialist", "supervisor", "finance")


@group.command("add")
@click.argument("email")
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option("--name", default="", help="As customers read it; without it, made from EMAIL.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@flask.cli.with_appcontext
def add(email: str, role: str, name: str, as_json: bool) -> None:
    """Add EMAIL with a role; the link to choose a password is mailed, and printed here."""
    ctx = flask.current_app.extensions["portal_context"]
    called = name or _name_in(email)
    try:
        link = add_staff.add(
            ctx, email=email, name=called, role=role, who=actor.system("staff add")
        )
    except errors.DomainError as wrong:
        raise click.UsageError(str(wrong)) from wrong
    report = {"email": email.strip().lower(), "name": called, "role": role, "link": link}
    if as_json:
        click.echo(json.dumps(report))
        return
    click.echo(f"{called} is {role} now. A link to choose a password was mailed; it is also here,")
    click.echo("works once, and for one hour:")
    click.echo(link)


def _name_in(email: str) -> str:
    """ "Grace Lindqvist" from grace.lindqvist@example.com."""
    words = email.partition("@")[0].replace("_", ".").replace("-", ".").split(".")
    return " ".join(word.capitalize() for word in words if word)
