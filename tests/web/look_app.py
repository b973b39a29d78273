"""A small site with nothing but the look: knows the gallery pages, refuses to know a database."""

import dataclasses
import datetime
from pathlib import Path

import flask
import flask_babel
import flask_wtf
import jinja2
import wtforms

from portal.web.shared import looks

ROOT = Path(__file__).resolve().parents[2]
GALLERY = Path(__file__).parent / "gallery"
PAGES = ("owner", "flow", "desk")
ERRORS = (400, 403, 404, 405, 413, 429, 500, 503)


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """One row of the queue, as a page would pass it."""

    href: str
    level: int
    clock: str
    clock_state: str
    customer: str
    subject: str
    cents: int
    owner: str
    initials: str
    age: str
    open: bool = False


CASES = (
    Case("#1", 1, "5 min over", "late", "Okafor, D.", "Charged <after>", 4120, "Tom", "TL", "2 d"),
    Case("#2", 2, "40 min to reply", "soon", "Brandt, S.", "Wrong amount", 6244, "", "", "7 h"),
    Case("#3", 3, "6 d left", "", "Delgado, P.", "Rate increase", 7110, "Eva P", "EP", "4 d", True),
)


class Example(flask_wtf.FlaskForm):
    """A form of each kind of field that the macros draw."""

    first = wtforms.StringField("First name", [wtforms.validators.DataRequired("Write your name.")])
    count = wtforms.IntegerField("How many")
    about = wtforms.TextAreaField("About")
    state = wtforms.SelectField(
        "State",
        choices=[
            wtforms.fields.SelectChoice("IL", "Illinois"),
            wtforms.fields.SelectChoice("WA", "Washington"),
        ],
    )
    agree = wtforms.BooleanField("I agree")
    mail = wtforms.EmailField("Mail for receipts")


def make() -> flask.Flask:
    """Build the site: the gallery at `/<page>`, errors at `/errors/<code>`; `?lang=es` works."""
    app = flask.Flask(
        "look", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static")
    )
    app.config.update(
        SECRET_KEY="only for looking",
        TESTING=True,
        PORTAL_BRAND="Fernhill Pet Insurance",
        PORTAL_PHONE="+18005550142",
        PORTAL_TIME_ZONE="America/New_York",
    )
    app.jinja_loader = jinja2.ChoiceLoader(
        [jinja2.FileSystemLoader(GALLERY), jinja2.FileSystemLoader(ROOT / "templates")]
    )
    flask_babel.Babel(
        app,
        locale_selector=lambda: flask.request.args.get("lang", "en"),
        default_translation_directories=str(ROOT / "portal" / "translations"),
    )
    flask_wtf.CSRFProtect(app)
    looks.install(app)
    app.add_url_rule("/<any(owner, flow, desk):page>", "page", _page)
    app.add_url_rule("/errors/<int:code>", "error", _error)
    return app


def _page(page: str) -> str:
    flask.flash("Your address was changed.")
    form = Example(formdata=None)
    form.first.errors = ["Write your name."]
    form.count.raw_data = ["twelve"]
    return flask.render_template(
        f"{page}.html",
        due=datetime.date(2026, 11, 28),
        moment=datetime.datetime(2026, 11, 29, 0, 42, tzinfo=datetime.UTC),
        kinds=(
            "due",
            "overdue",
            "processing",
            "paid",
            "paused",
            "refunded",
            "good",
            "failed",
            "off",
        ),
        cases=CASES,
        example=form,
        desk={"queue": 34, "approvals": 3, "person": "Priya N."},
    )


def _error(code: int) -> str:
    return flask.render_template(f"errors/{code}.html", request_id="req-7Q2K")
