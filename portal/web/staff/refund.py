"""One refund on the desk, and what can be done with one that failed: again, or by check."""

from __future__ import annotations

import dataclasses
import datetime

import flask
import flask_babel
import werkzeug.exceptions

from portal.domain.approvals import rules as approval_rules
from portal.domain.audit import queries as audit
from portal.domain.disputes import rules
from portal.domain.ledger import queries as ledger
from portal.domain.payments.operations import reissuing
from portal.domain.reports.queries import payment_record
from portal.journeys import reissue_refund
from portal.kernel import errors, ids
from portal.web.shared import numbers, sentences, site
from portal.web.staff import frame, links

bp = flask.Blueprint("desk_refund", __name__)
UNPROCESSABLE = 422
CONFLICT = 409
How = reissue_refund.How


@dataclasses.dataclass(kw_only=True)
class Typed:
    """What was typed into one of the two forms, with the errors beside its fields."""

    how: str = ""
    reason: str = ""
    check_no: str = ""
    check_on: str = ""
    errors: dict[str, str] = dataclasses.field(default_factory=dict)


@bp.get("/desk/refunds/<number>")
def show(number: str) -> str:
    """The refund; opening it is written into the audit log. A number of nobody's is 404."""
    return _page(number, Typed(check_on=site.ctx().clock.today().isoformat()))


@bp.post("/desk/refunds/<number>/again")
def again(number: str) -> flask.typing.ResponseReturnValue:
    """Send what failed once more, to the method that paid."""
    return _reissue(number, How.AGAIN, flask_babel.gettext("Sent again, and the customer is told."))


@bp.post("/desk/refunds/<number>/check")
def check(number: str) -> flask.typing.ResponseReturnValue:
    """Write down the check that pays it."""
    return _reissue(
        number, How.CHECK, flask_babel.gettext("Paid by check, and the customer is told.")
    )


def _reissue(number: str, how: How, said: str) -> flask.typing.ResponseReturnValue:
    form = flask.request.form
    typed = Typed(
        how=str(how), **{name: form.get(name, "") for name in ("reason", "check_no", "check_on")}
    )
    ask = reissue_refund.Ask(
        how=how, reason=typed.reason, check_no=typed.check_no, check_on=_day(typed.check_on)
    )
    wanted = numbers.wanted(number, ids.Prefix.REFUND)
    try:
        done = reissue_refund.reissue(site.ctx(), number=wanted, ask=ask, who=site.who())
    except reissuing.NoSuchRefund:
        raise werkzeug.exceptions.NotFound from None
    except errors.DomainError as error:
        field = _FIELDS.get(type(error), "")
        typed.errors[field] = sentences.said(error)
        return _page(wanted, typed), UNPROCESSABLE if field else CONFLICT
    if done.approval_no:
        flask.flash(flask_babel.gettext("Asked. It waits for a second person now."), "wait")
        return flask.redirect(links.href(done.approval_no))
    flask.flash(said, "good")
    return flask.redirect(links.href(done.new_no or wanted))


_FIELDS: dict[type[errors.DomainError], str] = {
    approval_rules.ReasonMissing: "reason",
    approval_rules.ReasonTooLong: "reason",
    reissuing.CheckNumberWrong: "check_no",
    reissuing.CheckDayWrong: "check_on",
}


def _day(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text.strip())
    except ValueError:
        return None


def _page(number: str, typed: Typed) -> str:
    reader = site.reader()
    wanted = numbers.wanted(number, ids.Prefix.REFUND)
    refund = frame.found(payment_record.refund(reader, number=wanted))
    frame.opened(wanted, customer_id=refund.customer_id)
    return frame.page(
        "refund.html",
        refund=refund,
        typed=typed,
        waits=reissue_refund.waiting(reader, number=wanted),
        limit_cents=rules.SECOND_PERSON_ABOVE_CENTS,
        entries=ledger.entries_about(reader, [wanted]),
        events=audit.history(reader, subjects=[wanted]),
        address=f"/desk/refunds/{wanted}",
    )
