"""What a measurement runs on: a database of a size, servers on free ports, people signed in."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import os
import pathlib
import secrets
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping

import flask
import sqlalchemy as sa

from portal import app as portal_app
from portal import config, schema
from portal.domain.identity.operations import sessions
from portal.gateways import embedded_postgres

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "bench"
INVOICES_A_POLICY = 13.2  # what `flask seed scale` makes of a policy, at least
SECRET = "bench-secret-key-of-this-machine-only"
WEBHOOK_SECRET = "whsec_bench"
PEOPLE = 20
READY_SECONDS = 40

# Customers with a full page: 25 paid bills and more, two to four that are open.
_PEOPLE = sa.text(
    """
    SELECT customer_id FROM invoice GROUP BY customer_id
    HAVING count(*) FILTER (WHERE state = 'paid') >= 25
       AND count(*) FILTER (WHERE state = 'issued') BETWEEN 2 AND 4
    ORDER BY customer_id LIMIT :people
    """
)
_PAID = sa.text(
    "SELECT number FROM invoice WHERE customer_id = :id AND state = 'paid'"
    " ORDER BY due_on DESC, id DESC LIMIT 1"
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Person:
    """A customer with a full page: cookie of a live session, and one bill of theirs."""

    id: int
    cookie: str
    invoice_no: str


def load() -> str:
    """How busy the machine is, for the record."""
    return ", ".join(f"{one:.1f}" for one in os.getloadavg())


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def database(invoices: int) -> str:
    """The address of a database with about so many invoices, filled when it is not there yet."""
    server = embedded_postgres.EmbeddedPostgres(FOLDER / "postgres")
    url = server.url(f"scale_{invoices}")
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    schema.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE IF NOT EXISTS bench_note (body text NOT NULL)"))
        connection.execute(sa.text("TRUNCATE bench_note"))
        is_empty = connection.scalar(sa.text("SELECT NOT EXISTS (SELECT FROM policy)"))
    engine.dispose()
    if is_empty:
        policies = str(math.ceil(invoices / INVOICES_A_POLICY))
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "seed", "scale"]
        subprocess.run([*command, "--policies", policies], env=environ(url), cwd=ROOT, check=True)
    return url


def environ(url: str, **more: str) -> dict[str, str]:
    """The environment of the site and its commands over the database at `url`."""
    return {
        **os.environ,
        "PORTAL_ENV": "demo",
        "PORTAL_VAR": str(FOLDER / "var"),
        "DATABASE_URL": url,
        "SECRET_KEY": SECRET,
        "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        **more,
    }


def site(url: str) -> flask.Flask:
    """The site in this process, over the database at `url`."""
    return portal_app.create_app(config.from_environment(environ(url)))


def people(app: flask.Flask, *, most: int = PEOPLE) -> list[Person]:
    """Customers with full pages, signed in by session rows of their own."""
    ctx = app.extensions["portal_context"]
    signer = app.session_interface.get_signing_serializer(app)
    found = []
    with ctx.database.unit_of_work() as session:
        for id_ in session.scalars(_PEOPLE, {"people": most}).all():
            token = sessions.start(
                session, now=ctx.clock.now(), customer_id=id_, device="Bench", address="127.0.0.1"
            )
            kept = {"_user_id": token, "_fresh": True, "_permanent": True}
            # as on the second page of a visit: the first one has put its form token in the cookie
            value = signer.dumps({**kept, "csrf_token": secrets.token_hex(20)})
            found.append(
                Person(
                    id=id_,
                    cookie=f"{app.config['SESSION_COOKIE_NAME']}={value}",
                    invoice_no=session.scalar(_PAID, {"id": id_}),
                )
            )
    return found


@contextlib.contextmanager
def serving(name: str, target: str, *, env: Mapping[str, str], ready: str) -> Iterator[str]:
    """gunicorn with `target` and the settings that the site is served with; its address."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", target, "--bind", f"127.0.0.1:{port}"]
    with running(name, command, env=env) as process:
        address = f"http://127.0.0.1:{port}"
        await_ready(f"{address}{ready}", process)
        yield address


@contextlib.contextmanager
def running(
    name: str, command: list[str], *, env: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A process of our own, its output in a log, stopped at the end."""
    log = FOLDER / "log" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def await_ready(address: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until `address` answers at all."""
    pause = threading.Event()
    for _ in range(READY_SECONDS * 10):
        if process.poll() is not None:
            raise RuntimeError(f"a server ended early; see {FOLDER / 'log'}")
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            with urllib.request.urlopen(address, timeout=10):
                return
        pause.wait(0.1)
    raise RuntimeError(f"{address} did not answer in {READY_SECONDS} s")
