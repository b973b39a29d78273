"""`make screenshots`: every main screen of the demo, small and wide, light and dark, en and es.

Starts the demo on free ports with data of its own under var/screens/demo and writes PNGs to
var/screens/. With README=1 the six of the README are also written, as small files, to
docs/screens/.
"""

from __future__ import annotations

import contextlib
import io
import os
import pathlib
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

import PIL.Image
import playwright.sync_api as playwright

from tests.support import chromium, sandbox

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "var" / "screens"
PASSWORD = "demo-password-2026"
SIZES = {360: 780, 1280: 900}
WAIT_SECONDS = 180
COLOURS = 128  # of a picture in the README: enough for flat colours, a third of the weight
PAGES = {
    "nobody": (("sign-in", "/sign-in"), ("activate", "/activate")),
    "maria": (
        ("home", "/home"),
        ("invoices", "/invoices"),
        ("invoice", "first:/invoices"),
        ("policies", "/policies"),
        ("policy", "first:/policies"),
        ("pay", "/pay"),
        ("payments", "/payments"),
        ("payment", "first:/payments"),
        ("statements", "/statements"),
        ("statement", "first:/statements"),
        ("methods", "/payment-methods"),
        ("autopay", "/autopay"),
        ("autopay-pet", "first:/autopay"),
        ("settings", "/settings"),
        ("dispute-new", "/disputes/new"),
    ),
    "sam": (
        ("home", "/home"),
        ("autopay-pet", "first:/autopay"),
        ("invoices", "/invoices"),
        ("payments", "/payments"),
    ),
    "lee": (("home", "/home"), ("dispute", "first:/disputes")),
    "grace": (
        ("desk", "/desk"),
        ("queue", "/desk/queue"),
        ("case", "first:/desk/queue"),
        ("customers", "/desk/customers"),
        ("customer", "first:/desk/customers"),
        ("ledger", "/desk/ledger"),
        ("billing", "/desk/billing"),
        ("billing-settings", "/desk/billing/settings"),
    ),
    "omar": (("approvals", "/desk/approvals"), ("approval", "first:/desk/approvals")),
}
FIRST = {
    "/invoices": r"/invoices/INV-\w+$",
    "/policies": r"/policies/POL-\w+$",
    "/autopay": r"/autopay/POL-\w+$",
    "/payments": r"/payments/PAY-\w+$",
    "/statements": r"/statements/\d{4}-\d\d$",
    "/disputes": r"/disputes/DSP-\w+$",
    "/desk/queue": r"/desk/disputes/DSP-\w+",
    "/desk/customers": r"/desk/customers/CUS-\w+$",
    "/desk/approvals": r"/desk/approvals/APR-\w+$",
}
README = {
    ("maria", "home", 360),
    ("maria", "pay", 360),
    ("lee", "dispute", 360),
    ("maria", "invoice", 1280),
    ("grace", "case", 1280),
    ("grace", "ledger", 1280),
}


@contextlib.contextmanager
def demo():
    """The demo running on free ports; its address."""
    site, counterpart = sandbox.free_port(), sandbox.free_port()
    environ = {
        **os.environ,
        "PORTAL_ENV": "demo",
        "PORTAL_VAR": str(OUT / "demo"),
        "PORTAL_BIND": f"127.0.0.1:{site}",
        "SANDBOX_BIND": f"127.0.0.1:{counterpart}",
    }
    flask = pathlib.Path(sys.executable).with_name("flask")
    running = subprocess.Popen([flask, "demo"], env=environ, cwd=ROOT)
    try:
        _await(f"http://127.0.0.1:{site}/readyz", running)
        yield f"http://127.0.0.1:{site}"
    finally:
        running.terminate()
        running.wait(30)


def _await(url: str, running: subprocess.Popen) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        if running.poll() is not None:
            raise SystemExit("the demo did not start")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.wait(0.5)
    raise SystemExit(f"the demo did not answer within {WAIT_SECONDS} s")


def sign_in(page: playwright.Page, base: str, name: str) -> None:
    """Sign in as a demo person."""
    page.goto(f"{base}/sign-in")
    if name == "nobody":
        return
    page.locator('input[type="email"]').fill(f"{name}@demo.test")
    page.locator('input[type="password"]').fill(PASSWORD)
    page.locator("form button[type=submit]").first.click()
    page.wait_for_url(re.compile(r"/(home|desk)"))


def open_page(page: playwright.Page, base: str, where: str) -> bool:
    """Open an address, or the first thing that a list leads to; whether there is one."""
    if not where.startswith("first:"):
        page.goto(base + where)
        return True
    listed = where.removeprefix("first:")
    page.goto(base + listed)
    for link in page.locator("a[href]").all():
        href = link.get_attribute("href") or ""
        if re.search(FIRST[listed], href.partition("?")[0]):
            page.goto(base + href)
            return True
    return False


def main() -> None:
    """Take every screen."""
    OUT.mkdir(parents=True, exist_ok=True)
    with demo() as base, playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=chromium.path(), args=list(chromium.ARGUMENTS)
        )
        for name, pages in PAGES.items():
            for width in SIZES:
                for scheme, language in (("light", "en"), ("dark", "en"), ("light", "es")):
                    take(browser, base, name, pages, width, scheme, language)
        browser.close()
    sys.stdout.write(f"screens are in {OUT}\n")


def take(browser, base, name, pages, width, scheme, language) -> None:
    """One person's screens at one width, in one scheme and language."""
    context = browser.new_context(
        viewport={"width": width, "height": SIZES[width]}, color_scheme=scheme
    )
    page = context.new_page()
    sign_in(page, base, name)
    page.goto(f"{base}/sign-in?lang={language}")
    for title, where in pages:
        if not open_page(page, base, where):
            sys.stdout.write(f"nothing to show: {name} {where}\n")
            continue
        path = OUT / f"{name}-{title}-{width}-{scheme}-{language}.png"
        page.screenshot(path=path, full_page=True)
        chosen = (name, title, width) in README and (scheme, language) == ("light", "en")
        if os.environ.get("README") and chosen:
            shown = ROOT / "docs" / "screens" / f"{title}.png"
            shown.parent.mkdir(parents=True, exist_ok=True)
            picture = PIL.Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            picture.quantize(COLOURS).save(shown, optimize=True)
    context.close()


if __name__ == "__main__":
    main()
