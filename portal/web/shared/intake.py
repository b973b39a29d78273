"""Refuses what no browser sends to a page of ours: NUL characters, JSON for a form; reads no field.

PostgreSQL takes no NUL in a text, and a form library that is handed JSON finds lists and numbers
where it expects words. Refusing both once spares every form the question.
"""

from __future__ import annotations

import flask
import werkzeug.exceptions

NUL = "\x00"


def install(app: flask.Flask, *, pages: frozenset[str]) -> None:
    """Look at every request to the blueprints `pages`, after its person and token are known."""

    @app.before_request
    def look() -> None:
        request = flask.request
        if request.blueprint not in pages:
            return
        if NUL in request.path:
            raise werkzeug.exceptions.NotFound
        if b"%00" in request.query_string:
            raise werkzeug.exceptions.BadRequest
        if request.method == "POST":
            _look_at_form(request)


def _look_at_form(request: flask.Request) -> None:
    if request.is_json:
        raise werkzeug.exceptions.UnsupportedMediaType
    for name, values in request.form.lists():
        if NUL in name or any(NUL in value for value in values):
            raise werkzeug.exceptions.BadRequest
