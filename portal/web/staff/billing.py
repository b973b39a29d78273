"""Billing runs at the desk: how far they are, what they did, what they set aside and why."""

from __future__ import annotations

import flask
import flask_babel

from portal.domain.billing.queries import billing_runs
from portal.domain.billing.rules import billable
from portal.journeys import put_back
from portal.kernel import ids
from portal.web.shared import numbers, site
from portal.web.staff import frame

bp = flask.Blueprint("desk_billing", __name__, url_prefix="/desk/billing")
_ = flask_babel.gettext


@bp.get("")
def show() -> str:
    """The newest runs, and what waits for somebody to look at it."""
    reader = site.reader()
    runs = billing_runs.latest(reader, most=20)
    return frame.page(
        "billing.html",
        runs=runs,
        goes_on=any(run.finished_at is None for run in runs),
        waiting=[
            (one, _(billable.WORDS.get(one.reason, one.reason)))
            for one in billing_runs.set_aside(reader)
        ],
    )


@bp.post("/<number>/again")
def again(number: str) -> flask.typing.ResponseReturnValue:
    """Let the next run bill what was set aside of the policy: somebody has mended it."""
    policy_no = numbers.wanted(number, ids.Prefix.POLICY)
    if put_back.put_back(site.ctx(), policy_no=policy_no, who=site.who()):
        flask.flash(_("The next run tries it again."), "good")
    else:
        flask.flash(_("Nothing of this policy is set aside any more."), "wait")
    return flask.redirect(flask.url_for("desk_billing.show"))
