"""`flask demo`: a whole insurer on one machine, started with one command and stopped by Ctrl-C.

It starts the same programs as production does and gives them settings; it holds no other rule,
and imports so little that a second start takes seconds.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any, LiteralString

import click
import flask
import psycopg
import psycopg.errors
from psycopg import sql

from portal import config
from portal.cli import processes
from portal.gateways import embedded_postgres

ROOT = pathlib.Path(__file__).resolve().parents[2]

PEOPLE = (
    ("maria@demo.test", "two pets, one bill due, autopay for one of them"),
    ("sam@demo.test", "overdue, autopay was refused"),
    ("lee@demo.test", "autopay by bank account, an open dispute"),
    ("grace@demo.test", "billing specialist"),
    ("omar@demo.test", "supervisor"),
    ("ada@demo.test", "finance"),
)
PASSWORD = "demo-password-2026"  # as the made-up people have it
FOLDERS = ("postgres", "sandbox", "mail", "blobs", "log")  # what a fresh start empties
READY_SECONDS = 120  # on a machine that is busy with other things
_SIGNS_IN = sql.SQL("SELECT email FROM {} WHERE email = ANY(%s)")


@click.command("demo")
@click.option("--reset", is_flag=True, help="Forget all data and start afresh.")
@click.option("--bare", is_flag=True, help="Make up no customers.")
def command(reset: bool, bare: bool) -> None:
    """Start the database, the sandbox, the worker and the site; Ctrl-C stops them all."""
    environ = {"PORTAL_ENV": "demo", **os.environ}
    environ.setdefault("PORTAL_BASE_URL", f"http://{environ.get('PORTAL_BIND', '127.0.0.1:8000')}")
    try:
        settings = config.from_environment(environ)
        if settings.environment != "demo":
            raise click.ClickException("flask demo runs with PORTAL_ENV=demo only")
        _run(settings, environ, reset=reset, bare=bare)
    except processes.Stopped:
        click.echo("Stopped; the data is kept for the next time.")
    except (config.UnsafeSettings, processes.PortTaken) as refused:
        raise click.ClickException(str(refused)) from refused
    except (processes.Crashed, processes.NotReady) as failed:
        raise click.ClickException(
            f"Everything was stopped, because {failed}\n`make demo RESET=1` starts afresh."
        ) from failed


def application() -> flask.Flask:
    """An application with this command alone, which needs no settings and no database."""
    app = flask.Flask("portal")
    app.cli.add_command(command)
    return app


def is_asked_for(arguments: list[str]) -> bool:
    """Whether the command line is `flask demo …`."""
    return pathlib.Path(arguments[0]).name in ("flask", "__main__.py") and "demo" in arguments[1:2]


def _run(settings: config.Settings, environ: Mapping[str, str], *, reset: bool, bare: bool) -> None:
    processes.require_free(settings.bind, setting="PORTAL_BIND")
    if settings.uses_sandbox:
        processes.require_free(settings.sandbox_bind, setting="SANDBOX_BIND")
    if _half_made(settings).exists():
        click.echo("The last start was stopped while it made up its data; it starts afresh.")
        reset = True
    if reset:
        _forget(settings)
    with contextlib.ExitStack() as stack:
        stop = stack.enter_context(processes.stop_asked())
        url = settings.database_url or stack.enter_context(_database(settings, stop))
        family = processes.Family(
            folder=settings.var / "log",
            root=ROOT,
            environ={**environ, "PORTAL_VAR": str(settings.var), "DATABASE_URL": url},
            stop=stop,
        )
        stack.enter_context(family.living())
        if settings.uses_sandbox:
            _start_sandbox(family, settings)
        if _revision(url) != _newest_revision():
            family.run("migrations", [*_flask(), "db", "upgrade"])
        if not bare and _is_empty(url):
            _seed(family, settings)
        _half_made(settings).unlink(missing_ok=True)
        _start_site(family, settings)
        if settings.uses_sandbox:
            _open_sandbox(family, settings)
        _await(family, f"http://{_near(settings.bind)}/readyz", name="site")
        _tell(settings, url)
        family.watch()


@contextlib.contextmanager
def _database(settings: config.Settings, stop: threading.Event) -> Iterator[str]:
    if os.geteuid() == 0:
        click.echo(
            "As root, the embedded PostgreSQL runs as a user of its own, pgserver; the folders "
            f"above {settings.var} were opened for reading, so that it gets there."
        )
    if not (settings.var / "postgres" / "PG_VERSION").exists():
        settings.var.mkdir(parents=True, exist_ok=True)
        _half_made(settings).touch()
    try:
        server = embedded_postgres.EmbeddedPostgres(settings.var / "postgres")
    except subprocess.CalledProcessError:
        if stop.is_set():  # Ctrl-C reaches the programs that make the database, too
            raise processes.Stopped from None
        raise
    try:
        yield server.url("portal")
    finally:
        server.stop()


def _forget(settings: config.Settings) -> None:
    if settings.database_url:
        raise click.ClickException(
            "a fresh start empties the embedded database only; unset DATABASE_URL, or empty that "
            "database yourself"
        )
    if embedded_postgres.is_running(settings.var / "postgres"):
        embedded_postgres.EmbeddedPostgres(settings.var / "postgres").stop()
    for name in FOLDERS:
        shutil.rmtree(settings.var / name, ignore_errors=True)
    _half_made(settings).unlink(missing_ok=True)


def _start_sandbox(family: processes.Family, settings: config.Settings) -> None:
    command = [sys.executable, "-m", "portal.sandbox", "--bind", settings.sandbox_bind]
    family.start("sandbox", [*command, "--data", str(settings.var / "sandbox")])


def _await_sandbox(family: processes.Family, settings: config.Settings) -> None:
    _await(family, f"{settings.stripe_api_base}/sandbox/health", name="sandbox")


def _ask(
    url: str, question: LiteralString | sql.Composed, *values: object
) -> list[tuple[Any, ...]]:
    """The rows that answer a question to the database at `url`."""
    plain = url.replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(plain) as connection:
        return connection.execute(question, values).fetchall()


def _revision(url: str) -> str:
    """The migration that the database is at; "" before the first."""
    try:
        return str(_ask(url, "SELECT version_num FROM alembic_version")[0][0])
    except (psycopg.errors.UndefinedTable, IndexError):
        return ""


def _newest_revision() -> str:
    return max(file.name for file in (ROOT / "migrations" / "versions").glob("*.py"))[:4]


def _is_empty(url: str) -> bool:
    return not _ask(url, "SELECT 1 FROM staff LIMIT 1")


def _seed(family: processes.Family, settings: config.Settings) -> None:
    if settings.uses_sandbox:
        _await_sandbox(family, settings)
    click.echo("Making up an insurer: customers, pets, bills, payments, disputes …")
    _half_made(settings).touch()
    family.run("seed", [*_flask(), "seed", "demo"])


def _half_made(settings: config.Settings) -> pathlib.Path:
    """A file that is there until all data is made up: it outlives a start that was cut off."""
    return settings.var / "half-made"


def _open_sandbox(family: processes.Family, settings: config.Settings) -> None:
    """Have the sandbox send its events to the site and pay out daily, from now on."""
    _await_sandbox(family, settings)
    hook = {
        "url": f"{settings.base_url}/hooks/stripe",
        "secret": settings.stripe_webhook_secret,
        "enabled_events": ["*"],
    }
    for control, body in (
        ("webhook_endpoints", hook),
        ("payouts/schedule", {"interval": "daily"}),
    ):
        request = urllib.request.Request(
            f"{settings.stripe_api_base}/sandbox/{control}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10):
            pass


def _start_site(family: processes.Family, settings: config.Settings) -> None:
    gunicorn = [sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", settings.bind]
    gunicorn += ["--graceful-timeout", "5"]  # the rest stands in gunicorn.conf.py
    family.start("site", gunicorn)
    family.start("worker", [*_flask(), "worker"], patience=25)


def _near(bind: str) -> str:
    """Where this machine reaches what listens on `bind`, which may mean every address."""
    host, _, port = bind.rpartition(":")
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(host.strip("[]")).is_unspecified:
            return f"127.0.0.1:{port}"
    return bind


def _flask() -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "wsgi"]


def _await(family: processes.Family, address: str, *, name: str) -> None:
    for _ in range(int(READY_SECONDS / processes.POLL_SECONDS)):
        family.check()
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            with urllib.request.urlopen(address, timeout=5):
                return
        family.pause(processes.POLL_SECONDS)
    raise processes.NotReady(f"the {name} did not answer at {address} in {READY_SECONDS} s")


def _tell(settings: config.Settings, url: str) -> None:
    emails = [email for email, _ in PEOPLE]
    known = {
        row[0]
        for table in ("customer", "staff")
        for row in _ask(url, _SIGNS_IN.format(sql.Identifier(table)), emails)
    }
    click.echo(f"\n  {settings.brand}: {settings.base_url}")
    people = [(email, about) for email, about in PEOPLE if email in known]
    if people:
        click.echo(f"\n  Sign in with the password {PASSWORD} as")
    for email, about in people:
        click.echo(f"    {email:<18} {about}")
    click.echo(f"\n  Mails it sends: {settings.base_url}/demo/mail")
    if settings.uses_sandbox:
        click.echo(f"  What the stand-in for Stripe holds: {settings.stripe_api_base}/sandbox/")
    click.echo(f"  Logs: {settings.var / 'log'}\n  Ctrl-C stops everything.\n")
