"""The way from a request to the journeys: context, reading session, person, actor."""

from __future__ import annotations

import flask
import flask_login
from sqlalchemy import orm

from portal import config
from portal.journeys import context
from portal.kernel import actor


def ctx() -> context.Context:
    """The surroundings that journeys are given."""
    return flask.current_app.extensions["portal_context"]


def settings() -> config.Settings:
    """The frozen settings."""
    return flask.current_app.extensions["portal_settings"]


def reader() -> orm.Session:
    """This request's session for queries, closed when the request ends."""
    if "reader" not in flask.g:
        flask.g.reader = ctx().database.reader()
    return flask.g.reader


def close_reader(_error: BaseException | None = None) -> None:
    """Give the reading session back; registered as a teardown."""
    session = flask.g.pop("reader", None)
    if session is not None:
        session.close()


def who() -> actor.Actor:
    """The doer of this request, for operations and the audit log."""
    person = flask_login.current_user
    about = {
        "request_id": flask.g.get("request_id", ""),
        "address": flask.request.remote_addr or "",
        "device": flask.request.user_agent.string[:300],
    }
    if not person.is_authenticated:
        return actor.Actor(kind=actor.ActorKind.SYSTEM, label="visitor", **about)
    kind = actor.ActorKind.CUSTOMER if person.role == "customer" else actor.ActorKind.STAFF
    return actor.Actor(kind=kind, label=person.name, id=person.id, role=person.role, **about)
