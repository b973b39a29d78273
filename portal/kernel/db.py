"""The database: engine, Base, the one place that commits. Knows no table and no room."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import psycopg
import psycopg._queries
import sqlalchemy as sa
from sqlalchemy import orm

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(orm.DeclarativeBase):
    """All tables; every relationship in it is `lazy="raise"`."""

    metadata = sa.MetaData(naming_convention=NAMING)


Row = TypeVar("Row", bound=Base)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Task:
    """A job to be queued when the transaction commits, named by its task."""

    name: str
    args: dict[str, Any]
    lock: str | None = None
    queueing_lock: str | None = None
    run_at: datetime.datetime | None = None


class Reader(orm.Session):
    """A session for queries only: one connection from its first query on, no transaction.

    `connection()` costs nothing after that, so a query that asks tables and not mapped classes
    runs through it at once: `session.connection().execute(statement, values)`.
    """

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__(engine, autoflush=False)
        self._engine = engine
        self._taken: sa.Connection | None = None

    def connection(self, *_: Any, **__: Any) -> sa.Connection:
        """The connection of this session."""
        if self._taken is None:
            self._taken = self._engine.connect()
        return self._taken

    def get_bind(self, *_: Any, **__: Any) -> sa.Connection:
        """Mapped classes are read through the same connection."""
        return self.connection()

    def close(self) -> None:
        """Give the connection back; the next query takes another."""
        if self.in_transaction():  # mapped classes were asked for
            super().close()
        if self._taken is not None:
            self._taken.close()
            self._taken = None


Defer = Callable[[sa.Connection, Sequence[Task]], None]
CommitHook = Callable[[str], None]


# The driver reads a statement for its parameters anew each time it is sent, but for short ones,
# which it remembers. Ours that fetch all of a page are longer than it thinks worth keeping.
psycopg._queries.MAX_CACHED_STATEMENT_LENGTH = 32_768


class _Cursor(psycopg.Cursor):
    """Describes columns by name and type alone, all that SQLAlchemy asks for.

    psycopg looks up much more of each column, on every execution.
    """

    @property
    def description(self) -> list[tuple[Any, ...]] | None:
        found = self.pgresult
        if found is None or not found.nfields:
            return None
        return [
            ((found.fname(i) or b"").decode(), found.ftype(i), None, None, None, None, None)
            for i in range(found.nfields)
        ]


def queue_task(
    session: orm.Session,
    name: str,
    *,
    lock: str | None = None,
    queueing_lock: str | None = None,
    run_at: datetime.datetime | None = None,
    **args: Any,
) -> None:
    """Ask for a job once this transaction commits; a rollback leaves none.

    `queueing_lock` keeps at most one waiting job of that lock; a second asks for nothing.
    """
    task = Task(name=name, args=args, lock=lock, queueing_lock=queueing_lock, run_at=run_at)
    session.info.setdefault("tasks", []).append(task)


class Database:
    """One PostgreSQL, as one role.

    `defer` inserts jobs through the given connection. `commit_hook` is called with "before" and
    "after" around each commit, so that tests can kill a journey at any commit point.
    """

    def __init__(
        self,
        url: str,
        *,
        role: str = "",
        defer: Defer,
        pool_size: int = 8,
        commit_hook: CommitHook | None = None,
    ) -> None:
        # Reads are many and need no transaction: their way of using a connection is the rule, so
        # that taking one costs nothing; whoever writes changes it, and back again.
        self.engine = sa.create_engine(
            _with_driver(url),
            isolation_level="AUTOCOMMIT",
            skip_autocommit_rollback=True,
            connect_args={"cursor_factory": _Cursor},
            pool_size=pool_size,
            max_overflow=4,
            pool_timeout=10,
            pool_use_lifo=True,  # the connection used last has its plans and caches warm
            hide_parameters=True,  # errors reach the log; people's data must not
        )
        self._defer = defer
        self.commit_hook = commit_hook
        if role:
            sa.event.listen(self.engine, "connect", _assume(role))
        writing = self.engine.execution_options(isolation_level="READ COMMITTED")
        self._writers = orm.sessionmaker(writing, expire_on_commit=False)

    @contextlib.contextmanager
    def unit_of_work(self) -> Iterator[orm.Session]:
        """One transaction: commits at the end with the tasks asked for, or leaves nothing."""
        with self._writers() as session:
            yield session
            session.flush()
            tasks = session.info.pop("tasks", [])
            if tasks:
                self._defer(session.connection(), tasks)
            if self.commit_hook:
                self.commit_hook("before")
            session.commit()
            if self.commit_hook:
                self.commit_hook("after")

    @contextlib.contextmanager
    def reading(self) -> Iterator[Reader]:
        """A session for queries only; every statement sees what is committed by then."""
        session = self.reader()
        try:
            yield session
        finally:
            session.close()

    def reader(self) -> Reader:
        """A session for queries only; the caller closes it."""
        return Reader(self.engine)

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


def lock_row(session: orm.Session, table: type[Row], row_id: int) -> Row:
    """The row as it is now, nobody else's until the transaction ends; there must be one."""
    return session.scalars(_locking(table), {"row_id": row_id}).one()


@functools.cache
def _locking(table: type[Row]) -> sa.Select[tuple[Row]]:
    return (
        sa.select(table)
        .where(table.id == sa.bindparam("row_id"))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def advisory_lock(session: orm.Session, name: str) -> bool:
    """Take the named lock until the transaction ends; False when another holds it."""
    found = session.execute(
        sa.text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name}
    )
    return bool(found.scalar_one())


def _with_driver(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else url


def _assume(role: str) -> Callable[[Any, Any], None]:
    """Every connection acts as the site's role, which can't rewrite the ledger."""

    def on_connect(connection: Any, _record: Any) -> None:
        before = connection.autocommit
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f'SET ROLE "{role}"')
        connection.autocommit = before

    return on_connect
