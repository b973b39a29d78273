"""Flask-Login over our own sessions table: who is behind the cookie."""

from __future__ import annotations

import flask
import flask_login

from portal.domain.identity import queries
from portal.domain.identity.operations import sessions
from portal.web.shared import site


class Person(flask_login.UserMixin):
    """The signed-in person of a request, for views and templates."""

    def __init__(self, token: str, found: queries.SignedIn) -> None:
        self._token = token
        self.session_id = found.session_id
        self.role = found.role
        self.id = found.id
        self.number = found.number
        self.name = found.name
        self.first_name = found.first_name
        self.email = found.email
        self.language = found.language
        self.last_seen_at = found.last_seen_at

    def get_id(self) -> str:
        """What the cookie keeps: the session's secret token."""
        return self._token


def install(app: flask.Flask) -> None:
    """Register the login manager and the write of "last seen"."""
    manager = flask_login.LoginManager(app)
    manager.session_protection = None
    manager.user_loader(_load)
    app.after_request(_seen)


def sign_in(token: str) -> None:
    """Keep the token of a session just begun; whatever the visitor's cookie held is dropped."""
    flask.session.clear()
    flask.session["_user_id"] = token
    flask.session["_fresh"] = True
    flask.session.permanent = True


def sign_out() -> None:
    """Forget everything the cookie held."""
    flask.session.clear()


def _load(token: str) -> Person | None:
    found = queries.signed_in(
        site.reader(), token_hash=sessions.token_hash(token), now=site.ctx().clock.now()
    )
    return None if found is None else Person(token, found)


def _seen(response: flask.Response) -> flask.Response:
    """Write "last seen" at most once in five minutes; the only write of a GET besides reads."""
    person = flask.g.get("_login_user")
    if person is None or not person.is_authenticated:
        return response
    context = site.ctx()
    now = context.clock.now()
    if now - person.last_seen_at >= sessions.SEEN_EVERY:
        with context.database.unit_of_work() as session:
            sessions.touch(session, session_id=person.session_id, now=now)
    return response
