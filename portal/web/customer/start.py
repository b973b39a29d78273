"""The bare address: the page to sign in for a stranger, else the person's own start."""

from __future__ import annotations

import flask
import flask_login

from portal.web.customer import sign_in
from portal.web.shared import landing

bp = flask.Blueprint("start", __name__)


@bp.get("/")
def show() -> flask.typing.ResponseReturnValue:
    """Show the page to sign in, or go on."""
    person = flask_login.current_user
    if person.is_authenticated:
        return flask.redirect(landing.after_sign_in(person.role))
    return sign_in.page(sign_in.SignInForm(formdata=None))
