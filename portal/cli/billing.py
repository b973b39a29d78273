"""`flask billing run`: the billing run of a day by hand, by one process or several."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence

import click
import flask
import flask.cli

from portal.cli import workers
from portal.domain.billing.queries import billing_runs, plans, versions
from portal.domain.billing.rules import billable, settings
from portal.journeys import context, run_billing
from portal.kernel import collector

LOOKS_EVERY = 0.5  # seconds
billing = flask.cli.AppGroup("billing", help="Billing runs.")


@billing.command("run")
@click.option("--on", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day to bill.")
@click.option("--workers", "parts", default=1, type=click.IntRange(1, 32))
@click.option("--part", hidden=True)
@click.option("--dry-run", is_flag=True, help="Say what it would do; change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@flask.cli.with_appcontext
def run(on: datetime.datetime, parts: int, part: str | None, dry_run: bool, as_json: bool) -> None:
    """Issue every invoice that is due for billing ON a day or before; never one of the future.

    A run that was stopped anywhere is gone on with by running it again. WORKERS processes share
    the work: one for each processor of the database is quickest.
    """
    ctx = flask.current_app.extensions["portal_context"]
    day = on.date()
    if day > ctx.clock.today():
        raise click.UsageError(f"{day} lies in the future")
    collector.relax()
    if part is not None:
        workers.end_with_parent()
        click.echo(run_billing.run(ctx, on=day))
        return
    if dry_run:
        _tell_forecast(run_billing.foresee(ctx, on=day), day, as_json=as_json)
        return
    if parts == 1:
        with _bar(ctx, day, is_quiet=as_json) as bar:
            run_billing.run(ctx, on=day, progress=bar)
    else:
        _share(ctx, day, parts=parts, is_quiet=as_json)
    with ctx.database.reading() as session:
        (last,) = billing_runs.latest(session, on=day, most=1)
        cents = billing_runs.cents_by_kind(session, run_id=last.id)
        waiting = billing_runs.set_aside(session)
    _tell(last, cents, waiting, as_json=as_json)


@billing.command("settings")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@flask.cli.with_appcontext
def settings_(as_json: bool) -> None:
    """Print the billing plan and the rules of states, every version, newest first."""
    ctx = flask.current_app.extensions["portal_context"]
    today = ctx.clock.today()
    with ctx.database.reading() as session:
        plan = versions.of(session, code=plans.STANDARD, today=today)
        states = versions.of_states(session, today=today)
    found = [*plan, *(one for state in states.values() for one in state)]
    if as_json:
        rows = [
            {"code": one.code, "valid_from": one.valid_from.isoformat(), "when": str(one.when)}
            | dict(one.values)
            for one in found
        ]
        click.echo(json.dumps(rows))
        return
    for one in found:
        click.echo(f"{one.code} from {one.valid_from}, {one.when.replace('_', ' ')}")
        for setting in versions.kind(one.code).known:
            said = settings.typed(setting, one.values[setting.name]) or "-"
            click.echo(f"  {setting.label}: {said}  ({setting.meaning})")


def _share(ctx: context.Context, day: datetime.date, *, parts: int, is_quiet: bool) -> None:
    """Several processes take batches of the same run."""
    arguments = ["billing", "run", "--on", day.isoformat()]
    over = threading.Event()
    with _bar(ctx, day, is_quiet=is_quiet) as bar:
        watching = threading.Thread(target=_watch, args=(ctx, day, bar, over), daemon=True)
        watching.start()
        try:
            workers.run(arguments, parts=parts)
        except workers.PartFailed as failed:
            raise click.ClickException(f"{failed}; run it again, and it goes on") from failed
        finally:
            over.set()
            watching.join()


def _watch(
    ctx: context.Context, day: datetime.date, bar: Callable[[int], None], over: threading.Event
) -> None:
    while not over.wait(LOOKS_EVERY):
        with ctx.database.reading() as session:
            found = billing_runs.latest(session, on=day, most=1)
        if found:
            bar(found[0].issued + found[0].set_aside)


@contextlib.contextmanager
def _bar(
    ctx: context.Context, day: datetime.date, *, is_quiet: bool
) -> Iterator[Callable[[int], None]]:
    """A bar in the terminal, told how many installments are done."""
    with ctx.database.reading() as session:
        length = billing_runs.waiting(session, on=day)
    if is_quiet or not length:
        yield lambda done: None
        return
    with click.progressbar(length=length, label=f"Bills of {day}", show_pos=True) as shown:
        yield lambda done: shown.update(done - shown.pos)


def _tell(
    run: billing_runs.Run,
    cents: Mapping[str, int],
    waiting: Sequence[billing_runs.SetAside],
    *,
    as_json: bool,
) -> None:
    """What the run did, and what waits for somebody to look at it."""
    if as_json:
        report = {
            "on": run.on_date.isoformat(),
            "issued": run.issued,
            "set_aside": run.set_aside,
            "cents": cents,
            "waiting": [
                {"policy": one.policy_no, "due_on": one.due_on.isoformat(), "reason": one.reason}
                for one in waiting
            ],
        }
        click.echo(json.dumps(report))
        return
    click.echo(f"{run.on_date}: {run.issued} invoices issued, {_sums(cents)}")
    for one in waiting:
        words = billable.WORDS.get(one.reason, one.reason)
        click.echo(f"  set aside: {one.policy_no}, due {one.due_on}: {words} {one.said}".rstrip())


def _tell_forecast(found: billing_runs.Forecast, day: datetime.date, *, as_json: bool) -> None:
    """What a run would do."""
    if as_json:
        click.echo(json.dumps({"on": day.isoformat(), **dataclasses.asdict(found)}))
        return
    click.echo(f"{day}: {found.bills} invoices would be issued, {_sums(found.cents)}")
    for reason, count in sorted(found.set_aside.items()):
        click.echo(f"  {count} would be set aside: {billable.WORDS[reason]}")


def _sums(cents: Mapping[str, int]) -> str:
    told = [
        f"{kind.replace('_', ' ')} {sum_ // 100:,}.{sum_ % 100:02d}" for kind, sum_ in cents.items()
    ]
    return ", ".join(told) or "nothing to ask for"
