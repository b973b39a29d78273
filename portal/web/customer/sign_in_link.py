"""Sign in by a mailed link: ask for it, and the page whose button uses it."""

from __future__ import annotations

import flask
import flask_wtf
import wtforms
from flask_babel import lazy_gettext as _
from wtforms import validators

from portal.domain.identity import rules
from portal.domain.identity.operations import links, throttling
from portal.journeys import sign_in_link
from portal.web.customer import sign_in
from portal.web.shared import sentences, site

bp = flask.Blueprint("sign_in_link", __name__)


class AskForm(flask_wtf.FlaskForm):
    """The mail address to send a link to."""

    email = wtforms.EmailField(
        _("E-mail"),
        [
            validators.InputRequired(_("Enter your e-mail address.")),
            sentences.checked(rules.email),
        ],
    )


@bp.get("/sign-in/link")
def ask() -> str:
    """Show the form, or that a mail is on its way."""
    if "sent" in flask.request.args:
        return flask.render_template("customer/link_sent.html")
    return _page(AskForm(formdata=None))


@bp.post("/sign-in/link")
def send() -> flask.typing.ResponseReturnValue:
    """Mail a link; the answer is the same whether there is an account or not."""
    form = AskForm()
    if not form.validate():
        return _page(form), 422
    try:
        sign_in_link.ask(site.ctx(), email=form.email.data, who=site.who())
    except throttling.TooManyTries as refused:
        return _page(form, refused=sentences.said(refused)), 429
    return flask.redirect(flask.url_for("sign_in_link.ask", sent=1), 303)


@bp.get("/sign-in/link/<token>")
def show(token: str) -> flask.typing.ResponseReturnValue:
    """Show the button; looking spends nothing, because mail scanners open links too."""
    try:
        sign_in_link.look(site.ctx(), token=token)
    except links.LinkNotUsable as over:
        return over_page(over, again=flask.url_for("sign_in_link.ask"))
    return flask.render_template("customer/link_use.html")


@bp.post("/sign-in/link/<token>")
def use(token: str) -> flask.typing.ResponseReturnValue:
    """Spend the link and sign in."""
    try:
        begun = sign_in_link.use(
            site.ctx(), token=token, who=site.who(), replaces=sign_in.present_session()
        )
    except links.LinkNotUsable as over:
        return over_page(over, again=flask.url_for("sign_in_link.ask"))
    return sign_in.enter(begun)


def over_page(over: links.LinkNotUsable, *, again: str) -> flask.typing.ResponseReturnValue:
    """The page for a link that is spent, too old or unknown, with the way on: `again`."""
    page = flask.render_template("customer/link_over.html", reason=over.reason, again=again)
    return page, 404 if over.reason == "unknown" else 410


def _page(form: AskForm, *, refused: str = "") -> str:
    return flask.render_template("customer/link_ask.html", form_=form, refused=refused)
