"""Saved payment methods: see, add, choose the first, remove."""

from __future__ import annotations

import flask
import flask_login
import werkzeug.exceptions
from flask_babel import gettext as _

from portal.documents import wording
from portal.domain.payments.queries import bills
from portal.domain.wallet import operations as wallet_operations
from portal.domain.wallet import queries as wallet
from portal.gateways import ports
from portal.journeys import keep_method
from portal.web.shared import headers, looks, sentences, site

bp = flask.Blueprint("payment_methods", __name__)


@bp.get("/payment-methods")
def show() -> flask.typing.ResponseReturnValue:
    """The list, the first one first."""
    person = flask_login.current_user
    found = wallet.methods(site.reader(), customer_id=person.id)
    return flask.render_template(
        "customer/payment_methods.html", methods=found, today=site.ctx().clock.today()
    )


@bp.get("/payment-methods/add")
def add() -> flask.typing.ResponseReturnValue:
    """The card form; Stripe takes the details."""
    headers.for_payment()
    payments = site.ctx().payments
    return flask.render_template(
        "customer/payment_method_add.html",
        stripe={
            "key": payments.publishable_key,
            "script": payments.script_url,
            "lang": looks.page_lang(),
            "failed": _("The card form could not be loaded. Check your connection and try again."),
            "lost": _("The connection was lost. The card was not saved; please try again."),
        },
    )


@bp.post("/payment-methods/add")
def start() -> flask.typing.ResponseReturnValue:
    """Make the SetupIntent that the browser confirms."""
    try:
        begun = keep_method.start(site.ctx(), customer_id=flask_login.current_user.id)
    except (ports.GatewayUnknown, ports.GatewayRefused):
        said = _("We could not reach our payment partner. The card was not saved.")
        return {"error": said}, 503
    return {
        "client_secret": begun.client_secret,
        "return_url": site.ctx().base_url + flask.url_for(".added"),
    }


@bp.get("/payment-methods/added")
def added() -> flask.typing.ResponseReturnValue:
    """The page that returns from Stripe: read the SetupIntent again and mirror the card."""
    person = flask_login.current_user
    setup_ref = flask.request.args.get("setup_intent", "")
    try:
        view = keep_method.finish(
            site.ctx(), setup_ref=setup_ref, customer_id=person.id, who=site.who()
        )
    except keep_method.NotYours:
        raise werkzeug.exceptions.NotFound from None
    except (ports.GatewayUnknown, ports.GatewayRefused):
        flask.flash(_("We do not know yet whether the card was saved. Look again soon."), "wait")
        return flask.redirect(flask.url_for(".show"), 303)
    if view.status != "succeeded":
        flask.flash(wording.decline(view.decline_code, say=_), "late")
        return flask.redirect(flask.url_for(".add"), 303)
    owed = bills.open_bills(site.reader(), customer_id=person.id)
    late = owed.past_due_cents(site.ctx().clock.today())
    flask.flash(_("The card was saved. We mailed you about it."), "good")
    if late:
        return flask.redirect(flask.url_for("pay.show"), 303)
    return flask.redirect(flask.url_for(".show"), 303)


@bp.get("/payment-methods/<number>")
def one(number: str) -> flask.typing.ResponseReturnValue:
    """One method and what can be done with it."""
    found = wallet.method(site.reader(), customer_id=flask_login.current_user.id, number=number)
    if found is None:
        raise werkzeug.exceptions.NotFound
    return flask.render_template(
        "customer/payment_method.html", method=found, today=site.ctx().clock.today()
    )


@bp.post("/payment-methods/<number>/default")
def make_default(number: str) -> flask.typing.ResponseReturnValue:
    """Offer this one first."""
    try:
        keep_method.make_default(
            site.ctx(), customer_id=flask_login.current_user.id, number=number, who=site.who()
        )
    except wallet_operations.NoSuchMethod as gone:
        return _gone(gone)
    flask.flash(_("We will offer this card first."), "good")
    return flask.redirect(flask.url_for(".show"), 303)


@bp.post("/payment-methods/<number>/remove")
def remove(number: str) -> flask.typing.ResponseReturnValue:
    """Remove it here and at Stripe."""
    try:
        keep_method.remove(
            site.ctx(), customer_id=flask_login.current_user.id, number=number, who=site.who()
        )
    except wallet_operations.NoSuchMethod as gone:
        return _gone(gone)
    flask.flash(_("The card was removed. We mailed you about it."), "good")
    return flask.redirect(flask.url_for(".show"), 303)


def _gone(gone: wallet_operations.NoSuchMethod) -> flask.typing.ResponseReturnValue:
    flask.flash(sentences.said(gone), "wait")
    return flask.redirect(flask.url_for(".show"), 303)
