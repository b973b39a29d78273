"""Cards and accounts that are kept for somebody who pays for one pet: added and taken off."""

from __future__ import annotations

import flask
import werkzeug.exceptions
from flask_babel import gettext as _

from portal.documents import wording
from portal.domain.identity.operations import throttling
from portal.domain.wallet import rules as wallet
from portal.gateways import ports
from portal.journeys import keep_method, payer_links, scoped_pay
from portal.web.customer import payer_page
from portal.web.shared import entry, headers, sentences, site

bp = flask.Blueprint("payer_methods", __name__)
bp.register_error_handler(payer_links.LinkOver, payer_page.over)


@bp.get("/payer/<token>/add")
def add(token: str) -> flask.typing.ResponseReturnValue:
    """The sheet for a card or account; Stripe takes the details."""
    page = scoped_pay.look(site.ctx(), token=token)
    headers.for_payment()
    return flask.render_template(
        "customer/payer_add.html",
        payer=page.payer,
        address=flask.url_for("payer_page.show", token=token),
        stripe=entry.to_keep(),
    )


@bp.post("/payer/<token>/add")
def start(token: str) -> flask.typing.ResponseReturnValue:
    """Make the SetupIntent that the browser confirms."""

    def begin() -> keep_method.SetupStarted:
        agreed = entry.agreed(keeps=True)
        return scoped_pay.begin_keeping(site.ctx(), token=token, agreed=agreed, who=site.who())

    try:
        return entry.keeping(begin, flask.url_for(".added", token=token))
    except throttling.TooManyTries as refused:
        return entry.refused(refused), 429


@bp.get("/payer/<token>/added")
def added(token: str) -> flask.typing.ResponseReturnValue:
    """The page that returns from Stripe: read the SetupIntent again and mirror the method."""
    setup_ref = flask.request.args.get("setup_intent", "")
    try:
        view = scoped_pay.finish_keeping(
            site.ctx(), token=token, setup_ref=setup_ref, who=site.who()
        )
    except keep_method.NotYours:
        raise werkzeug.exceptions.NotFound from None
    except (ports.GatewayUnknown, ports.GatewayRefused):
        flask.flash(_("We do not know yet whether it was saved. Look again soon."), "wait")
        return flask.redirect(flask.url_for("payer_page.show", token=token), 303)
    if view.verify_url:
        flask.flash(_("It is saved once you have told us two small deposits."), "wait")
        return flask.redirect(flask.url_for("payer_page.show", token=token), 303)
    if view.status != "succeeded":
        flask.flash(wording.decline(view.decline_code, say=_), "late")
        return flask.redirect(flask.url_for(".add", token=token), 303)
    flask.flash(_("It was saved. We mailed you about it."), "good")
    page = scoped_pay.look(site.ctx(), token=token)
    is_late = any(bill.is_late and bill.to_pay_cents for bill in page.bills)
    next_page = "payer_page.show" if is_late else "payer_autopay.show"
    return flask.redirect(flask.url_for(next_page, token=token), 303)


@bp.post("/payer/<token>/cards/<number>")
def take_off(token: str, number: str) -> flask.typing.ResponseReturnValue:
    """Take a kept card off, here at once and at Stripe right after."""
    try:
        scoped_pay.take_off(site.ctx(), token=token, method_no=number, who=site.who())
    except wallet.NoSuchMethod as gone:
        flask.flash(sentences.said(gone), "wait")
    else:
        flask.flash(_("It was taken off. We mailed you about it."), "good")
    return flask.redirect(flask.url_for("payer_page.show", token=token), 303)
