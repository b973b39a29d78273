"""`flask billing run`, `autopay run`, `stripe recover`: what the nightly jobs do, by hand."""

from __future__ import annotations

import datetime
import json

import click
import flask
import flask.cli

from portal.gateways import ports
from portal.journeys import announce_drafts, collect_drafts, run_billing, stripe_events

billing = flask.cli.AppGroup("billing", help="Billing runs.")
autopay = flask.cli.AppGroup("autopay", help="Drafts: autopay, chosen days, arrangements.")
stripe = flask.cli.AppGroup("stripe", help="What Stripe knows.")


@billing.command("run")
@click.option("--on", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day to bill.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@flask.cli.with_appcontext
def run(on: datetime.datetime, as_json: bool) -> None:
    """Issue every invoice that is due for billing ON a day or before; never one of the future."""
    ctx = flask.current_app.extensions["portal_context"]
    day = on.date()
    if day > ctx.clock.today():
        raise click.UsageError(f"{day} lies in the future")
    issued = run_billing.run(ctx, on=day)
    report = {"on": day.isoformat(), "issued": issued}
    click.echo(json.dumps(report) if as_json else f"{day}: {issued} invoices issued")


@autopay.command("run")
@click.option("--on", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day to collect.")
@click.option("--flights", default=collect_drafts.FLIGHTS, type=click.IntRange(1, 64))
@click.option("--rate", default=collect_drafts.RATE, type=click.IntRange(1, 1000))
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@flask.cli.with_appcontext
def autopay_run(on: datetime.datetime, flights: int, rate: int, as_json: bool) -> None:
    """Announce what autopay will take, then charge every draft due ON a day or before.

    FLIGHTS charges are under way at once, RATE are begun a second at most.
    """
    ctx = flask.current_app.extensions["portal_context"]
    day = on.date()
    if day > ctx.clock.today():
        raise click.UsageError(f"{day} lies in the future")
    announced = announce_drafts.run(ctx, on=day)
    found = collect_drafts.run(ctx, on=day, flights=flights, rate=rate).counts
    report = {"on": day.isoformat(), "announced": announced, "collected": found}
    if as_json:
        click.echo(json.dumps(report))
        return
    told = ", ".join(f"{count} {took}" for took, count in sorted(found.items())) or "nothing due"
    click.echo(f"{day}: {announced} announced; {told}")


@stripe.command("recover")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@flask.cli.with_appcontext
def recover(as_json: bool) -> None:
    """Take in the events that never arrived, up to 30 days back; the worker handles them."""
    ctx = flask.current_app.extensions["portal_context"]
    try:
        found = stripe_events.recover(ctx)
    except ports.GatewayUnknown as lost:
        raise click.ClickException("Stripe does not answer; nothing was lost, try again") from lost
    click.echo(json.dumps({"new": found}) if as_json else f"{found} events taken in")
