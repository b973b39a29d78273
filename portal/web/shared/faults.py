"""Error pages in our own look; a database that is gone answers 503, money never in doubt."""

from __future__ import annotations

import flask
import flask_login
import flask_wtf.csrf
import sqlalchemy.exc
import structlog
import werkzeug.exceptions

log = structlog.get_logger("portal.web")
PAGES = (400, 403, 404, 405, 413, 429, 500, 503)


def install(app: flask.Flask) -> None:
    """Register the pages; each needs no database."""
    app.register_error_handler(werkzeug.exceptions.HTTPException, _http)
    app.register_error_handler(flask_wtf.csrf.CSRFError, _csrf)
    app.register_error_handler(sqlalchemy.exc.OperationalError, _database)
    app.register_error_handler(sqlalchemy.exc.InterfaceError, _database)
    app.register_error_handler(sqlalchemy.exc.TimeoutError, _database)
    app.register_error_handler(Exception, _unexpected)


def _page(status: int) -> tuple[str, int]:
    if "_login_user" not in flask.g:  # an error page asks nobody who is signed in
        flask.g._login_user = flask_login.AnonymousUserMixin()
    known = status if status in PAGES else (400 if status < 500 else 500)
    request_id = flask.g.get("request_id", "")
    return flask.render_template(f"errors/{known}.html", request_id=request_id), status


def _http(error: werkzeug.exceptions.HTTPException) -> flask.typing.ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error.get_response()
    body, status = _page(error.code)
    response = flask.make_response(body, status)
    if isinstance(error, werkzeug.exceptions.MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(error.valid_methods)
    return response


def _csrf(_error: flask_wtf.csrf.CSRFError) -> flask.typing.ResponseReturnValue:
    return _page(400)


def _database(error: Exception) -> flask.typing.ResponseReturnValue:
    flask.g.pop("reader", None)
    log.error("database_gone", request_id=flask.g.get("request_id", ""), kind=type(error).__name__)
    body, status = _page(503)
    return flask.make_response(body, status, {"Retry-After": "30"})


def _unexpected(error: Exception) -> flask.typing.ResponseReturnValue:
    log.error("unexpected", request_id=flask.g.get("request_id", ""), exc_info=error)
    return _page(500)
