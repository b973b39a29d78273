"""What a specialist does with a message of Stripe's that could not be handled."""

from __future__ import annotations

import flask
import flask_babel

from portal.journeys import close_event
from portal.web.shared import site

bp = flask.Blueprint("desk_event", __name__)
BACK = "/desk/trouble#events"


@bp.post("/desk/trouble/events/<number>/close")
def close(number: str) -> flask.typing.ResponseReturnValue:
    """Close it: somebody has dealt with it at Stripe."""
    was_waiting = close_event.close(site.ctx(), external_id=number, who=site.who())
    return _back(was_waiting, flask_babel.gettext("The message is closed."))


@bp.post("/desk/trouble/events/<number>/again")
def again(number: str) -> flask.typing.ResponseReturnValue:
    """Have it tried again now."""
    was_waiting = close_event.try_again(site.ctx(), external_id=number, who=site.who())
    return _back(was_waiting, flask_babel.gettext("The message is tried again now."))


def _back(was_waiting: bool, words: str) -> flask.typing.ResponseReturnValue:
    if was_waiting:
        flask.flash(words, "good")
    else:
        flask.flash(flask_babel.gettext("This message waits for nobody any more."), "wait")
    return flask.redirect(BACK)
