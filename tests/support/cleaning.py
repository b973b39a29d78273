"""Makes one template database, clones it per worker, empties it between tests."""

from __future__ import annotations

import functools
import hashlib
import pathlib

import psycopg
import sqlalchemy as sa
from psycopg import sql

KEPT = frozenset(
    {
        "alembic_version",
        "billing_plan",
        "ledger_account",
        "procrastinate_version",
        "us_state_rule",
    }
)


_GROWN = sa.text(
    "SELECT quote_ident(relname) FROM pg_class WHERE relkind = 'r'"
    " AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 16 * 8192"
)


def with_driver(url: str) -> str:
    """The same address for SQLAlchemy with psycopg 3."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def template(server_url: str, schema) -> str:
    """The name of a migrated template database, made when the migrations changed."""
    digest = hashlib.sha256()
    for path in sorted(pathlib.Path(schema.FOLDER / "versions").glob("*.py")):
        digest.update(path.read_bytes())
    name = f"template_{digest.hexdigest()[:12]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        known = connection.execute(
            "SELECT datistemplate FROM pg_database WHERE datname = %s", (name,)
        ).fetchone()
        if known and known[0]:
            return name
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    engine = sa.create_engine(
        sa.make_url(with_driver(server_url)).set(database=name), poolclass=sa.NullPool
    )
    schema.upgrade(engine)
    engine.dispose()
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("ALTER DATABASE {} IS_TEMPLATE true").format(sql.Identifier(name))
        )
    return name


def clone(server_url: str, *, template: str, name: str) -> None:
    """Make `name` anew from the template."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )


def drop(server_url: str, *, name: str) -> None:
    """Take the database away, whoever still holds it."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


def empty(engine: sa.Engine) -> None:
    """Empty every table that a test may have filled and count from 1 again.

    The guards of the ledger stand aside for it. One string of DELETEs takes 2 ms where TRUNCATE,
    which makes a new file for each table and index, takes 40. But what was deleted stays in its
    pages, and the next DELETE reads them all: a table that has grown is given back its size.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        with connection.connection.driver_connection.transaction():
            connection.exec_driver_sql(_sweep(engine))
        grown = connection.scalars(_GROWN).all()
        if grown:
            connection.exec_driver_sql(f"VACUUM {', '.join(grown)}")


@functools.cache
def _sweep(engine: sa.Engine) -> str:
    """The statements that empty this database; its tables stay the same while tests run."""
    with engine.connect() as connection:
        tables = connection.scalars(
            sa.text("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
        ).all()
        counters = connection.scalars(
            sa.text(
                "SELECT quote_literal(quote_ident(sequencename))"
                " FROM pg_sequences WHERE schemaname = 'public'"
            )
        ).all()
    statements = ["SET LOCAL session_replication_role = replica"]
    statements += [f"DELETE FROM {table}" for table in tables if table not in KEPT]
    statements += [f"SELECT setval({counter}, 1, false)" for counter in counters]
    return "; ".join(statements)
