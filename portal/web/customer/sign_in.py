"""Sign in by password; the page also names the other ways in."""

from __future__ import annotations

import flask
import flask_login
import flask_wtf
import wtforms
from flask_babel import lazy_gettext as _
from wtforms import validators

from portal.domain.identity.operations import throttling
from portal.journeys import sign_in
from portal.web.shared import landing, sentences, sign_in_state, site

bp = flask.Blueprint("sign_in", __name__)


class SignInForm(flask_wtf.FlaskForm):
    """A mail address and its password; `next` is where the visitor wanted to go."""

    email = wtforms.EmailField(
        _("E-mail"), [validators.InputRequired(_("Enter your e-mail address."))]
    )
    password = wtforms.PasswordField(
        _("Password"), [validators.InputRequired(_("Enter your password."))]
    )
    next = wtforms.HiddenField()


@bp.get("/sign-in")
def show() -> flask.typing.ResponseReturnValue:
    """Show the page, or go on when somebody is signed in already."""
    wanted = flask.request.args.get("next", "")
    person = flask_login.current_user
    if person.is_authenticated:
        return flask.redirect(landing.after_sign_in(person.role, wanted))
    form = SignInForm(formdata=None)
    form.next.data = wanted if landing.is_local(wanted) else ""
    return page(form)


@bp.post("/sign-in")
def send() -> flask.typing.ResponseReturnValue:
    """Sign in, or show what was wrong."""
    form = SignInForm()
    if not form.validate():
        return page(form), 422
    try:
        begun = sign_in.with_password(
            site.ctx(),
            email=form.email.data,
            password=form.password.data,
            who=site.who(),
            replaces=present_session(),
        )
    except sign_in.WrongPassword as wrong:
        sentences.beside(form.password, wrong)
        return page(form), 422
    except throttling.TooManyTries as refused:
        return page(form, refused=refused), 429
    return enter(begun, form.next.data or "")


def page(form: SignInForm, *, refused: throttling.TooManyTries | None = None) -> str:
    """The page with the form as it stands; `refused` when there were too many tries."""
    said = sentences.said(refused) if refused else ""
    return flask.render_template("customer/sign_in.html", form_=form, refused=said)


def enter(begun: sign_in.Begun, wanted: str = "") -> flask.typing.ResponseReturnValue:
    """Keep the new session's token and go on."""
    sign_in_state.sign_in(begun.token)
    return flask.redirect(landing.after_sign_in(begun.role, wanted), 303)


def present_session() -> int | None:
    """The session that a new one replaces, if this browser has one."""
    person = flask_login.current_user
    return person.session_id if person.is_authenticated else None
