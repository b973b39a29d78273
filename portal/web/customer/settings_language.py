"""Choose the language of pages and mails."""

from __future__ import annotations

import flask
import flask_login
import flask_wtf
import wtforms
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.domain.identity import queries
from portal.journeys import change_settings
from portal.kernel import languages
from portal.web.shared import site

bp = flask.Blueprint("settings_language", __name__)


class LanguageForm(flask_wtf.FlaskForm):
    """One of ours."""

    language = wtforms.RadioField(
        _("Language"),
        choices=[wtforms.fields.SelectChoice(*known) for known in languages.NAMES.items()],
    )


@bp.get("/settings/language")
def show() -> str:
    """Show the languages."""
    customer = queries.customer(site.reader(), customer_id=flask_login.current_user.id)
    return _page(customer.language, "")


@bp.post("/settings/language")
def save() -> flask.typing.ResponseReturnValue:
    """Keep the choice; this browser speaks it from the next page on."""
    form = LanguageForm()
    if not form.validate():
        return _page("", gettext("Choose a language.")), 422
    change_settings.language(
        site.ctx(),
        customer_id=flask_login.current_user.id,
        language=form.language.data,
        who=site.who(),
    )
    flask.session["lang"] = form.language.data
    return flask.redirect("/settings", 303)


def _page(chosen: str, error: str) -> str:
    return flask.render_template(
        "customer/settings_language.html",
        choices_=languages.NAMES.items(),
        chosen=chosen,
        error=error,
    )
