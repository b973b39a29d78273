"""The account at a glance: what it is now, and the links that change it."""

from __future__ import annotations

import flask
import flask_babel
import flask_login
import wtforms

from portal.domain.identity import queries, rules
from portal.kernel import languages
from portal.web.shared import site

bp = flask.Blueprint("settings", __name__)


@bp.get("/settings")
def show() -> str:
    """Show the account."""
    me = flask_login.current_user.id
    session = site.reader()
    customer = queries.customer(session, customer_id=me)
    account = queries.account_of(session, customer_id=me)
    devices = queries.devices(session, customer_id=me, now=site.ctx().clock.now())
    return flask.render_template(
        "customer/settings.html",
        customer=customer,
        address=_address(customer),
        language=languages.NAMES[customer.language],
        has_password=account.password_hash is not None,
        devices=flask_babel.ngettext("%(num)d device", "%(num)d devices", len(devices)),
    )


def _address(customer: queries.CustomerView) -> str:
    region = " ".join(part for part in (customer.state, customer.zip) if part)
    return ", ".join(part for part in (customer.street, customer.city, region) if part)


def states() -> list[wtforms.fields.SelectChoice]:
    """The states for a list to choose from, an empty choice first."""
    named = [("", flask_babel.gettext("Choose a state")), *rules.US_STATES.items()]
    return [wtforms.fields.SelectChoice(letters, name) for letters, name in named]
