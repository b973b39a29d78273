"""The connections of one process: opened once and used by all stories that it plays.

What was compiled and planned for one story serves the next; nothing of a story stays in them.
"""

from __future__ import annotations

import dataclasses

import psycopg
import sqlalchemy as sa

from portal.gateways import queue as deferring
from portal.kernel import db

LOCK_TIMEOUT = "5s"  # a journey that waited so long was begun inside a transaction of another
PREPARED = 2_000  # statements that a connection keeps prepared: all that a story asks


@dataclasses.dataclass(frozen=True, kw_only=True)
class Doors:
    """The ways into one database: as the site, as the owner of its tables, as a worker."""

    url: str
    database: db.Database
    owner: sa.Engine
    worker: psycopg.Connection

    def close(self) -> None:
        """Let go of all of them."""
        self.database.close()
        self.owner.dispose()
        self.worker.close()


_open: list[Doors] = []  # of this process: none, or one


def to(url: str) -> Doors:
    """The ways into the database at `url`; those to another one are closed."""
    if _open and _open[0].url == url:
        return _open[0]
    close()
    database = db.Database(
        f"{url}{'&' if '?' in url else '?'}options=-c%20lock_timeout%3D{LOCK_TIMEOUT}",
        role="portal_site",
        defer=deferring.deferrer(),
    )
    owner = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    for engine in (database.engine, owner):
        sa.event.listen(engine, "connect", _prepare)
    worker = psycopg.connect(url, autocommit=True)
    _prepare(worker, None)
    _open.append(Doors(url=url, database=database, owner=owner, worker=worker))
    return _open[0]


def close() -> None:
    """Close what is open, so that the database can be taken away."""
    while _open:
        _open.pop().close()


def _prepare(connection: psycopg.Connection, _record: object) -> None:
    connection.prepare_threshold = 0
    connection.prepared_max = PREPARED
