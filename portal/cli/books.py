"""`flask books check`: prove the books."""

from __future__ import annotations

import dataclasses
import json
import sys

import click
import flask
import flask.cli

from portal.journeys import check_books

group = flask.cli.AppGroup("books", help="The double-entry books.")


@group.command("check")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@click.option("--without-stripe", is_flag=True, help="Leave out what asks Stripe.")
@flask.cli.with_appcontext
def check(as_json: bool, without_stripe: bool) -> None:
    """Exit with 1 when anything contradicts the books."""
    ctx = flask.current_app.extensions["portal_context"]
    proofs = check_books.run(ctx, with_stripe=not without_stripe)
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(proof) for proof in proofs], indent=2))
    else:
        for proof in proofs:
            click.echo(f"{'ok  ' if proof.holds else 'FAIL'} {proof.name}")
            for example in proof.examples:
                click.echo(f"       {example}")
    sys.exit(0 if all(proof.holds for proof in proofs) else 1)
