"""Change the mail address: asked for here, confirmed by the link mailed to the new one."""

from __future__ import annotations

import flask
import flask_login
import flask_wtf
import wtforms
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import validators

from portal.domain.identity import queries, rules
from portal.domain.identity.operations import customers, links, throttling
from portal.journeys import change_email, change_password
from portal.web.customer import sign_in_link
from portal.web.shared import sentences, site

bp = flask.Blueprint("settings_email", __name__)


class EmailForm(flask_wtf.FlaskForm):
    """The new address, and the present password where there is one."""

    email = wtforms.EmailField(
        _("New e-mail address"),
        [
            validators.InputRequired(_("Enter your new e-mail address.")),
            sentences.checked(rules.email),
        ],
    )
    password = wtforms.PasswordField(_("Your password"))


@bp.get("/settings/email")
def show() -> str:
    """Show the form, or that a mail is on its way."""
    if "sent" in flask.request.args:
        return flask.render_template("customer/settings_email_sent.html")
    return _page(EmailForm(formdata=None))


@bp.post("/settings/email")
def send() -> flask.typing.ResponseReturnValue:
    """Mail a link to the new address; nothing changes yet."""
    form = EmailForm()
    if not form.validate():
        return _page(form), 422
    try:
        change_email.ask(
            site.ctx(),
            customer_id=flask_login.current_user.id,
            email=form.email.data,
            password=form.password.data or "",
            who=site.who(),
        )
    except change_email.EmailUnchanged as wrong:
        sentences.beside(form.email, wrong)
        return _page(form), 422
    except change_password.PresentPasswordWrong as wrong:
        sentences.beside(form.password, wrong)
        return _page(form), 422
    except throttling.TooManyTries as refused:
        return _page(form, refused=sentences.said(refused)), 429
    return flask.redirect(flask.url_for("settings_email.show", sent=1), 303)


@bp.get("/settings/email/<token>")
def look(token: str) -> flask.typing.ResponseReturnValue:
    """Show the button; anybody with the link may, signed in or not."""
    try:
        address = change_email.look(site.ctx(), token=token)
    except links.LinkNotUsable as over:
        return _over(over)
    return flask.render_template("customer/settings_email_confirm.html", email=address)


@bp.post("/settings/email/<token>")
def confirm(token: str) -> flask.typing.ResponseReturnValue:
    """Spend the link and change the address."""
    try:
        address = change_email.confirm(site.ctx(), token=token, who=site.who())
    except links.LinkNotUsable as over:
        return _over(over)
    except customers.EmailTaken as taken:
        flask.flash(sentences.said(taken), "late")
        return flask.redirect("/settings", 303)
    flask.flash(gettext("Your e-mail address is %(email)s now.", email=address), "good")
    return flask.redirect("/settings", 303)


def _over(over: links.LinkNotUsable) -> flask.typing.ResponseReturnValue:
    return sign_in_link.over_page(over, again=flask.url_for("settings_email.show"))


def _page(form: EmailForm, *, refused: str = "") -> str:
    account = queries.account_of(site.reader(), customer_id=flask_login.current_user.id)
    return flask.render_template(
        "customer/settings_email.html",
        form_=form,
        email=account.email,
        has_password=account.password_hash is not None,
        refused=refused,
    )
