"""The key a form carries so that a second press does nothing more; knows no form and no journey."""

from __future__ import annotations

import secrets

import flask

LENGTH = 16  # bytes of chance in a key
LONGEST = 64


def new_key() -> str:
    """A key for a form that is about to be shown."""
    return secrets.token_urlsafe(LENGTH)


def given_key() -> str:
    """The key that came with the form; without one the press counts for itself."""
    return flask.request.form.get("once_key", "")[:LONGEST] or new_key()
