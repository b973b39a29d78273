"""`python -m bench.billing_run`: a million bills of a day, beside PostgreSQL's INSERT … SELECT.

For each size a book is made in which every policy has one installment due; copies of it are billed
by `flask billing run` with one worker, with two, and with one that is killed (SIGKILL) half way
and started again. The floor inserts the very rows that came of it, in one transaction, into the
same tables of another copy, indexes, keys and triggers as they are. Exits with 1 unless every bar
holds. `--sizes 100000,1000000`.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import datetime
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence

import psutil
import psycopg
import sqlalchemy as sa
from psycopg import sql

from bench import billing_rows, machine
from portal import app as portal_app
from portal import config, schema
from portal.gateways import embedded_postgres
from portal.journeys import check_books

BAR_RATE = 2_500  # complete invoices a second
BAR_FLOOR = 0.25  # of the floor's speed
BAR_GROWTH = 0.15  # how much dearer or cheaper a bill may be in the largest book
BAR_MEMORY = 500  # MB of a process
BAR_TWO = 1.3  # two workers against one
LOOKS_EVERY = 0.1  # seconds
WORKERS = 2


@dataclasses.dataclass(frozen=True, kw_only=True)
class Measured:
    """One run: seconds from start to end of the command, and the most a process of it held."""

    bills: int
    seconds: float
    memory_mb: int

    @property
    def rate(self) -> float:
        """Bills a second."""
        return self.bills / self.seconds


def main() -> int:
    """Measure every size; 0 when every bar holds."""
    asked = argparse.ArgumentParser(prog="python -m bench.billing_run")
    asked.add_argument("--sizes", default="100000,1000000")
    sizes = [int(size) for size in asked.parse_args().sizes.split(",")]
    print(f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC, load {machine.load()}")
    server = embedded_postgres.EmbeddedPostgres(machine.FOLDER / "postgres")
    failures: list[str] = []
    singles: list[Measured] = []
    for size in sizes:
        book = Book(server, size)
        one, two, floor = book.bill(workers=1), book.bill(workers=WORKERS), book.floor()
        singles.append(one)
        _report(size, one, two, floor)
        failures += _judge(size, one, two, floor)
        failures += book.killed_like_undisturbed()
        book.drop()
    growth = singles[0].rate / singles[-1].rate - 1
    print(f"a bill among {sizes[-1]} costs {growth:+.1%} of one among {sizes[0]}")
    if abs(growth) > BAR_GROWTH:
        failures.append(f"the cost of a bill moves by {growth:.1%}")
    print("\n".join(failures) or "every bar holds")
    return 1 if failures else 0


def _report(size: int, one: Measured, two: Measured, floor: float) -> None:
    print(f"{size} bills; the floor: {size / floor:,.0f} a second ({floor:.1f} s)")
    for name, run in (("one worker", one), ("two workers", two)):
        print(
            f"  {name}: {run.rate:,.0f} a second ({run.seconds:.1f} s), "
            f"{run.rate * floor / size:.2f} of the floor, {run.memory_mb} MB"
        )


def _judge(size: int, one: Measured, two: Measured, floor: float) -> list[str]:
    best = max(one.rate, two.rate)
    bars = (
        (best >= BAR_RATE, f"{size}: {best:,.0f} bills a second"),
        (one.rate * floor / size >= BAR_FLOOR, f"{size}: {one.rate * floor / size:.2f} of floor"),
        (max(one.memory_mb, two.memory_mb) <= BAR_MEMORY, f"{size}: {one.memory_mb} MB"),
        (two.rate / one.rate >= BAR_TWO, f"{size}: two workers {two.rate / one.rate:.2f} times"),
    )
    return [words for holds, words in bars if not holds]


class Book:
    """A book of so many policies, each with a bill due on the same day, and its copies."""

    def __init__(self, server: embedded_postgres.EmbeddedPostgres, size: int) -> None:
        self._server, self._size = server, size
        self._name = f"billing_{size}"
        self._day = datetime.datetime.now(datetime.UTC).date() - datetime.timedelta(days=1)
        self._drop("")
        engine = sa.create_engine(self._url("", driver="postgresql+psycopg"))
        schema.upgrade(engine)
        with engine.begin() as connection:
            billing_rows.fill(connection, policies=size, on=self._day)
        engine.dispose()
        with psycopg.connect(self._url(""), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")

    def bill(self, *, workers: int) -> Measured:
        """Bill a copy of it from beginning to end."""
        name = f"_{workers}"
        self._copy(name)
        began = time.perf_counter()
        with self._running(name, workers) as process:
            memory = _watch(process)
        seconds = time.perf_counter() - began
        if process.returncode:
            raise RuntimeError("the run failed")
        return Measured(bills=self._issued(name), seconds=seconds, memory_mb=memory)

    def floor(self) -> float:
        """Seconds for the rows of the one-worker run to be inserted by the database alone."""
        self._copy("_floor")
        with (
            psycopg.connect(self._url("_1")) as source,
            psycopg.connect(self._url("_floor")) as target,
        ):
            billing_rows.stage(source, target)
            target.commit()
            began = time.perf_counter()
            billing_rows.insert(target)
            target.commit()
            return time.perf_counter() - began

    def killed_like_undisturbed(self) -> list[str]:
        """What differs between a run that was killed half way and one that was not."""
        self._copy("_killed")
        with self._running("_killed", WORKERS) as process:
            pause = threading.Event()
            while process.poll() is None and self._issued("_killed") < self._size // 2:
                pause.wait(LOOKS_EVERY)
            for member in [*psutil.Process(process.pid).children(), process]:
                member.kill()
        at = self._issued("_killed")
        with self._running("_killed", 1) as process:
            process.wait()
        print(f"  killed after {at}, then {self._issued('_killed')} bills")
        wrong = [] if 0 < at < self._size else [f"{self._size}: killed after {at}"]
        if self._digest("_killed") != self._digest("_1"):
            wrong.append(f"{self._size}: a killed run left other books")
        settings = config.from_environment(machine.environ(self._url("_killed")))
        for proof in check_books.run(portal_app.build_context(settings), with_stripe=False):
            if not proof.holds:
                wrong.append(f"{self._size}: {proof.name}: {proof.examples}")
        return wrong

    def drop(self) -> None:
        """Forget the book and its copies."""
        for name in ("", "_1", "_2", "_floor", "_killed"):
            self._drop(name)

    def _running(self, name: str, workers: int) -> contextlib.AbstractContextManager:
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "billing", "run"]
        command += ["--on", self._day.isoformat(), "--workers", str(workers), "--json"]
        return machine.running("billing", command, env=machine.environ(self._url(name)))

    def _issued(self, name: str) -> int:
        with psycopg.connect(self._url(name)) as connection:
            row = connection.execute("SELECT count(*) FROM invoice").fetchone()
        return int(row[0]) if row else 0

    def _digest(self, name: str) -> Sequence[object]:
        with psycopg.connect(self._url(name)) as connection:
            return billing_rows.digest(connection)

    def _copy(self, name: str) -> None:
        self._drop(name)
        with self._master() as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(self._name + name), sql.Identifier(self._name)
                )
            )

    def _drop(self, name: str) -> None:
        with self._master() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(
                    sql.Identifier(self._name + name)
                )
            )

    @contextlib.contextmanager
    def _master(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(self._server.url("postgres"), autocommit=True) as connection:
            yield connection

    def _url(self, name: str, *, driver: str = "postgresql") -> str:
        return self._server.url(self._name + name).replace("postgresql", driver, 1)


def _watch(process: subprocess.Popen[bytes]) -> int:
    """Wait for the command; the most megabytes that one process of it held."""
    most, pause = 0, threading.Event()
    while process.poll() is None:
        with contextlib.suppress(psutil.NoSuchProcess):
            family = [psutil.Process(process.pid)]
            family += family[0].children(recursive=True)
            most = max(most, *(member.memory_info().rss for member in family))
        pause.wait(LOOKS_EVERY)
    return most // 2**20


if __name__ == "__main__":
    sys.exit(main())
