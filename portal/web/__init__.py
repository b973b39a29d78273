"""Screens: they parse, make one call, render; they import no models."""

from __future__ import annotations

import flask
import flask_wtf

from portal.web import api, customer, demo_mail, hooks, probes, staff
from portal.web.shared import intake, reports


def register(app: flask.Flask, *, csrf: flask_wtf.CSRFProtect) -> None:
    """Register every blueprint; machines' addresses prove themselves otherwise than by CSRF."""
    for blueprint in (probes.bp, reports.bp, *hooks.blueprints()):
        app.register_blueprint(blueprint)
        csrf.exempt(blueprint)
    if app.extensions["portal_settings"].environment == "demo":
        app.register_blueprint(demo_mail.bp)
    pages = (*customer.blueprints(), *staff.blueprints())
    for blueprint in (*pages, *api.blueprints()):
        app.register_blueprint(blueprint)
    intake.install(app, pages=frozenset(blueprint.name for blueprint in pages))
