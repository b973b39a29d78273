"""Change name, phone and address."""

from __future__ import annotations

import flask
import flask_login
import flask_wtf
import wtforms
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import validators

from portal.domain.identity import queries, rules
from portal.journeys import change_settings
from portal.web.customer import settings
from portal.web.shared import sentences, site

bp = flask.Blueprint("settings_contact", __name__)


class ContactForm(flask_wtf.FlaskForm):
    """How to name and reach the customer."""

    first_name = wtforms.StringField(
        _("First name"),
        [
            validators.InputRequired(_("Enter your first name.")),
            sentences.checked(rules.name),
        ],
    )
    last_name = wtforms.StringField(
        _("Last name"),
        [
            validators.InputRequired(_("Enter your last name.")),
            sentences.checked(rules.name),
        ],
    )
    phone = wtforms.TelField(
        _("Phone"),
        [
            validators.Optional(),
            validators.Regexp(
                r"\+?[0-9 ().-]{7,30}$", message=_("Enter a phone number like 217-555-0134.")
            ),
        ],
    )
    street = wtforms.StringField(
        _("Street and number"),
        [
            validators.InputRequired(_("Enter street and number.")),
            validators.Length(max=120, message=_("Use 120 letters or fewer.")),
        ],
    )
    city = wtforms.StringField(
        _("City"),
        [
            validators.InputRequired(_("Enter the city.")),
            validators.Length(max=80, message=_("Use 80 letters or fewer.")),
        ],
    )
    state = wtforms.SelectField(
        _("State"),
        [validators.InputRequired(_("Choose a state.")), sentences.checked(rules.state)],
        validate_choice=False,
    )
    zip_code = wtforms.StringField(
        _("ZIP code"),
        [
            validators.InputRequired(_("Enter your ZIP code.")),
            sentences.checked(rules.zip_code),
        ],
    )


@bp.get("/settings/contact")
def show() -> str:
    """Show the form with what stands now."""
    customer = queries.customer(site.reader(), customer_id=flask_login.current_user.id)
    now = {
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "phone": customer.phone,
        "street": customer.street,
        "city": customer.city,
        "state": customer.state,
        "zip_code": customer.zip,
    }
    return _page(ContactForm(formdata=None, data=now))


@bp.post("/settings/contact")
def save() -> flask.typing.ResponseReturnValue:
    """Keep what was typed, or show what cannot be."""
    form = ContactForm()
    if not form.validate():
        return _page(form), 422
    given = {field.name: field.data or "" for field in form if field.name != "csrf_token"}
    changed = change_settings.contact(
        site.ctx(), customer_id=flask_login.current_user.id, who=site.who(), **given
    )
    flask.flash(gettext("Saved.") if changed else gettext("Nothing was changed."), "good")
    return flask.redirect("/settings", 303)


def _page(form: ContactForm) -> str:
    form.state.choices = settings.states()
    return flask.render_template("customer/settings_contact.html", form_=form)
