"""The page of somebody else who pays for one pet: its open bills, a card form, their payments.

Behind a mailed link, without signing in; nothing of the owner's but the first name.
"""

from __future__ import annotations

import flask
import werkzeug.exceptions
from flask_babel import gettext as _

from portal.documents import formats, wording
from portal.domain.identity.operations import throttling
from portal.domain.payments.queries import payers
from portal.journeys import end_payer, payer_links, scoped_pay
from portal.kernel import errors
from portal.web.customer import pay_page
from portal.web.shared import entry, headers, once, rows, sentences, site

bp = flask.Blueprint("payer_page", __name__)


@bp.get("/payer/<token>")
def show(token: str) -> flask.typing.ResponseReturnValue:
    """The open bills; one of them is chosen by `?only=`, else all are."""
    page = scoped_pay.look(site.ctx(), token=token)
    return _page(page, token, only=flask.request.args.get("only", ""))


@bp.post("/payer/<token>")
def send(token: str) -> flask.typing.ResponseReturnValue:
    """Begin the payment; the card form's script is answered in JSON, a form by the next page."""
    form = flask.request.form
    chosen = form.get("with", "")
    is_new = chosen in ("", pay_page.NEW)
    try:
        if is_new and not entry.is_script():
            raise entry.CardNeedsScript()
        started = scoped_pay.start(
            site.ctx(),
            token=token,
            order=scoped_pay.Order(
                numbers=tuple(form.getlist("bill")),
                expected_cents=entry.cents(form.get("expected_cents", "")),
                method_no=None if is_new else chosen,
                keep=bool(form.get("keep")),
                agreed=entry.agreed(keeps=bool(form.get("keep"))) if is_new else (),
            ),
            once_key=once.given_key(),
            who=site.who(),
        )
    except payer_links.LinkOver:
        raise
    except throttling.TooManyTries as refused:
        return _refused(refused, token, 429)
    except errors.DomainError as refused:
        return _refused(refused, token, 409)
    result_url = flask.url_for(".result", token=token, number=started.number)
    if entry.is_script():
        return entry.begun(started, result_url)
    return flask.redirect(result_url, 303)


@bp.get("/payer/<token>/payments/<number>")
def result(token: str, number: str) -> flask.typing.ResponseReturnValue:
    """What became of a payment; read again at Stripe where it is open, as the owner's page does."""
    found = scoped_pay.outcome(site.ctx(), token=token, payment_no=number, who=site.who())
    if found is None:
        raise werkzeug.exceptions.NotFound
    payer, payment, continue_url = found
    return flask.render_template(
        "customer/payer_result.html",
        payer=payer,
        payment=payment,
        method=wording.method(payment.method_label),
        continue_url=continue_url,
        reason=wording.decline(payment.failure_code, say=_) if payment.failure_code else "",
        address=flask.url_for(".show", token=token),
    )


@bp.get("/payer/<token>/end")
def ask_end(token: str) -> flask.typing.ResponseReturnValue:
    """Ask once more before it ends; looking changes nothing."""
    page = scoped_pay.look(site.ctx(), token=token)
    return flask.render_template(
        "customer/payer_end.html",
        payer=page.payer,
        has_methods=bool(page.methods),
        address=flask.url_for(".show", token=token),
    )


@bp.post("/payer/<token>/end")
def end(token: str) -> flask.typing.ResponseReturnValue:
    """End it; the link is dead with this, so the answer is the last page that it opens."""
    payer = end_payer.by_payer(site.ctx(), token=token, who=site.who())
    return flask.render_template("customer/payer_ended.html", payer=payer)


@bp.errorhandler(payer_links.LinkOver)
def over(ended: payer_links.LinkOver) -> flask.typing.ResponseReturnValue:
    """The link does not work any more, whatever the reason."""
    return entry.over(ended, "customer/payer_over.html")


def _page(page: scoped_pay.Page, token: str, *, only: str = "", error: str = "") -> str:
    headers.for_payment()
    chosen = tuple(bill for bill in page.payable if bill.number == only) or page.payable
    write = rows.Writer(site.ctx().clock.today())
    return flask.render_template(
        "customer/payer_page.html",
        page=page,
        payer=page.payer,
        chosen=chosen,
        to_pay_cents=sum(bill.to_pay_cents for bill in chosen),
        error=error,
        once_key=once.new_key(),
        address=flask.url_for(".show", token=token),
        paid=[paid_row(payment, write, token=token) for payment in page.paid],
        stripe=entry.to_pay(),
    )


def paid_row(payment: payers.PaidRow, write: rows.Writer, *, token: str) -> rows.Row:
    """A payment of theirs with what became of it."""
    state, text = rows.payment_words(_("Waits for you"))[rows.payment_kind(payment)]
    day = write.day(payment.at.astimezone(site.ctx().clock.zone).date(), "plain")
    return rows.Row(
        href=flask.url_for("payer_page.result", token=token, number=payment.number),
        title=day,
        note=wording.method(payment.method_label),
        end=formats.money(payment.amount_cents),
        end_state=state,
        end_text=text,
    )


def _refused(
    refused: errors.DomainError, token: str, status: int
) -> flask.typing.ResponseReturnValue:
    """Say why; nothing was taken."""
    if entry.is_script():
        return entry.refused(refused), status
    page = scoped_pay.look(site.ctx(), token=token)
    return _page(page, token, error=sentences.said(refused)), 422 if status == 409 else status
