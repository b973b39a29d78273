"""Makes one template database, clones it per worker, empties it between tests."""

from __future__ import annotations

import hashlib
import pathlib

import psycopg
import sqlalchemy as sa
from psycopg import sql

KEPT = frozenset({"alembic_version", "ledger_account", "billing_plan", "procrastinate_version"})


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
    """Empty every table that a test may have filled; the guards of the ledger stand aside."""
    with engine.begin() as connection:
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        names = connection.scalars(
            sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        )
        filled = [f'"{name}"' for name in names if name not in KEPT]
        connection.execute(sa.text(f"TRUNCATE {', '.join(filled)} RESTART IDENTITY CASCADE"))
