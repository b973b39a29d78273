"""Moving a policy to another customer: seen with all that follows, asked of a second person."""

from __future__ import annotations

from typing import Any

import flask
import flask_babel
import werkzeug.exceptions

from portal.domain.approvals import rules as approvals
from portal.domain.identity import queries as identity
from portal.domain.policies import queries
from portal.journeys import move_policy, term_scene
from portal.kernel import errors, ids
from portal.web.shared import numbers, sentences, site
from portal.web.staff import frame, move_request

bp = flask.Blueprint("desk_move", __name__, url_prefix="/desk/policies")
_ = flask_babel.gettext
UNPROCESSABLE = 422
FIELDS = {
    "move_to_nobody": "to",
    "move_to_same": "to",
    "approval_reason_missing": "reason",
    "approval_reason_too_long": "reason",
}


@bp.get("/<number>/move")
def show(number: str) -> str:
    """The form."""
    return _page(numbers.wanted(number, ids.Prefix.POLICY), "", "", None, None)


@bp.post("/<number>/move")
def send(number: str) -> flask.typing.ResponseReturnValue:
    """Show what the move would do, or ask a second person for what was shown."""
    policy_no, form = numbers.wanted(number, ids.Prefix.POLICY), flask.request.form
    to, reason = form.get("to", "")[:300], form.get("reason", "")[:2100]
    ask = move_policy.Ask(policy_no=policy_no, to=to, reason=reason)
    try:
        approvals.clean_reason(reason)
        if form.get("look"):
            return _page(policy_no, to, reason, move_policy.preview(site.ctx(), ask=ask), None)
        seen = form.get("facts_version", "")
        asked = move_policy.request(site.ctx(), ask=ask, facts_version=seen, who=site.who())
    except term_scene.NoSuchPolicy:
        raise werkzeug.exceptions.NotFound from None
    except errors.DomainError as refused:
        return _page(policy_no, to, reason, None, refused), UNPROCESSABLE
    flask.flash(_("A second person is asked. Until they agree nothing changes."), "wait")
    return flask.redirect(f"/desk/approvals/{asked}", 303)


def _page(
    policy_no: str,
    to: str,
    reason: str,
    facts: dict[str, Any] | None,
    wrong: errors.DomainError | None,
) -> str:
    reader, today = site.reader(), site.ctx().clock.today()
    policy = frame.found(queries.by_number(reader, policy_no=policy_no, today=today))
    return frame.page(
        "policy_move.html",
        policy=policy,
        owner=identity.customer(reader, customer_id=policy.customer_id),
        to=to,
        reason=reason,
        told=move_request.consequences(facts) if facts else [],
        facts_version=approvals.facts_version(facts) if facts else "",
        wrong=sentences.said(wrong) if wrong else "",
        field=FIELDS.get(wrong.code, "") if wrong else "",
        waits=move_policy.waiting(reader, policy_no=policy_no),
    )
