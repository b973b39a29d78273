"""Migrations go up, down and up again, leave nothing behind, and make what the models say."""

import re

import pytest
import sqlalchemy as sa

from portal import schema
from tests.support import cleaning

FILES = sorted(schema.FOLDER.glob("versions/*.py"))


@pytest.fixture
def bare(server, worker_id):
    """A database with nothing in it, as its owner sees it."""
    name = f"bare_{worker_id}"
    cleaning.clone(server.url("postgres"), template="template0", name=name)
    engine = sa.create_engine(cleaning.with_driver(server.url(name)), poolclass=sa.NullPool)
    yield engine
    engine.dispose()


def objects(engine):
    """Tables, views, types and functions of ours, by kind and name."""
    statement = """
        SELECT 'relation', relname::text FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'S', 'm')
        UNION ALL SELECT 'function', proname::text FROM pg_proc
            WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT 'type', typname::text FROM pg_type
            WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
    """
    with engine.connect() as connection:
        return {tuple(row) for row in connection.execute(sa.text(statement))}


def test_up_down_and_up_again_ends_where_it_began(bare):
    schema.upgrade(bare)
    first = objects(bare)
    schema.downgrade(bare, "base")
    assert objects(bare) <= {("relation", "alembic_version")}
    schema.upgrade(bare)
    assert objects(bare) == first


def test_the_tables_are_what_the_models_say(bare):
    schema.upgrade(bare)
    assert schema.drift(bare) == []


def test_every_step_goes_down_and_up_by_itself(bare):
    schema.upgrade(bare)
    for path in reversed(FILES):
        revision = path.name[:4]
        after = objects(bare)
        schema.downgrade(bare, "-1")
        schema.upgrade(bare, revision)
        assert objects(bare) == after, path.name
        schema.downgrade(bare, "-1")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_migration_is_named_for_its_number_and_room(path):
    assert re.fullmatch(r"\d{4}_[a-z]+_?[a-z_]*", path.stem)
    assert f'revision = "{path.name[:4]}"' in path.read_text()


def test_the_head_is_the_last_file():
    assert schema.head() == FILES[-1].name[:4]


def test_the_site_reads_and_writes_every_other_table(database, owner_engine):
    guarded = {"ledger_entry", "ledger_line", "ledger_account", "alembic_version"}
    with owner_engine.connect() as connection:
        tables = connection.scalars(
            sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ).all()
        rights = {
            table: connection.scalar(
                sa.text(
                    "SELECT bool_and(has_table_privilege('portal_site', :table, kind))"
                    " FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) AS kind"
                ),
                {"table": f'public."{table}"'},
            )
            for table in tables
            if table not in guarded
        }
    assert rights
    assert all(rights.values()), [table for table, held in rights.items() if not held]
