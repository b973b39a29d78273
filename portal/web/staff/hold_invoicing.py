"""The billing of a policy paused and gone on with at the desk, with a reason and a last day."""

from __future__ import annotations

import dataclasses

import flask
import flask_babel
import werkzeug.exceptions

from portal.domain.billing.rules import chosen_day
from portal.domain.identity import queries as identity
from portal.domain.policies import queries as policies
from portal.journeys import hold_invoicing
from portal.kernel import errors, ids
from portal.web.shared import numbers, sentences, site
from portal.web.staff import frame, links

bp = flask.Blueprint("desk_hold_invoicing", __name__)
_ = flask_babel.gettext
UNPROCESSABLE = 422
FIELDS = {
    "approval_reason_missing": "reason",
    "approval_reason_too_long": "reason",
    "invoicing_hold_day": "last_on",
    "day_unreadable": "last_on",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Typed:
    """What was typed, and what is wrong with it: beside a field, or above."""

    last_on: str = ""
    reason: str = ""
    wrong: str = ""
    field: str = ""


@bp.get("/desk/policies/<number>/invoicing")
def show(number: str) -> str:
    """The pause that stands, or the form for one."""
    return _page(number, Typed())


@bp.post("/desk/policies/<number>/invoicing")
def send(number: str) -> flask.typing.ResponseReturnValue:
    """Pause it until a day, or end the pause."""
    form, ctx = flask.request.form, site.ctx()
    last_on, reason = form.get("last_on", ""), form.get("reason", "")
    wanted = numbers.wanted(number, ids.Prefix.POLICY)
    try:
        if form.get("do") == "end":
            hold_invoicing.end(ctx, policy_no=wanted, reason=reason, who=site.who())
            said = _("It is billed again. What was missed comes on one bill tonight.")
        else:
            day = chosen_day.read(last_on, example=hold_invoicing.days(ctx)[0])
            hold_invoicing.place(ctx, policy_no=wanted, last_on=day, reason=reason, who=site.who())
            said = _("No bill goes out until then.")
    except hold_invoicing.NoSuchPolicy:
        raise werkzeug.exceptions.NotFound from None
    except errors.DomainError as error:
        field = FIELDS.get(error.code, "")
        typed = Typed(last_on=last_on[:40], reason=reason, wrong=sentences.said(error), field=field)
        return _page(wanted, typed), UNPROCESSABLE
    flask.flash(said, "good")
    return flask.redirect(links.href(wanted), 303)


def _page(number: str, typed: Typed) -> str:
    reader, ctx = site.reader(), site.ctx()
    wanted = numbers.wanted(number, ids.Prefix.POLICY)
    policy = frame.found(policies.by_number(reader, policy_no=wanted, today=ctx.clock.today()))
    hold = hold_invoicing.standing(reader, policy_no=wanted)
    return frame.page(
        "hold_invoicing.html",
        policy=policy,
        owner=identity.customer(reader, customer_id=policy.customer_id),
        hold=hold,
        is_ours=hold is not None and hold.owner == hold_invoicing.OWNER,
        days=hold_invoicing.days(ctx),
        typed=typed,
        address=f"/desk/policies/{wanted}/invoicing",
    )
