"""What every test may ask for: a database of its own, the sandbox, a clock, a site, a client."""

from __future__ import annotations

import datetime
import os
import pathlib
import zoneinfo

import argon2
import fasteners
import playwright.sync_api as playwright
import pytest
import sqlalchemy as sa
import stripe
from werkzeug import routing

from portal import app as portal_app
from portal import config, schema
from portal.domain.identity.operations import passwords
from portal.gateways import embedded_postgres, queue
from portal.journeys import stripe_events
from portal.kernel import clock as clocks
from portal.kernel import collector, db
from portal.web.shared import pace
from tests.support import chromium as chromium_path
from tests.support import cleaning, compiled, paying, surroundings
from tests.support import sandbox as sandboxes

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "test"
ZONE = zoneinfo.ZoneInfo("America/New_York")
WEBHOOK_SECRET = "whsec_test_only"
NOW = datetime.datetime(2026, 11, 24, 15, 0, tzinfo=datetime.UTC)  # Tuesday 10:00 in New York


@pytest.fixture(scope="session", autouse=True)
def quick():
    """Sites are compiled once a worker; Stripe's library tries again without a long rest."""
    collector.relax(new_objects=50_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(routing.Rule, "_compile_builder", compiled.builder)
        patch.setattr(pace.Site, "jinja_options", {"bytecode_cache": compiled.Templates()})
        patch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
        yield


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch):
    """Hashes that take 1 ms instead of 50; the tests of passwords themselves keep the real ones."""
    quick = argon2.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", quick)


@pytest.fixture(scope="session")
def server():
    """The embedded PostgreSQL that all workers share; durability off."""
    if os.environ.get("TEST_DATABASE_SERVER"):
        return None
    return embedded_postgres.EmbeddedPostgres(FOLDER / "postgres", fast=True)


@pytest.fixture(scope="session")
def owner_engine(server, worker_id):
    """An engine on this worker's database, as the owner of its tables."""
    name = f"portal_{worker_id}_{os.getpid()}"  # two runs at once keep apart
    FOLDER.mkdir(parents=True, exist_ok=True)
    with fasteners.InterProcessLock(FOLDER / "template.lock"):
        template = cleaning.template(server.url("postgres"), schema)
        cleaning.clone(server.url("postgres"), template=template, name=name)
    engine = sa.create_engine(cleaning.with_driver(server.url(name)))
    yield engine
    engine.dispose()
    cleaning.drop(server.url("postgres"), name=name)


@pytest.fixture(scope="session")
def worker_database(owner_engine):
    """The database as the site sees it, for the whole run of this worker."""
    database = db.Database(
        owner_engine.url.render_as_string(hide_password=False),
        role="portal_site",
        defer=queue.deferrer(),
        pool_size=4,
    )
    yield database
    database.close()


@pytest.fixture
def database(worker_database, owner_engine):
    """The database, empty but for what migrations filled in."""
    cleaning.empty(owner_engine)
    worker_database.commit_hook = None
    return worker_database


@pytest.fixture
def clock():
    """A clock that stands at 2026-11-24 15:00 UTC until a test moves it."""
    return clocks.SetClock(zone=ZONE, at=NOW)


@pytest.fixture(scope="session")
def running_sandbox(tmp_path_factory):
    """One sandbox process for this worker."""
    running = sandboxes.Sandbox.start(tmp_path_factory.mktemp("sandbox"))
    yield running
    running.stop()


@pytest.fixture
def sandbox(running_sandbox):
    """The sandbox, emptied, its webhooks held until a test takes them, its clock at NOW."""
    running_sandbox.reset()
    running_sandbox.hold_webhooks()
    running_sandbox.set_clock(NOW)
    running_sandbox.register_webhook(
        "http://127.0.0.1:9/hooks/stripe",
        secret=WEBHOOK_SECRET,
        events=list(stripe_events.HANDLERS),
    )
    return running_sandbox


@pytest.fixture(scope="session")
def chromium():
    """One Chromium for this worker; a second driver beside it would not start."""
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=chromium_path.path(), args=list(chromium_path.ARGUMENTS)
        )
        yield browser
        browser.close()


@pytest.fixture
def settings(tmp_path):
    """Test settings; payments point to nowhere unless `ctx` uses the sandbox."""
    return config.from_environment(
        {
            "PORTAL_ENV": "test",
            "PORTAL_VAR": str(tmp_path / "var"),
            "DATABASE_URL": "postgresql://unused",
            "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        }
    )


@pytest.fixture
def ctx(database, clock, settings, sandbox):
    """Surroundings with the real SDK against the sandbox."""
    return surroundings.make(
        database=database,
        clock=clock,
        settings=settings,
        api_base=sandbox.url,
        script_url=f"{sandbox.url}/endive/stripe.js",
    )


@pytest.fixture
def quiet_ctx(database, clock, settings):
    """Surroundings for pages that never speak to Stripe; a call would find nobody there."""
    return surroundings.make(
        database=database,
        clock=clock,
        settings=settings,
        api_base="http://127.0.0.1:9",
        script_url="http://127.0.0.1:9/endive/stripe.js",
    )


@pytest.fixture
def app(settings, quiet_ctx):
    """The site, for pages that never speak to Stripe."""
    return portal_app.create_app(settings, surroundings=quiet_ctx)


@pytest.fixture
def paying_app(settings, ctx):
    """The site with the sandbox behind it."""
    return portal_app.create_app(settings, surroundings=ctx)


@pytest.fixture
def client(app):
    """A browser that is nobody."""
    return app.test_client()


@pytest.fixture
def books_hold(quiet_ctx):
    """The test ends with books that hold."""
    yield
    paying.assert_books(quiet_ctx, with_stripe=False)
