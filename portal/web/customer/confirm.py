"""Confirming an announced payment that a bank asks about, by the mailed link; no sign-in."""

from __future__ import annotations

import flask
import werkzeug.exceptions
from flask_babel import gettext as _

from portal.documents import wording
from portal.domain.identity.operations import throttling
from portal.domain.payments.states import PaymentState
from portal.journeys import confirm_draft
from portal.kernel import errors
from portal.web.shared import entry, once, rows, sentences, site

bp = flask.Blueprint("confirm", __name__, url_prefix="/confirm")


@bp.get("/<token>")
def show(token: str) -> flask.typing.ResponseReturnValue:
    """The pet, the sum, the card, one button; looking spends nothing."""
    return _page(confirm_draft.look(site.ctx(), token=token), token)


@bp.post("/<token>")
def send(token: str) -> flask.typing.ResponseReturnValue:
    """Charge the card with its payer present; the next page leads on to the bank.

    It is no redirect to the bank: our policy lets forms lead to our own pages only.
    """
    form = flask.request.form
    try:
        started = confirm_draft.start(
            site.ctx(),
            token=token,
            expected_cents=entry.cents(form.get("expected_cents", "")),
            once_key=once.given_key(),
            who=site.who(),
        )
    except confirm_draft.LinkOver:
        raise
    except errors.DomainError as refused:
        status = 429 if isinstance(refused, throttling.TooManyTries) else 409
        asked = confirm_draft.look(site.ctx(), token=token)
        return _page(asked, token, error=sentences.said(refused)), status
    if not started.number:
        return flask.redirect(flask.url_for(".show", token=token), 303)
    return flask.redirect(flask.url_for(".result", token=token, number=started.number), 303)


@bp.get("/<token>/<number>")
def result(token: str, number: str) -> flask.typing.ResponseReturnValue:
    """What became of the payment; read again at Stripe where it is open."""
    found = confirm_draft.outcome(site.ctx(), token=token, payment_no=number, who=site.who())
    if found is None:
        raise werkzeug.exceptions.NotFound
    asked, outcome = found
    failed = outcome.state is PaymentState.FAILED
    return flask.render_template(
        "customer/confirm_result.html",
        asked=asked,
        pets=rows.names(asked.pets),
        outcome=outcome,
        state=str(outcome.state),
        reason=wording.decline(outcome.failure_code, say=_) if failed else "",
        address=flask.url_for(".show", token=token),
    )


def _page(asked: confirm_draft.Asked, token: str, *, error: str = "") -> str:
    return flask.render_template(
        "customer/confirm.html",
        asked=asked,
        pets=rows.names(asked.pets),
        stands=str(asked.stands),
        error=error,
        once_key=once.new_key(),
        action=flask.url_for(".show", token=token),
    )


@bp.errorhandler(confirm_draft.LinkOver)
def _over(ended: confirm_draft.LinkOver) -> flask.typing.ResponseReturnValue:
    return entry.over(ended, "customer/confirm_over.html")
