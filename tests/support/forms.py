"""Sending forms as a browser does: the page's own token, and what is typed."""

from __future__ import annotations

import re

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def token(client, page: str) -> str:
    """The token of the form on `page`."""
    found = TOKEN.search(client.get(page).get_data(as_text=True))
    assert found, f"no form on {page}"
    return found[1]


def post(client, page: str, *, to: str = "", **typed):
    """Open `page`, fill in its form and send it, to `to` where that is another address."""
    return client.post(to or page, data={"csrf_token": token(client, page), **typed})


def send(client, html: str, *, to: str, **typed):
    """Send a form as it stands in `html`, its hidden fields with what is typed."""
    return client.post(to, data=dict(HIDDEN.findall(html)) | typed)
