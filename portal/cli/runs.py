"""`flask autopay run`, `stripe recover`: what the nightly jobs do, by hand."""

from __future__ import annotations

import collections
import datetime
import json

import click
import flask
import flask.cli

from portal.cli import workers
from portal.domain.payments import rules
from portal.gateways import ports
from portal.journeys import announce_drafts, collect_drafts, stripe_events
from portal.kernel import collector

autopay = flask.cli.AppGroup("autopay", help="Drafts: autopay, chosen days, arrangements.")
stripe = flask.cli.AppGroup("stripe", help="What Stripe knows.")


@autopay.command("run")
@click.option("--on", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day to collect.")
@click.option("--flights", default=collect_drafts.FLIGHTS, type=click.IntRange(1, 64))
@click.option("--rate", default=collect_drafts.RATE, type=click.IntRange(1, 1000))
@click.option("--workers", "parts", default=1, type=click.IntRange(1, 32))
@click.option("--part", hidden=True, callback=lambda _context, _option, text: _part(text))
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@flask.cli.with_appcontext
def autopay_run(
    on: datetime.datetime,
    flights: int,
    rate: int,
    parts: int,
    part: rules.Part | None,
    as_json: bool,
) -> None:
    """Announce what autopay will take, then charge every draft due ON a day or before.

    FLIGHTS charges are under way at once, RATE are begun a second at most, by WORKERS processes
    together: one for each processor is quickest.
    """
    ctx = flask.current_app.extensions["portal_context"]
    day = on.date()
    if day > ctx.clock.today():
        raise click.UsageError(f"{day} lies in the future")
    collector.relax()
    if part is not None:
        workers.end_with_parent()
        found = collect_drafts.run(
            ctx, on=day, flights=max(flights // part.of, 1), rate=rate / part.of, part=part
        )
        click.echo(json.dumps(found.counts))
        return
    announced = announce_drafts.run(ctx, on=day)
    if parts == 1:
        counts = collect_drafts.run(ctx, on=day, flights=flights, rate=rate).counts
    else:
        counts = _shared(day, flights=flights, rate=rate, parts=parts)
    report = {"on": day.isoformat(), "announced": announced, "collected": counts}
    if as_json:
        click.echo(json.dumps(report))
        return
    told = ", ".join(f"{count} {took}" for took, count in sorted(counts.items())) or "nothing due"
    click.echo(f"{day}: {announced} announced; {told}")


def _shared(day: datetime.date, *, flights: int, rate: int, parts: int) -> dict[str, int]:
    """What `parts` processes together found, by what came of it."""
    arguments = ["autopay", "run", "--on", day.isoformat()]
    arguments += ["--flights", str(flights), "--rate", str(rate)]
    counts: collections.Counter[str] = collections.Counter()
    try:
        for said in workers.run(arguments, parts=parts):
            counts.update(json.loads(said))
    except workers.PartFailed as failed:
        raise click.ClickException(f"{failed}; what is left is due still: run it again") from failed
    return dict(counts)


def _part(text: str | None) -> rules.Part | None:
    if text is None:
        return None
    index, _, of = text.partition("/")
    return rules.Part(int(index), int(of))


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
