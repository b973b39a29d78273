"""Takes browsers' reports of a broken content policy; logs the directive, never the page."""

from __future__ import annotations

import flask
import structlog

bp = flask.Blueprint("shared", __name__)
log = structlog.get_logger("portal.web")


@bp.post("/csp-report")
def csp_report() -> flask.typing.ResponseReturnValue:
    """Log what was blocked."""
    body = flask.request.get_json(force=True, silent=True)
    report = body.get("csp-report", {}) if isinstance(body, dict) else {}
    if isinstance(report, dict):
        log.warning(
            "csp",
            directive=str(report.get("violated-directive", ""))[:100],
            blocked=str(report.get("blocked-uri", ""))[:100].partition("?")[0],
        )
    return "", 204
