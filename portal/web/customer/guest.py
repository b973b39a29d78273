"""Paying a bill without an account: from the link in the bill, or by policy number and ZIP code."""

from __future__ import annotations

import flask
import werkzeug.exceptions
from flask_babel import gettext

from portal.documents import wording
from portal.domain.identity.operations import throttling
from portal.domain.payments.states import PaymentState
from portal.journeys import guest_pay, policy_papers
from portal.kernel import errors
from portal.web.customer import activate
from portal.web.shared import entry, headers, once, sentences, site

bp = flask.Blueprint("guest", __name__)


@bp.get("/p")
def ask() -> str:
    """Ask which policy."""
    return _ask_page(activate.PapersForm(formdata=None))


@bp.post("/p")
def find() -> flask.typing.ResponseReturnValue:
    """Find the oldest open bill of a policy; amount and due day only."""
    form = activate.PapersForm()
    if not form.validate():
        return _ask_page(form), 422
    try:
        address = guest_pay.find(
            site.ctx(),
            policy_no=form.policy_no.data,
            zip_code=form.zip_code.data,
            who=site.who(),
        )
    except policy_papers.PolicyNumberUnreadable as wrong:
        sentences.beside(form.policy_no, wrong)
        return _ask_page(form), 422
    except guest_pay.NoSuchBill as nothing:
        sentences.above(form, nothing)
        return _ask_page(form), 422
    except throttling.TooManyTries as refused:
        return _ask_page(form, refused=sentences.said(refused)), 429
    return flask.redirect(address, 303)


@bp.get("/p/<token>")
def show(token: str) -> flask.typing.ResponseReturnValue:
    """One bill and a card form."""
    bill = guest_pay.look(site.ctx(), token=token)
    return _bill_page(bill, token)


@bp.post("/p/<token>")
def send(token: str) -> flask.typing.ResponseReturnValue:
    """Begin the payment; the card form's script is answered in JSON."""
    form = flask.request.form
    try:
        if not entry.is_script():
            raise entry.CardNeedsScript()
        started = guest_pay.start(
            site.ctx(),
            token=token,
            expected_cents=entry.cents(form.get("expected_cents", "")),
            once_key=once.given_key(),
            agreed=entry.agreed(keeps=False),
            who=site.who(),
        )
    except guest_pay.LinkOver:
        raise
    except throttling.TooManyTries as refused:
        return entry.refused(refused), 429
    except errors.DomainError as refused:
        return _refused(refused, token)
    result = flask.url_for("guest.result", token=token, number=started.number)
    return entry.begun(started, result)


@bp.get("/p/<token>/<number>")
def result(token: str, number: str) -> flask.typing.ResponseReturnValue:
    """What became of a payment; read again at Stripe where it is open, as the payer's page does."""
    found = guest_pay.outcome(site.ctx(), token=token, payment_no=number, who=site.who())
    if found is None:
        raise werkzeug.exceptions.NotFound
    bill, head = found
    state = PaymentState(head.state)
    return flask.render_template(
        "customer/guest_result.html",
        bill=bill,
        state=str(state),
        amount_cents=head.amount_cents,
        head=head,
        number=head.number,
        reason=wording.decline(head.failure_code, say=gettext) if head.failure_code else "",
        address=flask.url_for("guest.show", token=token),
    )


def _ask_page(form: activate.PapersForm, *, refused: str = "") -> str:
    return flask.render_template("customer/guest_ask.html", form_=form, refused=refused)


def _bill_page(bill: guest_pay.GuestBill, token: str, *, error: str = "") -> str:
    headers.for_payment()
    return flask.render_template(
        "customer/guest_pay.html",
        bill=bill,
        error=error,
        once_key=once.new_key(),
        action=flask.url_for("guest.show", token=token),
        stripe=entry.to_pay(),
    )


def _refused(refused: errors.DomainError, token: str) -> flask.typing.ResponseReturnValue:
    if entry.is_script():
        return entry.refused(refused), 409
    bill = guest_pay.look(site.ctx(), token=token)
    return _bill_page(bill, token, error=sentences.said(refused)), 422


@bp.errorhandler(guest_pay.LinkOver)
def _over(ended: guest_pay.LinkOver) -> flask.typing.ResponseReturnValue:
    return entry.over(ended, "customer/guest_over.html")
