"""Let somebody else pay for one pet: who they are, and where the link is mailed."""

from __future__ import annotations

import flask
import flask_login
import flask_wtf
import werkzeug.exceptions
import wtforms
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import validators

from portal.domain.identity import rules
from portal.domain.identity.operations import throttling
from portal.domain.payments.operations import inviting
from portal.domain.policies import queries as policies
from portal.journeys import invite_payer
from portal.kernel import errors, languages
from portal.web.shared import sentences, site

bp = flask.Blueprint("payer_new", __name__)


class InviteForm(flask_wtf.FlaskForm):
    """Who is to pay, and in which language they read."""

    name = wtforms.StringField(
        _("Their name"),
        [
            validators.InputRequired(_("Enter the name of whoever will pay.")),
            sentences.checked(rules.name),
        ],
    )
    email = wtforms.EmailField(
        _("Their e-mail address"),
        [
            validators.InputRequired(_("Enter the e-mail address of whoever will pay.")),
            sentences.checked(rules.email),
        ],
    )
    language = wtforms.SelectField(
        _("They read"),
        choices=[wtforms.fields.SelectChoice(code, name) for code, name in languages.NAMES.items()],
        validate_choice=False,
    )


@bp.get("/payers/new/<number>")
def new(number: str) -> flask.typing.ResponseReturnValue:
    """Ask who will pay for the pet of this policy."""
    form = InviteForm(formdata=None, language=flask_login.current_user.language)
    return _form_page(form, number)


@bp.post("/payers/new/<number>")
def invite(number: str) -> flask.typing.ResponseReturnValue:
    """Mail them a link."""
    form = InviteForm()
    if not form.validate():
        return _form_page(form, number), 422
    asked = invite_payer.Asked(
        name=form.name.data, email=form.email.data, language=form.language.data or ""
    )
    try:
        payer_no = invite_payer.invite(
            site.ctx(),
            customer_id=flask_login.current_user.id,
            policy_no=number,
            asked=asked,
            who=site.who(),
        )
    except invite_payer.NoSuchPolicy:
        raise werkzeug.exceptions.NotFound from None
    except throttling.TooManyTries as refused:
        return _form_page(form, number, refused=sentences.said(refused)), 429
    except inviting.PayerAlready as refused:
        sentences.above(form, refused)
        return _form_page(form, number), 422
    except errors.DomainError as refused:
        sentences.beside(form.email, refused)
        return _form_page(form, number), 422
    flask.flash(gettext("We mailed them the link. You see here when they have used it."), "good")
    return flask.redirect(flask.url_for("payers.show", number=payer_no), 303)


def _form_page(form: InviteForm, number: str, *, refused: str = "") -> str:
    policy = policies.by_number(
        site.reader(),
        policy_no=number,
        today=site.ctx().clock.today(),
        customer_id=flask_login.current_user.id,
    )
    if policy is None:
        raise werkzeug.exceptions.NotFound
    return flask.render_template(
        "customer/payer_new.html", form_=form, policy=policy, refused=refused
    )
