"""The start of the desk: how much waits, each count a link; take next."""

from __future__ import annotations

import flask

from portal.domain.reports.queries import desk_counts
from portal.web.shared import site
from portal.web.staff import frame

bp = flask.Blueprint("desk_home", __name__)


@bp.get("/desk")
def show() -> str:
    """The counts."""
    troubles = desk_counts.money(site.reader(), now=site.ctx().clock.now())
    return frame.page("home.html", cases=frame.counts(), money=troubles)
