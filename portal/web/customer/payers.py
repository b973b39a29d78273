"""Who else pays for the owner's pets: asked by mail, seen with what they paid, ended."""

from __future__ import annotations

import flask
import flask_login
import werkzeug.exceptions
from flask_babel import gettext as _

from portal.domain.payments.operations import inviting
from portal.domain.payments.queries import payers, standing
from portal.domain.policies import queries as policies
from portal.journeys import end_payer, invite_payer
from portal.kernel import errors, languages
from portal.web.shared import sentences, site

bp = flask.Blueprint("payers", __name__)


@bp.get("/payers")
def index() -> str:
    """Who pays for which pet, and the pets for which somebody could: four statements."""
    me, reader = flask_login.current_user.id, site.reader()
    found = payers.of_customer(reader, customer_id=me)
    ids = [payer.id for payer in found]
    paid = payers.received_from(reader, customer_id=me, payer_ids=ids) if found else ()
    newest = {payment.payer_id: payment for payment in reversed(paid)}
    taken = {payer.policy_id for payer in found}
    today = site.ctx().clock.today()
    return flask.render_template(
        "customer/payers.html",
        payers=[(payer, newest.get(payer.id)) for payer in found],
        free=[
            policy
            for policy in policies.of_customer(reader, customer_id=me, today=today)
            if policy.id not in taken and policy.state == "active"
        ],
    )


@bp.get("/payers/<number>")
def show(number: str) -> str:
    """One payer: what they paid, and how to end it. Four statements."""
    me, reader = flask_login.current_user.id, site.reader()
    payer = payers.one(reader, customer_id=me, number=number)
    if payer is None:
        raise werkzeug.exceptions.NotFound
    found = standing.of_policy(reader, customer_id=me, policy_no=payer.policy_no)
    return flask.render_template(
        "customer/payer.html",
        by_autopay=found is not None and found.payer_id == payer.id,
        payer=payer,
        language=languages.NAMES[payer.language],
        paid=payers.received_from(reader, customer_id=me, payer_ids=[payer.id]),
    )


@bp.post("/payers/<number>/link")
def send_link(number: str) -> flask.typing.ResponseReturnValue:
    """Mail them a new link; the older one is dead."""
    try:
        invite_payer.send_link(
            site.ctx(),
            customer_id=flask_login.current_user.id,
            number=number,
            who=site.who(),
        )
    except inviting.NoSuchPayer as gone:
        return _gone(gone)
    except errors.DomainError as refused:
        flask.flash(sentences.said(refused), "wait")
    else:
        flask.flash(_("A new link is on its way to them. The older one is dead."), "good")
    return flask.redirect(flask.url_for(".show", number=number), 303)


@bp.post("/payers/<number>/end")
def end(number: str) -> flask.typing.ResponseReturnValue:
    """End it at once."""
    try:
        end_payer.by_owner(
            site.ctx(),
            customer_id=flask_login.current_user.id,
            number=number,
            who=site.who(),
        )
    except inviting.NoSuchPayer as gone:
        return _gone(gone)
    flask.flash(_("It has ended, and their link is dead. We mailed both of you."), "good")
    return flask.redirect(flask.url_for(".index"), 303)


def _gone(gone: inviting.NoSuchPayer) -> flask.typing.ResponseReturnValue:
    flask.flash(sentences.said(gone), "wait")
    return flask.redirect(flask.url_for(".index"), 303)
