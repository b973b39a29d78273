"""`flask seed scale`: a book as large as asked for, for measuring; goes round no guard.

It fills every table by COPY as the site's role, so triggers, checks and keys hold as they always
do. It knows no page and no rule; `scale_rows` makes the rows.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import datetime
import random
import time
from collections.abc import Iterator
from concurrent import futures

import click
import flask
import flask.cli
import psycopg
import sqlalchemy as sa

from portal.cli import scale_rows
from portal.domain.billing.queries import plans
from portal.journeys import context, earn_premium

BATCH = 400  # policies in one transaction
STORING = 2  # connections that take batches; one more batch than these is in memory
KEYS_AT_ONCE = 20_000
TOLD_EVERY = 4_000  # policies


@dataclasses.dataclass(kw_only=True)
class Filled:
    """What was made so far."""

    policies: int = 0
    invoices: int = 0


@click.command("scale")
@click.option("--policies", required=True, type=click.IntRange(1, 10_000_000))
@flask.cli.with_appcontext
def command(policies: int) -> None:
    """Add POLICIES made-up policies with a year and more of bills, most of them paid."""
    settings = flask.current_app.extensions["portal_settings"]
    if settings.environment == "production":
        raise click.UsageError("made-up customers have no place in production")
    ctx = flask.current_app.extensions["portal_context"]
    begun = time.perf_counter()
    filled = fill(ctx, policies=policies)
    click.echo(
        f"{filled.policies} policies, {filled.invoices} invoices "
        f"in {time.perf_counter() - begun:.0f} s"
    )


def fill(ctx: context.Context, *, policies: int) -> Filled:
    """Add `policies` policies, then earn their premium through yesterday; prints how far it is.

    The next batch is made up while the database takes those before.
    """
    filled = Filled()
    with contextlib.ExitStack() as stack:
        asking = stack.enter_context(_connection(ctx))
        free = [stack.enter_context(_connection(ctx)) for _ in range(STORING)]
        pool = stack.enter_context(futures.ThreadPoolExecutor(STORING))
        waiting: collections.deque[futures.Future[psycopg.Connection]] = collections.deque()
        for book in _books(ctx, asking, policies):
            if not free:
                free.append(waiting.popleft().result())
            waiting.append(pool.submit(_store, free.pop(), book.rows))
            before = filled.policies // TOLD_EVERY
            filled.policies += book.policies
            filled.invoices += book.invoices
            if filled.policies // TOLD_EVERY > before:
                click.echo(f"  {filled.policies} policies, {filled.invoices} invoices")
        for last in waiting:
            last.result()
    earn_premium.run(ctx, on=ctx.clock.today())
    _gather_statistics(ctx)
    return filled


def _books(
    ctx: context.Context, connection: psycopg.Connection, policies: int
) -> Iterator[scale_rows.Book]:
    """Books of about `BATCH` policies until there are enough."""
    keys = Keys(connection)
    terms = _terms(connection, ctx.clock.today())
    known = connection.execute("SELECT count(*) FROM policy").fetchone()
    rng = random.Random(f"scale {known}")
    left = policies
    while left > 0:
        book = scale_rows.Book(today=ctx.clock.today(), terms=terms, keys=keys.next, rng=rng)
        while book.policies < min(left, BATCH):
            book.add_customer(most=left - book.policies)
        left -= book.policies
        yield book


def _terms(connection: psycopg.Connection, on: datetime.date) -> scale_rows.Terms:
    row = connection.execute(
        "SELECT installment_fee_cents, policy_fee_cents, tax_ppm, lead_days"
        " FROM billing_plan WHERE code = %s AND valid_from <= %s ORDER BY valid_from DESC LIMIT 1",
        (plans.STANDARD, on),
    ).fetchone()
    names = [field.name for field in dataclasses.fields(scale_rows.Terms)]
    return scale_rows.Terms(**dict(zip(names, row or (), strict=True)))


class Keys:
    """Row ids taken from the tables' own sequences, many at a time, so that nobody collides."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._kept: dict[str, list[int]] = {table: [] for table in scale_rows.KEYED}

    def next(self, table: str) -> int:
        """The next id of `table`."""
        kept = self._kept[table]
        if not kept:
            rows = self._connection.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id'))"
                " FROM generate_series(1, %s) ORDER BY 1 DESC",
                (table, KEYS_AT_ONCE),
            )
            kept += [row[0] for row in rows]
        return kept.pop()


def _store(connection: psycopg.Connection, rows: dict[str, list[str]]) -> psycopg.Connection:
    """Put one book into the database: one transaction, one COPY a table."""
    with connection.transaction(), connection.cursor() as cursor:
        for table, lines in rows.items():
            columns = ", ".join(scale_rows.COLUMNS[table].split())
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for start in range(0, len(lines), 1_000):
                    copy.write("\n".join(lines[start : start + 1_000]) + "\n")
    return connection


def _connection(ctx: context.Context) -> psycopg.Connection:
    """A connection of its own as the site's role, outside the pool."""
    engine = ctx.database.engine
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = psycopg.connect(url, autocommit=True)
    with engine.connect() as pooled:
        role = pooled.scalar(sa.text("SELECT current_user"))
    connection.execute(f'SET ROLE "{role}"')
    return connection


def _gather_statistics(ctx: context.Context) -> None:
    """Let the planner know at once what autovacuum would tell it within minutes."""
    engine = sa.create_engine(ctx.database.engine.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for table in scale_rows.COLUMNS:
            connection.execute(sa.text(f"VACUUM ANALYZE {table}"))
    engine.dispose()
