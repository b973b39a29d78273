"""Set or change the password of the signed-in customer."""

from __future__ import annotations

import flask
import flask_login
import flask_wtf
import wtforms
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import validators

from portal.domain.identity import queries
from portal.domain.identity.operations import throttling
from portal.journeys import change_password
from portal.kernel import errors
from portal.web.shared import sentences, site

bp = flask.Blueprint("settings_password", __name__)


class PasswordForm(flask_wtf.FlaskForm):
    """The present password, where there is one, and the new one."""

    present = wtforms.PasswordField(_("Present password"))
    new = wtforms.PasswordField(
        _("New password"), [validators.InputRequired(_("Enter a new password."))]
    )


@bp.get("/settings/password")
def show() -> str:
    """Show the form."""
    return _page(PasswordForm(formdata=None))


@bp.post("/settings/password")
def save() -> flask.typing.ResponseReturnValue:
    """Set the new password; every other device is signed out."""
    form = PasswordForm()
    if not form.validate():
        return _page(form), 422
    person = flask_login.current_user
    try:
        change_password.change(
            site.ctx(),
            customer_id=person.id,
            present=form.present.data or "",
            new=form.new.data,
            keep=person.session_id,
            who=site.who(),
        )
    except change_password.PresentPasswordWrong as wrong:
        sentences.beside(form.present, wrong)
        return _page(form), 422
    except throttling.TooManyTries as refused:
        return _page(form, refused=sentences.said(refused)), 429
    except errors.DomainError as wrong:
        sentences.beside(form.new, wrong)
        return _page(form), 422
    flask.flash(gettext("Your new password is set. Every other device was signed out."), "good")
    return flask.redirect("/settings", 303)


def _page(form: PasswordForm, *, refused: str = "") -> str:
    account = queries.account_of(site.reader(), customer_id=flask_login.current_user.id)
    return flask.render_template(
        "customer/settings_password.html",
        form_=form,
        has_password=account.password_hash is not None,
        refused=refused,
    )
