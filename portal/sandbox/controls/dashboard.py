"""Knows one plain page that shows what the sandbox holds; changes nothing."""

import flask

from portal.sandbox import world as worlds

_SHOWN = 40
_DELIVERIES = (
    "SELECT d.event, o.type, d.state, d.attempts, d.last_answer FROM deliveries d"
    " JOIN objects o ON o.id = d.event ORDER BY d.id DESC LIMIT ?"
)


def blueprint(world: worlds.World) -> flask.Blueprint:
    """``/sandbox/``."""
    routes = flask.Blueprint(
        "dashboard", __name__, url_prefix="/sandbox", template_folder="templates"
    )

    @routes.get("/")
    def dashboard() -> str:
        with world.store.transaction():
            held = {
                kind: world.store.select(
                    "kind = ? ORDER BY seq DESC LIMIT ?", (kind, _SHOWN)
                )
                for kind in ("payment_intent", "setup_intent", "refund", "event", "customer")
            }
            deliveries = world.store.db.execute(_DELIVERIES, (_SHOWN,)).fetchall()
        return flask.render_template(
            "dashboard.html",
            now=world.clock.now(),
            is_frozen=world.clock.is_frozen,
            held=held,
            deliveries=deliveries,
        )

    return routes
