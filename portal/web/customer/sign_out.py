"""Sign out: a button; a GET only shows it."""

from __future__ import annotations

import flask
import flask_login
from flask_babel import gettext as _

from portal.journeys import sign_out
from portal.web.shared import sign_in_state, site

bp = flask.Blueprint("sign_out", __name__)


@bp.get("/sign-out")
def show() -> flask.typing.ResponseReturnValue:
    """Show the button, or the way in when nobody is signed in."""
    if not flask_login.current_user.is_authenticated:
        return flask.redirect("/sign-in")
    return flask.render_template("customer/sign_out.html")


@bp.post("/sign-out")
def send() -> flask.typing.ResponseReturnValue:
    """End the session."""
    person = flask_login.current_user
    if person.is_authenticated:
        is_customer = person.role == "customer"
        sign_out.here(
            site.ctx(),
            session_id=person.session_id,
            subject=person.number,
            customer_id=person.id if is_customer else None,
            who=site.who(),
        )
    sign_in_state.sign_out()
    flask.flash(_("You are signed out."), "good")
    return flask.redirect("/sign-in", 303)
