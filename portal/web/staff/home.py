"""The start of the desk: how much waits, each count a link; take next."""

from __future__ import annotations

import flask
import flask_login

from portal.domain.reports.queries import desk_counts
from portal.web.shared import site
from portal.web.staff import frame

bp = flask.Blueprint("desk_home", __name__)


@bp.get("/desk")
def show() -> str:
    """The counts."""
    reader = site.reader()
    return frame.page(
        "home.html",
        cases=desk_counts.cases(
            reader, staff_id=flask_login.current_user.id, now=site.ctx().clock.now()
        ),
        money=desk_counts.money(reader),
        waiting=desk_counts.frame(reader).approvals,
    )
