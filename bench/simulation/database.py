"""Where stories are played: a PostgreSQL of their own, one database a worker, emptied between."""

from __future__ import annotations

import gc
import logging
import pathlib

import fasteners
import psutil
import psycopg
import sqlalchemy as sa
import structlog

from bench.simulation import doors
from portal import schema
from portal.gateways import embedded_postgres
from tests.support import cleaning

FOLDER = pathlib.Path(__file__).resolve().parent.parent.parent / "var" / "bench" / "simulation"


class Ground:
    """An empty database for each story, one after the other."""

    def __init__(self, name: str) -> None:
        FOLDER.mkdir(parents=True, exist_ok=True)
        self._server = embedded_postgres.EmbeddedPostgres(FOLDER / "postgres", fast=True)
        self._main = self._server.url("postgres")
        self._name = name
        with fasteners.InterProcessLock(FOLDER / "template.lock"):
            template = cleaning.template(self._main, schema)
            cleaning.clone(self._main, template=template, name=name)
            _forget_dead_workers(self._main)
        self.url = self._server.url(name)
        self._owner = sa.create_engine(cleaning.with_driver(self.url), poolclass=sa.NullPool)

    def empty(self) -> str:
        """Empty it; its address."""
        cleaning.empty(self._owner)
        return self.url

    def close(self) -> None:
        """Take the database away."""
        doors.close()
        self._owner.dispose()
        cleaning.drop(self._main, name=self._name)


def _forget_dead_workers(server_url: str) -> None:
    """Databases are named after the process that plays in them; a killed one leaves its own."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        rows = connection.execute("SELECT datname FROM pg_database").fetchall()
    for (name,) in rows:
        prefix, _, pid = name.rpartition("_")
        if prefix == "simulation" and pid.isdecimal() and not psutil.pid_exists(int(pid)):
            cleaning.drop(server_url, name=name)


def prepare() -> None:
    """Make this process fit for stories: nothing is logged, for a story meets thousands of faults,
    and rubbish is collected seldom."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL),
        logger_factory=structlog.ReturnLoggerFactory(),
        cache_logger_on_first_use=False,
    )
