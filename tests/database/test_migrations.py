"""Migrations go up, down and up again, leave nothing behind, and make what the models say."""

import os
import re

import pytest
import sqlalchemy as sa

from portal import schema
from tests.support import cleaning

FILES = sorted(schema.FOLDER.glob("versions/*.py"))


@pytest.fixture
def migrated(server, worker_id):
    """A database of its own that went all the way up, as its owner sees it."""
    name = f"steps_{worker_id}_{os.getpid()}"
    template = cleaning.template(server.url("postgres"), schema)
    cleaning.clone(server.url("postgres"), template=template, name=name)
    engine = sa.create_engine(cleaning.with_driver(server.url(name)), poolclass=sa.NullPool)
    yield engine
    engine.dispose()
    cleaning.drop(server.url("postgres"), name=name)


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


def test_the_tables_are_what_the_models_say(owner_engine):
    assert schema.drift(owner_engine) == []


def test_every_step_goes_down_and_up_by_itself_and_all_the_way_down_nothing_is_left(migrated):
    whole = objects(migrated)
    for path in reversed(FILES):
        after = objects(migrated)
        schema.downgrade(migrated, "-1")
        schema.upgrade(migrated, path.name[:4])
        assert objects(migrated) == after, path.name
        schema.downgrade(migrated, "-1")
    assert objects(migrated) <= {("relation", "alembic_version")}
    schema.upgrade(migrated)
    assert objects(migrated) == whole


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_migration_is_named_for_its_number_and_room(path):
    assert re.fullmatch(r"\d{4}_[a-z]+_?[a-z_]*", path.stem)
    assert f'revision = "{path.name[:4]}"' in path.read_text()


def test_the_head_is_the_last_file():
    assert schema.head() == FILES[-1].name[:4]


def test_the_site_reads_and_writes_every_other_table(database, owner_engine):
    guarded = {"ledger_entry", "ledger_line", "ledger_account", "wallet_consent", "alembic_version"}
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


@pytest.mark.parametrize("kind", ["UPDATE", "DELETE", "TRUNCATE"])
def test_what_somebody_agreed_to_cannot_be_changed_by_the_site(owner_engine, kind):
    held = sa.text("SELECT has_table_privilege('portal_site', 'wallet_consent', :kind)")
    with owner_engine.connect() as connection:
        assert connection.scalar(held, {"kind": kind}) is False
