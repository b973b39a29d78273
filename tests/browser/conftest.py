"""The whole product in Chromium: a real site on a port, the sandbox behind it, jobs when asked."""

from __future__ import annotations

import dataclasses
import json
import pathlib

import playwright.sync_api as playwright
import pytest
import sqlalchemy as sa
import werkzeug.serving

from portal import app as portal_app
from tests.support import jobs, people, serving, surroundings
from tests.support import sandbox as sandboxes

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SIZES = {360: 640, 1280: 800}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


class Site:
    """The running product and what a test does beside the browser."""

    def __init__(self, ctx, url: str, settings, app) -> None:
        self.ctx = ctx
        self.app = app
        self.url = url
        self.settings = settings

    def run_jobs(self) -> list[str]:
        """Run every waiting job: mails, refunds, events."""
        return jobs.run_all(self.ctx)

    def mails_to(self, address: str) -> list[str]:
        """Subjects of the mails queued for an address, oldest first."""
        with self.ctx.database.reading() as session:
            rows = session.execute(
                sa.text("SELECT subject FROM mail WHERE recipient = :to ORDER BY id"),
                {"to": address},
            )
            return [row.subject for row in rows]


@pytest.fixture
def site(database, clock, sandbox, settings):
    """The product on a port of its own, threads enough for a browser."""
    port = sandboxes.free_port()
    url = f"http://127.0.0.1:{port}"
    settings = dataclasses.replace(
        settings,
        base_url=url,
        stripe_api_base=sandbox.url,
        stripe_js_url=f"{sandbox.url}/endive/stripe.js",
    )
    ctx = surroundings.make(
        database=database,
        clock=clock,
        settings=settings,
        api_base=sandbox.url,
        script_url=settings.stripe_js_url,
    )
    app = portal_app.create_app(settings, surroundings=ctx)
    server = werkzeug.serving.make_server("127.0.0.1", port, app, threaded=True)
    with serving.running(server):
        yield Site(ctx, url, settings, app)


class Visitor:
    """A person in a browser window; every console error and policy report is kept."""

    def __init__(self, page: playwright.Page, site: Site) -> None:
        self.page = page
        self.site = site
        self.complaints: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._asked)

    def open(self, path: str) -> playwright.Page:
        """Open a page of the site."""
        self.page.goto(self.site.url + path)
        return self.page

    def axe(self) -> list[str]:
        """What axe finds on the page by WCAG 2.2 AA, as words."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text())
        found = self.page.evaluate(
            "options => axe.run(document, options).then(found => found.violations)",
            {"runOnly": RULES, "iframes": False, "resultTypes": ["violations"]},
        )
        return [
            f"{item['id']}: {json.dumps([n['target'] for n in item['nodes']])}" for item in found
        ]

    def overflow(self) -> int:
        """By how many pixels the page scrolls sideways."""
        return self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )

    def overflow_at_320(self) -> int:
        """The same on the narrowest screen there is; the width is as it was afterwards."""
        before = self.page.viewport_size
        self.page.set_viewport_size({"width": 320, "height": 640})
        found = self.overflow()
        self.page.set_viewport_size(before)
        return found

    def _heard(self, message: playwright.ConsoleMessage) -> None:
        declined = "status of 402" in message.text  # Stripe answers a declined card so
        if message.type == "error" and not declined:
            self.complaints.append(message.text)

    def _asked(self, request: playwright.Request) -> None:
        if request.url.endswith("/csp-report"):
            self.complaints.append(f"policy: {request.post_data}")


both_widths = pytest.mark.parametrize("width", sorted(SIZES), indirect=True)
on_a_desk = pytest.mark.parametrize("width", [max(SIZES)], indirect=True)


@pytest.fixture
def width(request) -> int:
    """The window's width: a small phone, unless the test is for another or for both."""
    return getattr(request, "param", min(SIZES))


@pytest.fixture
def visit(chromium, site, width):
    """Open a browser window as a person (or as nobody); complaints fail the test at its end."""
    visitors: list[Visitor] = []

    def begin(person=None) -> Visitor:
        context = chromium.new_context(
            viewport={"width": width, "height": SIZES[width]}, locale="en-US"
        )
        context.set_default_timeout(10_000)
        if person is not None:
            context.add_cookies([cookie(site, person)])
        visitor = Visitor(context.new_page(), site)
        visitors.append(visitor)
        return visitor

    yield begin
    complaints = [text for visitor in visitors for text in visitor.complaints]
    for visitor in visitors:
        visitor.page.context.close()
    assert complaints == []


def cookie(site: Site, person) -> dict[str, str]:
    """The cookie of a session that really stands in the database."""
    client = site.app.test_client()
    people.sign_in(client, person, now=site.ctx.clock.now())
    cookie = client.get_cookie(site.app.config["SESSION_COOKIE_NAME"])
    return {"name": cookie.key, "value": cookie.value, "url": site.url}
