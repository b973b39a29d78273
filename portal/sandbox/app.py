"""Knows how the sandbox becomes one WSGI application; holds no rule of its own."""

import datetime
import pathlib
import typing

import flask
import werkzeug.exceptions

from portal.sandbox import clock as clocks
from portal.sandbox import world as worlds
from portal.sandbox.browser import challenges, pages, verifications
from portal.sandbox.controls import bank, controls, dashboard
from portal.sandbox.wire import api, errors, routes


def create_app(
    *,
    data_dir: str | pathlib.Path,
    clock: clocks.RealClock = clocks.real_now,
    at: datetime.datetime | None = None,
) -> flask.Flask:
    """The application over the files in ``data_dir``.

    ``clock`` is the machine's time; ``at`` freezes the sandbox's time at a moment. The world
    behind it is in ``app.extensions["sandbox"]``; its postman is already at work.
    """
    world = worlds.World(pathlib.Path(data_dir), clock)
    if at is not None:
        world.clock.freeze(at)
        with world.store.transaction():
            world.keep_clock()
    app = flask.Flask(__name__, static_folder=None, template_folder="browser/templates")
    app.extensions["sandbox"] = world
    for route in worlds.ROUTES:
        app.add_url_rule(
            route.address,
            f"{route.method} {route.address}",
            _view(world, route),
            methods=[route.method],
        )
    app.register_blueprint(controls.blueprint(world))
    app.register_blueprint(bank.blueprint(world))
    app.register_blueprint(dashboard.blueprint(world))
    app.register_blueprint(challenges.blueprint(world))
    app.register_blueprint(verifications.blueprint(world))
    app.register_blueprint(pages.blueprint(world))
    app.register_error_handler(api.HungUp, api.hang_up)
    app.register_error_handler(errors.ApiError, _api_error)
    app.register_error_handler(404, _unknown_address)
    app.register_error_handler(405, _unknown_address)
    world.postman.start()
    return app


def _view(world: worlds.World, route: routes.Route) -> typing.Callable[..., flask.Response]:
    def view(**names: str) -> flask.Response:
        return world.api.serve(route, **names)

    return view


def _api_error(error: errors.ApiError) -> tuple[errors.JsonObject, int]:
    return error.body(), error.status


def _unknown_address(
    _: werkzeug.exceptions.HTTPException,
) -> tuple[errors.JsonObject, int]:
    message = f"Unrecognized request URL ({flask.request.method}: {flask.request.path})."
    return errors.ApiError(message, status=404).body(), 404
