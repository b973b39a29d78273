"""Requests for a second person: the list, and one of them with the facts as they are now."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import flask
import flask_babel
import flask_login
import werkzeug.exceptions

from portal.domain.approvals import operations, queries, rules
from portal.domain.disputes.operations import deciding
from portal.domain.disputes.queries import case as cases
from portal.domain.identity import queries as identity
from portal.journeys import (
    billing_settings,
    close_invoice,
    decision_facts,
    move_policy,
    reissue_refund,
    resolve_dispute,
)
from portal.kernel import errors, ids
from portal.web.shared import numbers, sentences, site
from portal.web.staff import (
    closing_request,
    decision_view,
    frame,
    links,
    move_request,
    queue_list,
    refund_request,
    request_page,
    settings_request,
)

bp = flask.Blueprint("desk_approvals", __name__)
_ = flask_babel.gettext
CONFLICT = 409
# kind → the module of its page and that of its journey; any other is a decision on a case
KINDS: dict[str, tuple[Any, Any]] = {
    rules.FAILED_REFUND: (refund_request, reissue_refund),
    rules.CLOSED_BILL: (closing_request, close_invoice),
    rules.BILLING_SETTINGS: (settings_request, billing_settings),
    rules.POLICY_MOVE: (move_request, move_policy),
}
UNPROCESSABLE = 422


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """One waiting request in the list."""

    number: str
    subject: str
    effect: str
    reason: str
    requester: str
    is_own: bool
    requested_at: datetime.datetime
    amount_cents: int


@bp.get("/desk/approvals")
def show() -> str:
    """What waits, oldest first; one's own stands there too, and cannot be approved."""
    reader, cursor = site.reader(), flask.request.args.get("after", "")
    page = queries.pending_page(reader, cursor=cursor)
    names = identity.staff_names(reader, staff_ids=[view.requester_id for view in page.rows])
    me = flask_login.current_user.id
    return frame.page(
        "approvals.html",
        rows=tuple(
            Row(
                number=view.number,
                subject=view.subject,
                effect=_effect(view),
                reason=view.reason,
                requester=names.get(view.requester_id, ""),
                is_own=view.requester_id == me,
                requested_at=view.requested_at,
                amount_cents=view.amount_cents,
            )
            for view in page.rows
        ),
        next_href=f"/desk/approvals?after={page.next}" if page.next else "",
        first_href="/desk/approvals" if cursor else "",
    )


def _effect(view: queries.ApprovalView) -> str:
    if view.kind in KINDS:
        return KINDS[view.kind][0].effect(view.facts)
    return decision_view.of(view.facts).effect


@bp.get("/desk/approvals/<number>")
def one(number: str) -> str:
    """One request: the facts as they are now, or as they were decided."""
    return _page(numbers.wanted(number, ids.Prefix.APPROVAL))


@bp.post("/desk/approvals/<number>/approve")
def approve(number: str) -> flask.typing.ResponseReturnValue:
    """Agree to exactly what the page showed, and carry it out."""
    seen = flask.request.form.get("facts_version", "")
    asked = {"approval_no": number, "facts_version": seen, "who": site.who()}
    try:
        journey = _journey(number)
        if journey:
            done = journey.approve(site.ctx(), **asked)
        else:
            done = resolve_dispute.approve_resolution(site.ctx(), **asked).number
    except operations.NoSuchApproval:
        raise werkzeug.exceptions.NotFound from None
    except errors.DomainError as error:
        return _page(number, refused=sentences.said(error)), CONFLICT
    if journey is billing_settings:
        flask.flash(_("Approved. It holds from its day on."), "good")
        return flask.redirect(flask.url_for("desk_settings.show"))
    if journey is close_invoice:
        flask.flash(_("Approved and done."), "good")
        return flask.redirect(links.href(done))
    flask.flash(_("Approved and done. The customer is told."), "good")
    return flask.redirect(links.href(done))


@bp.post("/desk/approvals/<number>/return")
def send_back(number: str) -> flask.typing.ResponseReturnValue:
    """Send the request back with a reason; its case is open again."""
    reason = flask.request.form.get("reason", "")
    asked = {"approval_no": number, "reason": reason, "who": site.who()}
    journey = _journey(number)
    send = journey.send_back if journey else resolve_dispute.return_resolution
    try:
        send(site.ctx(), **asked)
    except operations.NoSuchApproval:
        raise werkzeug.exceptions.NotFound from None
    except (rules.ReasonMissing, rules.ReasonTooLong) as error:
        return _page(number, reason=reason, reason_error=sentences.said(error)), UNPROCESSABLE
    except errors.DomainError as error:
        return _page(number, reason=reason, refused=sentences.said(error)), CONFLICT
    said = _("Sent back.") if journey else _("Sent back. The case is open again.")
    flask.flash(said, "good")
    return flask.redirect("/desk/approvals")


def _journey(number: str) -> Any:
    """What carries out or sends back the request; None where it is a decision on a case."""
    view = queries.by_number(site.reader(), number=number)
    return KINDS[view.kind][1] if view is not None and view.kind in KINDS else None


def _page(number: str, **said: str) -> str:
    reader = site.reader()
    view = frame.found(queries.by_number(reader, number=number))
    if view.kind in KINDS:
        return KINDS[view.kind][0].page(view, **said)
    head = frame.found(cases.head(reader, number=view.subject))
    who = identity.customer(reader, customer_id=head.customer_id)
    facts, lifted, impossible = _facts(view, dispute_id=head.id)
    decision = decision_view.of(facts, lifted_holds=lifted)
    return request_page.page(
        "approval.html",
        view,
        facts,
        effect=decision.effect,
        impossible=impossible,
        head=head,
        customer=who,
        title=queue_list.subject(head.category, head.pet_name),
        decision=decision,
        letter_text=decision_view.mail(
            facts, number=head.number, language=who.language, first_name=who.first_name
        ),
        **said,
    )


def _facts(
    view: queries.ApprovalView, *, dispute_id: int
) -> tuple[dict[str, Any], int | None, str]:
    """The facts now while it waits (with the holds it would lift), else those decided upon.

    The last value is the reason why it cannot be done any more, "" where it can.
    """
    if view.state != "pending":
        return view.facts, None, ""
    asked = _asked(view.number, dispute_id)
    if asked is None:
        return view.facts, None, ""
    try:
        seen = resolve_dispute.preview(site.ctx(), number=view.subject, decision=asked)
    except errors.DomainError as error:
        return view.facts, None, sentences.said(error)
    return decision_facts.of(seen), seen.lifted_holds, ""


def _asked(approval_no: str, dispute_id: int) -> deciding.Decision | None:
    """The decision that the request is about."""
    for kept in cases.resolutions_of(site.reader(), dispute_id=dispute_id):
        if kept.approval_no == approval_no:
            return deciding.as_decision(kept)
    return None
