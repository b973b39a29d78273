"""Arrangements at the desk: those that wait for a decision, and one of them decided on."""

from __future__ import annotations

import dataclasses
import datetime

import flask
import flask_babel
import flask_login
import werkzeug.exceptions

from portal.domain.approvals import rules as approvals
from portal.domain.billing.queries import arranged
from portal.domain.billing.rules import arranging
from portal.domain.identity import queries as identity
from portal.domain.payments.queries import arrangement_parts
from portal.domain.wallet import consents
from portal.domain.wallet import queries as wallet
from portal.journeys import arrange, decide_arrangement
from portal.kernel import errors, ids
from portal.web.shared import numbers, sentences, site
from portal.web.staff import frame

bp = flask.Blueprint("desk_arrangements", __name__, url_prefix="/desk/arrangements")
_ = flask_babel.gettext
CONFLICT, UNPROCESSABLE = 409, 422


@dataclasses.dataclass(frozen=True, kw_only=True)
class PartRow:
    """One part: its day, its cents, what became of it ("" while it is only proposed)."""

    on: datetime.date
    cents: int
    state: str
    draft_no: str


@bp.get("")
def index() -> str:
    """What waits, oldest first."""
    reader, cursor = site.reader(), flask.request.args.get("after", "")
    page = arranged.proposed_page(reader, cursor=cursor)
    people = identity.customer_names(reader, customer_ids=[view.customer_id for view in page.rows])
    return frame.page(
        "arrangements.html",
        rows=[(view, people[view.customer_id]) for view in page.rows],
        next_href=f"/desk/arrangements?after={page.next}" if page.next else "",
        first_href="/desk/arrangements" if cursor else "",
    )


@bp.get("/<number>")
def one(number: str) -> str:
    """One arrangement with its customer's others; who may decide on it reads so."""
    return _page(numbers.wanted(number, ids.Prefix.ARRANGEMENT))


@bp.post("/<number>/approve")
def approve(number: str) -> flask.typing.ResponseReturnValue:
    """Agree to it."""
    try:
        decide_arrangement.approve(site.ctx(), number=number, who=site.who())
    except arrange.NoSuchArrangement:
        raise werkzeug.exceptions.NotFound from None
    except errors.DomainError as refused:
        return _page(number, refused=sentences.said(refused)), CONFLICT
    flask.flash(_("Agreed. The parts are planned and the customer is told."), "good")
    return flask.redirect(flask.url_for("desk_arrangements.one", number=number))


@bp.post("/<number>/decline")
def decline(number: str) -> flask.typing.ResponseReturnValue:
    """Decline it with a reason."""
    reason = flask.request.form.get("reason", "")
    try:
        decide_arrangement.decline(site.ctx(), number=number, reason=reason, who=site.who())
    except arrange.NoSuchArrangement:
        raise werkzeug.exceptions.NotFound from None
    except (approvals.ReasonMissing, approvals.ReasonTooLong) as wrong:
        return _page(number, reason=reason, reason_error=sentences.said(wrong)), UNPROCESSABLE
    except errors.DomainError as refused:
        return _page(number, reason=reason, refused=sentences.said(refused)), CONFLICT
    flask.flash(_("Declined. The customer reads the reason."), "good")
    return flask.redirect(flask.url_for("desk_arrangements.one", number=number))


def _page(number: str, *, reason: str = "", reason_error: str = "", refused: str = "") -> str:
    reader = site.reader()
    view = frame.found(arranged.one(reader, number=number))
    taken = arrangement_parts.states(reader, arrangement_id=view.id)
    method = wallet.method(reader, customer_id=view.customer_id, number=view.method_no)
    person = flask_login.current_user
    return frame.page(
        "arrangement.html",
        view=view,
        customer=identity.customer(reader, customer_id=view.customer_id),
        parts=[
            PartRow(
                on=part.on,
                cents=part.cents,
                state=taken[place].state if place < len(taken) else "",
                draft_no=taken[place].number if place < len(taken) else "",
            )
            for place, part in enumerate(view.parts)
        ],
        others=[
            other
            for other in arranged.of_customer(reader, customer_id=view.customer_id)
            if other.id != view.id
        ],
        method=method,
        agreed=consents.given(reader, customer_id=view.customer_id, subject=view.number),
        why=_why(view),
        today=site.ctx().clock.today(),
        is_own=decide_arrangement.is_own(reader, customer_id=view.customer_id, email=person.email),
        may_decide=view.state == "proposed" and arranging.may_decide(person.role, view.total_cents),
        supervisor_above_cents=arranging.SUPERVISOR_ABOVE_CENTS,
        is_late=view.parts[0].on <= site.ctx().clock.today(),
        reason=reason,
        reason_error=reason_error,
        refused=refused,
    )


def _why(view: arranged.ArrangementView) -> str:
    """Why the rule did not agree by itself."""
    if view.total_cents > arranging.RULE_MOST_CENTS:
        return _("More than the rule agrees to")
    if any(bill.disputed_cents for bill in view.bills):
        return _("A bill of it is disputed")
    if view.state == "proposed":
        return _("The last arrangement was broken within a year")
    return _("The rule agreed") if view.decided_by == "rule" else ""
