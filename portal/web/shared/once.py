"""The key a form carries so that a second press does nothing more; knows no form and no journey."""

from __future__ import annotations

import secrets

import flask

LENGTH = 16  # bytes of chance in a key
SHORTEST, LONGEST = 16, 64  # letters in a key


def new_key() -> str:
    """A key for a form that is about to be shown."""
    return secrets.token_urlsafe(LENGTH)


def given_key() -> str:
    """The key that came with the form; without one of ours the press counts for itself.

    One that is not ours would let another form's payment or message answer.
    """
    given = flask.request.form.get("once_key", "")
    return given if SHORTEST <= len(given) <= LONGEST else new_key()
