"""A forgotten password, of customers and staff: ask for a link, and the page behind it."""

from __future__ import annotations

import flask
import flask_wtf
import wtforms
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import validators

from portal.domain.identity.operations import links, throttling
from portal.journeys import reset_password
from portal.kernel import errors
from portal.web.customer import sign_in_link
from portal.web.shared import sentences, sign_in_state, site

bp = flask.Blueprint("password", __name__)


class NewPasswordForm(flask_wtf.FlaskForm):
    """The new password, once: it can be set again by the same way."""

    password = wtforms.PasswordField(
        _("New password"), [validators.InputRequired(_("Enter a new password."))]
    )


@bp.get("/password/reset")
def ask() -> str:
    """Show the form, or that a mail is on its way."""
    if "sent" in flask.request.args:
        return flask.render_template("customer/password_sent.html")
    return _page(sign_in_link.AskForm(formdata=None))


@bp.post("/password/reset")
def send() -> flask.typing.ResponseReturnValue:
    """Mail a link; the answer is the same whether there is an account or not."""
    form = sign_in_link.AskForm()
    if not form.validate():
        return _page(form), 422
    try:
        reset_password.ask(site.ctx(), email=form.email.data, who=site.who())
    except throttling.TooManyTries as refused:
        return _page(form, refused=sentences.said(refused)), 429
    return flask.redirect(flask.url_for("password.ask", sent=1), 303)


@bp.get("/password/<token>")
def show(token: str) -> flask.typing.ResponseReturnValue:
    """Show the form; looking spends nothing."""
    return _finish_page(token, NewPasswordForm(formdata=None), 200)


@bp.post("/password/<token>")
def finish(token: str) -> flask.typing.ResponseReturnValue:
    """Spend the link and set the password; everybody signs in anew after that."""
    form = NewPasswordForm()
    if not form.validate():
        return _finish_page(token, form, 422)
    try:
        reset_password.finish(site.ctx(), token=token, password=form.password.data, who=site.who())
    except links.LinkNotUsable as over:
        return sign_in_link.over_page(over, again=flask.url_for("password.ask"))
    except errors.DomainError as wrong:
        sentences.beside(form.password, wrong)
        return _finish_page(token, form, 422)
    sign_in_state.sign_out()
    flask.flash(gettext("Your new password is set. Sign in with it now."), "good")
    return flask.redirect("/sign-in", 303)


def _page(form: sign_in_link.AskForm, *, refused: str = "") -> str:
    return flask.render_template("customer/password_ask.html", form_=form, refused=refused)


def _finish_page(
    token: str, form: NewPasswordForm, status: int
) -> flask.typing.ResponseReturnValue:
    try:
        account = reset_password.look(site.ctx(), token=token)
    except links.LinkNotUsable as over:
        return sign_in_link.over_page(over, again=flask.url_for("password.ask"))
    page = flask.render_template("customer/password_new.html", form_=form, email=account.email)
    return page, status
