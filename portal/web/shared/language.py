"""Which language a page speaks: asked for, chosen before, the person's own, the browser's."""

from __future__ import annotations

import flask
import flask_babel

LANGUAGES = ("en", "es")


def install(app: flask.Flask, *, folder: str, time_zone: str) -> None:
    """Set Flask-Babel up; `?lang=es` is remembered in the cookie's session."""
    flask_babel.Babel(
        app,
        default_locale="en",
        default_timezone=time_zone,
        default_translation_directories=folder,
        locale_selector=choose,
    )
    app.before_request(_remember)


def choose() -> str:
    """The language of this page: "en" or "es"."""
    if not flask.has_request_context():
        return "en"
    asked = flask.request.args.get("lang") or flask.session.get("lang")
    if asked in LANGUAGES:
        return asked
    person = flask.g.get("_login_user")
    if person is not None and person.is_authenticated:
        return person.language
    return flask.request.accept_languages.best_match(LANGUAGES) or "en"


def _remember() -> None:
    asked = flask.request.args.get("lang")
    if asked in LANGUAGES and flask.session.get("lang") != asked:
        flask.session["lang"] = asked
