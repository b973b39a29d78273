"""One JSON log line per request: id, route's rule, status, time; never the path or a body."""

from __future__ import annotations

import re
import secrets
import time

import flask
import structlog

ID_BYTES = 6  # short enough to be read out on the phone
_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
log = structlog.get_logger("portal.web")


def install(app: flask.Flask) -> None:
    """Give every request an id and log its end."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    given = flask.request.headers.get("X-Request-Id", "")
    flask.g.request_id = given if _SAFE_ID.fullmatch(given) else secrets.token_hex(ID_BYTES)
    flask.g.begun = time.perf_counter()


def _end(response: flask.Response) -> flask.Response:
    response.headers["X-Request-Id"] = flask.g.get("request_id", "")
    if flask.request.endpoint not in ("static", "probes.healthz", "probes.readyz"):
        rule = flask.request.url_rule
        begun = flask.g.get("begun")
        log.info(
            "request",
            request_id=flask.g.get("request_id", ""),
            method=flask.request.method,
            rule=rule.rule if rule else "none",
            status=response.status_code,
            ms=round((time.perf_counter() - begun) * 1000, 1) if begun else None,
        )
    return response
