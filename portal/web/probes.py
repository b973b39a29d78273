"""What watches the site: is the process alive, can it serve, what did it count."""

from __future__ import annotations

import hmac

import flask
import prometheus_client
import sqlalchemy as sa
import sqlalchemy.exc
import werkzeug.exceptions

from portal.web.shared import site

bp = flask.Blueprint("probes", __name__)


@bp.get("/healthz")
def healthz() -> flask.typing.ResponseReturnValue:
    """The process answers."""
    return {"status": "ok"}


@bp.get("/readyz")
def readyz() -> flask.typing.ResponseReturnValue:
    """Database, migrations and job queue are there; 503 with what is missing otherwise.

    A database that is ahead is no fault: while a release goes out, the code before still serves.
    """
    try:
        with site.ctx().database.reading() as session:
            at = session.scalar(sa.text("SELECT version_num FROM alembic_version"))
            session.execute(sa.text("SELECT 1 FROM procrastinate_jobs LIMIT 1"))
    except sqlalchemy.exc.SQLAlchemyError:
        return {"status": "unavailable", "missing": "database"}, 503
    if at is None or at in flask.current_app.extensions["portal_schema_older"]:
        return {"status": "unavailable", "missing": "migrations"}, 503
    return {"status": "ok"}


@bp.get("/metrics")
def metrics() -> flask.typing.ResponseReturnValue:
    """Prometheus counters, for who has the token."""
    token = site.settings().metrics_token
    given = flask.request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not hmac.compare_digest(given.encode(), token.encode()):
        raise werkzeug.exceptions.NotFound
    return flask.Response(prometheus_client.generate_latest(), mimetype="text/plain; version=0.0.4")
