"""A payment page under a strict policy on an origin of its own, and a Chromium to open it."""

import collections.abc
import contextlib
import functools
import http.server
import pathlib

import playwright.sync_api as playwright
import pytest

from tests.support import sandbox as sandboxes
from tests.support import serving

HERE = pathlib.Path(__file__).parent
PUBLIC_HOST = "https://js.stripe.com"


class PageHandler(http.server.BaseHTTPRequestHandler):
    """Serves the page with the policy that the product uses, for one script origin."""

    script_origin = ""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        name = {"/page.js": "page.js", "/page.css": "page.css"}.get(path, "page.html")
        kind = {"js": "text/javascript", "css": "text/css", "html": "text/html"}
        script = f"{self.script_origin}/dahlia/stripe.js"
        body = (HERE / name).read_text().replace("SCRIPT", script).encode()
        if path in ("/back", "/favicon.ico"):
            name, body = "back.html", b"<!doctype html><title>Back</title><h1>Back</h1>"
        self.send_response(200)
        self.send_header("Content-Type", f"{kind[name.rpartition('.')[2]]}; charset=utf-8")
        self.send_header(
            "Content-Security-Policy",
            f"default-src 'none'; script-src 'nonce-N0nce' {self.script_origin}; "
            f"style-src 'self'; frame-src {self.script_origin}; "
            f"connect-src {self.script_origin}; form-action 'self'; base-uri 'none'",
        )
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serve(script_origin: str) -> collections.abc.Iterator[str]:
    """The address of the page's own server while the block runs."""
    handler = type("Handler", (PageHandler,), {"script_origin": script_origin})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler))
    with serving.running(server):
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def site(sandbox: sandboxes.Sandbox) -> collections.abc.Iterator[str]:
    """The address of the page, its script coming straight from the sandbox."""
    with serve(sandbox.url) as address:
        yield address


@pytest.fixture
def public_site(sandbox: sandboxes.Sandbox) -> collections.abc.Iterator[str]:
    """The same page as in production: script and frames from Stripe's public host."""
    with serve(PUBLIC_HOST) as address:
        yield address


@pytest.fixture
def page(chromium: playwright.Browser) -> collections.abc.Iterator[playwright.Page]:
    """A phone's page; any console error, page error or policy report fails the test.

    Chromium's own note that the API answered 4xx is none.
    """
    context = chromium.new_context(viewport={"width": 320, "height": 800}, locale="en-US")
    page = context.new_page()
    page.set_default_timeout(8000)
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on(
        "console",
        lambda said: (
            troubles.append(said.text)
            if said.type == "error" and "responded with a status of 4" not in said.text
            else None
        ),
    )
    yield page
    context.close()
    assert troubles == []
