"""The queue of open cases: views, filters, search, take next, and the count of new work."""

from __future__ import annotations

import datetime

import flask
import flask_babel

from portal.domain.disputes.queries import queue
from portal.journeys import work_dispute
from portal.kernel import errors, paging
from portal.web.shared import sentences, site
from portal.web.staff import frame, queue_list

bp = flask.Blueprint("desk_queue", __name__)


@bp.get("/desk/queue")
def show() -> str:
    """The open cases, most urgent first, and who has how much in hand."""
    return frame.page(
        "queue.html", list=queue_list.listing(), team=queue.staff_with_load(site.reader())
    )


@bp.post("/desk/queue/next")
def take_next() -> flask.typing.ResponseReturnValue:
    """Take the most urgent case that nobody has, and open it."""
    try:
        number = work_dispute.take_next(site.ctx(), who=site.who())
    except errors.DomainError as error:
        flask.flash(sentences.said(error), "wait")
        return flask.redirect("/desk/queue?view=mine")
    if number is None:
        flask.flash(flask_babel.gettext("Every open case is taken."), "good")
        return flask.redirect("/desk/queue")
    return flask.redirect(f"/desk/disputes/{number}")


@bp.get("/desk/queue/new")
def new() -> flask.typing.ResponseReturnValue:
    """How many open cases were raised since a moment, as JSON; 0 for what is no moment."""
    since = paging.moment(flask.request.args.get("since", ""))
    if since is None or since < datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC):
        return flask.jsonify(count=0)
    return flask.jsonify(count=queue.new_since(site.reader(), since=since))
