"""Saved payment methods: see, add, choose the first, remove."""

from __future__ import annotations

import datetime

import flask
import flask_login
import werkzeug.exceptions
from flask_babel import gettext as _

from portal.documents import wording
from portal.domain.payments.queries import drafts, standing
from portal.domain.wallet import consents
from portal.domain.wallet import queries as wallet
from portal.domain.wallet import rules as wallet_rules
from portal.gateways import ports
from portal.journeys import keep_method
from portal.kernel import errors
from portal.web.customer import after_saving, autopay_view, upcoming
from portal.web.shared import entry, headers, rows, sentences, site

bp = flask.Blueprint("payment_methods", __name__)
TOLD_WITHIN = datetime.timedelta(days=10)


@bp.get("/payment-methods")
def show() -> flask.typing.ResponseReturnValue:
    """The list, the first one first, and which pets' autopay uses what."""
    person, today = flask_login.current_user, site.ctx().clock.today()
    found = wallet.methods(site.reader(), customer_id=person.id)
    pets = standing.of_customer(site.reader(), customer_id=person.id)
    return flask.render_template(
        "customer/payment_methods.html",
        methods=found,
        waiting=_waiting(person.id),
        today=today,
        autopays=autopay_view.listed(pets, rows.Writer(today)),
    )


def _waiting(customer_id: int) -> list[tuple[wallet.WaitingAccount, datetime.date]]:
    """Accounts whose small deposits are awaited, with the day by which they must be told."""
    found = wallet.waiting_accounts(site.reader(), customer_id=customer_id)
    zone = site.ctx().clock.zone
    return [(one, (one.started_at + TOLD_WITHIN).astimezone(zone).date()) for one in found]


@bp.get("/payment-methods/add")
def add() -> flask.typing.ResponseReturnValue:
    """The sheet for a card or account; Stripe takes the details."""
    headers.for_payment()
    return flask.render_template(
        "customer/payment_method_add.html",
        autopay=after_saving.asked_for(),
        stripe=entry.to_keep(),
    )


@bp.post("/payment-methods/add")
def start() -> flask.typing.ResponseReturnValue:
    """Make the SetupIntent that the browser confirms."""

    def begin() -> keep_method.SetupStarted:
        return keep_method.start(
            site.ctx(),
            customer_id=flask_login.current_user.id,
            agreed=entry.agreed(keeps=True),
            who=site.who(),
        )

    return entry.keeping(begin, flask.url_for(".added", autopay=after_saving.asked_for() or None))


@bp.get("/payment-methods/added")
def added() -> flask.typing.ResponseReturnValue:
    """The page that returns from Stripe: read the SetupIntent again and mirror the method."""
    person = flask_login.current_user
    setup_ref = flask.request.args.get("setup_intent", "")
    try:
        view = keep_method.finish(
            site.ctx(), setup_ref=setup_ref, customer_id=person.id, who=site.who()
        )
    except keep_method.NotYours:
        raise werkzeug.exceptions.NotFound from None
    except (ports.GatewayUnknown, ports.GatewayRefused):
        flask.flash(_("We do not know yet whether it was saved. Look again soon."), "wait")
        return flask.redirect(flask.url_for(".show"), 303)
    if view.verify_url:
        flask.flash(_("It is saved once you have told us two small deposits."), "wait")
        return flask.redirect(flask.url_for(".show"), 303)
    if view.status != "succeeded":
        flask.flash(wording.decline(view.decline_code, say=_), "late")
        again = flask.url_for(".add", autopay=after_saving.asked_for() or None)
        return flask.redirect(again, 303)
    flask.flash(_("It was saved. We mailed you about it."), "good")
    return flask.redirect(after_saving.page(view.card.ref if view.card else ""), 303)


@bp.get("/payment-methods/<number>")
def one(number: str) -> flask.typing.ResponseReturnValue:
    """One method, what uses it, and what can be done with it."""
    me = flask_login.current_user.id
    found = wallet.method(site.reader(), customer_id=me, number=number)
    if found is None:
        raise werkzeug.exceptions.NotFound
    pets = standing.of_customer(site.reader(), customer_id=me)
    today = site.ctx().clock.today()
    planned = upcoming.if_removed(
        drafts.not_over(site.reader(), customer_id=me), number, rows.Writer(today)
    )
    return flask.render_template(
        "customer/payment_method.html",
        method=found,
        agreed=consents.given(
            site.reader(), customer_id=me, subject=found.agreed_in or found.number
        ),
        today=today,
        losses=autopay_view.if_removed(pets, number),
        planned=planned,
    )


@bp.post("/payment-methods/<number>/default")
def make_default(number: str) -> flask.typing.ResponseReturnValue:
    """Offer this one first."""
    try:
        keep_method.make_default(
            site.ctx(), customer_id=flask_login.current_user.id, number=number, who=site.who()
        )
    except (wallet_rules.NoSuchMethod, wallet_rules.MandateOver) as gone:
        return _gone(gone)
    flask.flash(_("We will offer this first."), "good")
    return flask.redirect(flask.url_for(".show"), 303)


@bp.post("/payment-methods/<number>/remove")
def remove(number: str) -> flask.typing.ResponseReturnValue:
    """Remove it here and at Stripe."""
    try:
        keep_method.remove(
            site.ctx(), customer_id=flask_login.current_user.id, number=number, who=site.who()
        )
    except wallet_rules.NoSuchMethod as gone:
        return _gone(gone)
    flask.flash(_("It was removed. We mailed you about it."), "good")
    return flask.redirect(flask.url_for(".show"), 303)


def _gone(gone: errors.DomainError) -> flask.typing.ResponseReturnValue:
    flask.flash(sentences.said(gone), "wait")
    return flask.redirect(flask.url_for(".show"), 303)
