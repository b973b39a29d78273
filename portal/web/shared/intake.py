"""Refuses what no browser sends to a page of ours: NUL characters, JSON, a file for a word.

PostgreSQL takes no NUL in a text, and a form library that is handed JSON or a file finds lists,
numbers and files where it expects words. Refusing it once spares every form the question.
"""

from __future__ import annotations

import flask
import werkzeug.exceptions

from portal.web.shared import chosen_files

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
    if set(request.files) - {chosen_files.FIELD}:
        raise werkzeug.exceptions.BadRequest
    for name, values in request.form.lists():
        if NUL in name or any(NUL in value for value in values):
            raise werkzeug.exceptions.BadRequest
