"""Activate an account: policy number and ZIP code, then the page behind the mailed link."""

from __future__ import annotations

import flask
import flask_wtf
import wtforms
from flask_babel import lazy_gettext as _
from wtforms import validators

from portal.domain.identity import rules
from portal.domain.identity.operations import links, throttling
from portal.journeys import activate, policy_papers
from portal.kernel import errors
from portal.web.customer import sign_in, sign_in_link
from portal.web.shared import sentences, site

bp = flask.Blueprint("activate", __name__)


class PapersForm(flask_wtf.FlaskForm):
    """What stands on the policy papers."""

    policy_no = wtforms.StringField(
        _("Policy number"), [validators.InputRequired(_("Enter the policy number."))]
    )
    zip_code = wtforms.StringField(
        _("ZIP code"),
        [validators.InputRequired(_("Enter the ZIP code.")), sentences.checked(rules.zip_code)],
    )


class FirstPasswordForm(flask_wtf.FlaskForm):
    """A password, for those who want one."""

    password = wtforms.PasswordField(_("Password"))


@bp.get("/activate")
def ask() -> str:
    """Show the form, or that a mail is on its way."""
    if "sent" in flask.request.args:
        return flask.render_template("customer/activate_sent.html")
    return _page(PapersForm(formdata=None))


@bp.post("/activate")
def send() -> flask.typing.ResponseReturnValue:
    """Mail a link to the address on file; the answer is the same whether both fit or not."""
    form = PapersForm()
    if not form.validate():
        return _page(form), 422
    try:
        activate.ask(
            site.ctx(),
            policy_no=form.policy_no.data,
            zip_code=form.zip_code.data,
            who=site.who(),
        )
    except policy_papers.PolicyNumberUnreadable as wrong:
        sentences.beside(form.policy_no, wrong)
        return _page(form), 422
    except throttling.TooManyTries as refused:
        return _page(form, refused=sentences.said(refused)), 429
    return flask.redirect(flask.url_for("activate.ask", sent=1), 303)


@bp.get("/activate/<token>")
def show(token: str) -> flask.typing.ResponseReturnValue:
    """Show the form for a password; looking spends nothing."""
    return _finish_page(token, FirstPasswordForm(formdata=None), 200)


@bp.post("/activate/<token>")
def finish(token: str) -> flask.typing.ResponseReturnValue:
    """Spend the link, set the password if one was given, and sign in."""
    form = FirstPasswordForm()
    try:
        begun = activate.finish(
            site.ctx(),
            token=token,
            password=form.password.data or "",
            who=site.who(),
            replaces=sign_in.present_session(),
        )
    except links.LinkNotUsable as over:
        return sign_in_link.over_page(over, again=flask.url_for("activate.ask"))
    except errors.DomainError as wrong:
        sentences.beside(form.password, wrong)
        return _finish_page(token, form, 422)
    return sign_in.enter(begun)


def _page(form: PapersForm, *, refused: str = "") -> str:
    return flask.render_template("customer/activate.html", form_=form, refused=refused)


def _finish_page(
    token: str, form: FirstPasswordForm, status: int
) -> flask.typing.ResponseReturnValue:
    try:
        account = activate.look(site.ctx(), token=token)
    except links.LinkNotUsable as over:
        return sign_in_link.over_page(over, again=flask.url_for("activate.ask"))
    page = flask.render_template(
        "customer/activate_finish.html", form_=form, email=account.email, name=account.first_name
    )
    return page, status
