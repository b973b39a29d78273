"""What to call a browser in a list of devices; a guess from what it says about itself."""

from __future__ import annotations

import flask_babel

BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "Chromebook"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


def name(user_agent: str) -> str:
    """ "Chrome, Windows" from a User-Agent header; a plain word where it tells nothing."""
    browser = _first(BROWSERS, user_agent)
    system = _first(SYSTEMS, user_agent)
    if browser and system:
        return f"{browser}, {system}"
    return browser or system or flask_babel.gettext("A device we do not know by name")


def _first(marks: tuple[tuple[str, str], ...], text: str) -> str:
    return next((called for mark, called in marks if mark in text), "")
