"""Pictures of every page of a running demo, as each of its people, at both widths.

`make demo` in one terminal, `make screenshots` in another; they land in var/screenshots.
"""

import collections
import os
import pathlib
import re
import sys
import urllib.parse

import playwright.sync_api as playwright

from portal.cli import demo
from tests.support import chromium

SITE = os.environ.get("PORTAL_BASE_URL", "http://127.0.0.1:8000")
FOLDER = pathlib.Path(os.environ.get("PORTAL_VAR", "var")) / "screenshots"
WIDTHS = {"phone": 360, "desk": 1280}
MOST = 60  # pages for one person
NUMBER = re.compile(r"[A-Z]{3}-[0-9A-Z-]+")
LEFT_OUT = re.compile(r"/sign-out|\.pdf$|/files?/|/demo/|/static/")


def pattern(path: str) -> str:
    """What pages of one kind have in common: their address without its number."""
    return NUMBER.sub("NO", path)


def links(page: playwright.Page) -> list[str]:
    """The paths of this site that the page leads to."""
    found = page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)")
    parts = [urllib.parse.urlsplit(one) for one in found]
    origin = urllib.parse.urlsplit(SITE).netloc
    return [one.path for one in parts if one.netloc == origin and not LEFT_OUT.search(one.path)]


def take(page: playwright.Page, person: str) -> None:
    """Take this page at both widths."""
    name = pattern(urllib.parse.urlsplit(page.url).path).strip("/").replace("/", "-") or "start"
    for label, width in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": 900})
        file = FOLDER / person / f"{name}.{label}.png"
        page.screenshot(path=file, full_page=True)


def walk(page: playwright.Page, person: str) -> int:
    """Take one page of every kind that can be reached from here; how many."""
    first = urllib.parse.urlsplit(page.url).path
    seen = {pattern(first)}
    waiting = collections.deque([first])
    taken = 0
    while waiting and taken < MOST:
        page.goto(SITE + waiting.popleft())
        take(page, person)
        taken += 1
        for path in links(page):
            if pattern(path) not in seen:
                seen.add(pattern(path))
                waiting.append(path)
    return taken


def sign_in(page: playwright.Page, email: str) -> bool:
    """Sign in; False when nobody of that name is there."""
    page.goto(f"{SITE}/sign-in")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", demo.PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_load_state()
    return "/sign-in" not in page.url


def main() -> int:
    """Take the pictures; how many people could sign in decides the exit code."""
    people = 0
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=chromium.path(), args=list(chromium.ARGUMENTS)
        )
        for email in ["", *(email for email, _ in demo.PEOPLE)]:
            person = email.partition("@")[0] or "visitor"
            context = browser.new_context(locale="en-US")
            page = context.new_page()
            page.goto(f"{SITE}/sign-in")
            if not email or sign_in(page, email):
                people += 1
                sys.stdout.write(f"{person}: {walk(page, person)} pages\n")
            context.close()
        browser.close()
    sys.stdout.write(f"in {FOLDER}\n")
    return 0 if people > 1 else 1


if __name__ == "__main__":
    sys.exit(main())
