"""What watchers are told: alive, ready, or what is missing."""

import dataclasses

import pytest
import sqlalchemy as sa

from portal import app as portal_app
from portal import schema
from portal.gateways import queue
from portal.kernel import db


@pytest.fixture
def stamped(owner_engine):
    """Pretends that the database is at another revision."""

    def stamp(revision):
        with owner_engine.begin() as connection:
            connection.execute(
                sa.text("UPDATE alembic_version SET version_num = :to"), {"to": revision}
            )

    yield stamp
    stamp(schema.head())


def test_a_whole_site_is_ready(client):
    assert client.get("/readyz").json == {"status": "ok"}
    assert client.get("/healthz").json == {"status": "ok"}


def test_a_database_that_lacks_a_migration_is_not_ready(client, stamped):
    stamped("0003")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["missing"] == "migrations"


def test_a_database_that_is_ahead_serves_the_code_before(client, stamped):
    stamped("9999")
    assert client.get("/readyz").status_code == 200


@pytest.fixture
def bereft(settings, quiet_ctx):
    """A site whose database is gone."""
    url = quiet_ctx.database.engine.url.set(database="nobody_made_this")
    gone = db.Database(url.render_as_string(hide_password=False), defer=queue.deferrer())
    context = dataclasses.replace(quiet_ctx, database=gone)
    yield portal_app.create_app(settings, surroundings=context).test_client()
    gone.close()


def test_without_a_database_the_process_lives_and_is_not_ready(bereft):
    assert bereft.get("/healthz").status_code == 200
    answer = bereft.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["missing"] == "database"


def test_figures_are_for_who_has_the_token(client):
    assert client.get("/metrics").status_code == 404
