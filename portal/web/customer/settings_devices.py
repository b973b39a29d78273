"""Where the customer is signed in, and the button that signs out every other device."""

from __future__ import annotations

import flask
import flask_babel
import flask_login

from portal.domain.identity import queries
from portal.journeys import sign_out
from portal.web.shared import devices, site

bp = flask.Blueprint("settings_devices", __name__)


@bp.get("/settings/devices")
def show() -> str:
    """Show the devices: this one, then the others, last used first."""
    person = flask_login.current_user
    found = queries.devices(site.reader(), customer_id=person.id, now=site.ctx().clock.now())
    shown = [
        {
            "name": devices.name(one.device),
            "address": one.address,
            "since": one.created_at,
            "seen": one.last_seen_at,
            "here": one.session_id == person.session_id,
        }
        for one in found
    ]
    shown.sort(key=lambda one: not one["here"])
    return flask.render_template("customer/settings_devices.html", devices=shown)


@bp.post("/settings/devices")
def send() -> flask.typing.ResponseReturnValue:
    """Sign out every device but this one."""
    person = flask_login.current_user
    ended = sign_out.everywhere_else(
        site.ctx(),
        customer_id=person.id,
        subject=person.number,
        keep=person.session_id,
        who=site.who(),
    )
    told = flask_babel.ngettext(
        "%(num)d device was signed out.", "%(num)d devices were signed out.", ended
    )
    flask.flash(told, "good")
    return flask.redirect("/settings/devices", 303)
