"""Screens: they parse, make one call, render; they import no models."""

from __future__ import annotations

import flask
import flask_wtf

from portal.web import api, customer, demo_mail, hooks, probes, staff
from portal.web.shared import reports


def register(app: flask.Flask, *, csrf: flask_wtf.CSRFProtect) -> None:
    """Register every blueprint; machines' addresses prove themselves otherwise than by CSRF."""
    for blueprint in (probes.bp, reports.bp, *hooks.blueprints()):
        app.register_blueprint(blueprint)
        csrf.exempt(blueprint)
    if app.extensions["portal_settings"].environment == "demo":
        app.register_blueprint(demo_mail.bp)
    for blueprint in (*customer.blueprints(), *staff.blueprints(), *api.blueprints()):
        app.register_blueprint(blueprint)
