"""Where to go once a card or account is saved: to what is overdue, to autopay, or to the list."""

from __future__ import annotations

import flask
import flask_login
from flask_babel import gettext as _

from portal.domain.payments.queries import bills, standing
from portal.domain.wallet import queries as wallet
from portal.kernel import ids
from portal.web.shared import rows, site


def asked_for() -> str:
    """The policy whose autopay waits for the card, as the address names it; "" for none."""
    number = flask.request.args.get("autopay", "")
    return number if ids.is_valid(number, ids.Prefix.POLICY) else ""


def page(method_ref: str) -> str:
    """The next page for the method of this reference at Stripe; says on it why.

    Whoever came from autopay goes back there. What is overdue is offered at once, with the new
    method chosen; autopay that waits for a method is offered, too.
    """
    me, reader = flask_login.current_user.id, site.reader()
    found = wallet.mirrored(reader, stripe_ref=method_ref)
    number = found.number if found is not None and found.customer_id == me else ""
    policy_no = asked_for()
    if policy_no:
        return flask.url_for("autopay.show", number=policy_no, method=number)
    pets = standing.of_customer(reader, customer_id=me)
    waiting = [one for one in pets if one.needs_method]
    today = site.ctx().clock.today()
    late = bills.open_bills(reader, customer_id=me).past_due(today)
    if waiting and late:
        names = rows.names([one.pet_name for one in waiting])
        flask.flash(
            _("Autopay for %(pets)s does not use it yet. Choose it under Autopay.", pets=names),
            "wait",
        )
    if late:
        numbers = [bill.number for bill in late]
        return flask.url_for("pay.show", invoice=numbers, **{"with": number})
    if waiting:
        return flask.url_for("autopay.show", number=waiting[0].policy_no, method=number)
    return flask.url_for("payment_methods.show")
