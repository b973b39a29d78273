"""Knows which files a browser loads from the sandbox and under which rules; holds no script."""

import pathlib

import flask
import werkzeug

from portal.sandbox import world as worlds

_ASSETS = pathlib.Path(__file__).parent / "assets"
_FRAME_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; frame-ancestors *"
)


def blueprint(world: worlds.World) -> flask.Blueprint:
    """``/<anything>/stripe.js`` and everything under ``/frames``."""
    routes = flask.Blueprint("pages", __name__)

    @routes.get("/stripe.js")
    @routes.get("/<path:version>/stripe.js")
    def stripe_js(version: str = "") -> werkzeug.Response:
        return flask.Response(_joined_script(), content_type="text/javascript; charset=utf-8")

    @routes.get("/frames/<name>.html")
    def frame(name: str) -> str:
        if name not in ("payment", "controller"):
            flask.abort(404)
        return flask.render_template(f"{name}.html", month=world.clock.now().strftime("%Y-%m"))

    @routes.get("/frames/<path:name>")
    def asset(name: str) -> werkzeug.Response:
        return flask.send_from_directory(_ASSETS, name)

    @routes.get("/favicon.ico")
    def no_icon() -> werkzeug.Response:
        return flask.Response(status=204)

    @routes.after_app_request
    def guard(response: werkzeug.Response) -> werkzeug.Response:
        path = flask.request.path
        if path.startswith(("/frames/", "/3ds/", "/sandbox/", "/verify/")):
            response.headers["Content-Security-Policy"] = _FRAME_POLICY
            response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return routes


def _joined_script() -> str:
    parts = sorted((_ASSETS / "stripe").glob("*.js"))
    body = "\n".join(part.read_text() for part in parts)
    return f'(() => {{\n"use strict";\n\n{body}}})();\n'
