"""Billing settings at the desk: all versions, and another one from a day to come."""

from __future__ import annotations

import datetime
from typing import Any

import flask
import flask_babel
import flask_login
import werkzeug.exceptions

from portal.domain.approvals import rules as approvals
from portal.domain.billing.queries import plans, versions
from portal.domain.billing.rules import chosen_day, settings
from portal.domain.identity import rules as identity
from portal.journeys import billing_settings
from portal.kernel import errors
from portal.web import access
from portal.web.shared import sentences, site
from portal.web.staff import frame, settings_view

bp = flask.Blueprint("desk_settings", __name__, url_prefix="/desk/billing/settings")
_ = flask_babel.gettext
UNPROCESSABLE = 422
DAY_CODES = {"day_unreadable", "version_not_future", "version_day_taken"}
REASON_CODES = {"approval_reason_missing", "approval_reason_too_long"}
LONGEST = 2100  # characters of a field that are read


@bp.get("")
def show() -> flask.typing.ResponseReturnValue:
    """The plan and the states' rules with every version; `code` leads on to a state's form."""
    if "code" in flask.request.args:
        code = _known(flask.request.args["code"])
        return flask.redirect(flask.url_for("desk_settings.new", code=code))
    reader, today = site.reader(), site.ctx().clock.today()
    return frame.page(
        "billing_settings.html",
        plan=versions.of(reader, code=plans.STANDARD, today=today),
        states=versions.of_states(reader, today=today),
        known=settings.PLAN,
        of_state=settings.STATE,
        names=identity.US_STATES,
        shown=settings_view.shown,
        may_change=_may_change(),
    )


@bp.get("/<code>")
def new(code: str) -> str:
    """The form, filled with what holds today."""
    _known(code)
    today = site.ctx().clock.today()
    found = versions.of(site.reader(), code=code, today=today)
    values = versions.values_on(found, code=code, on=today)
    known = versions.kind(code).known
    typed = {one.name: settings.typed(one, values[one.name]) for one in known}
    return _page(code, typed | {"valid_from": "", "reason": ""}, {}, None)


@bp.post("/<code>")
def ask(code: str) -> flask.typing.ResponseReturnValue:
    """Show what would change, or ask a second person for what was shown."""
    form, known = flask.request.form, versions.kind(_known(code)).known
    names = [*(one.name for one in known), "valid_from", "reason"]
    typed = {name: form.get(name, "")[:LONGEST] for name in names}
    wanted, wrong = _read(code, typed)
    if wanted is None:
        return _page(code, typed, wrong, None), UNPROCESSABLE
    try:
        if form.get("look"):
            approvals.clean_reason(wanted.reason)
            return _page(code, typed, {}, billing_settings.preview(site.ctx(), ask=wanted))
        seen = form.get("facts_version", "")
        billing_settings.request(site.ctx(), ask=wanted, facts_version=seen, who=site.who())
    except errors.DomainError as refused:
        at = "valid_from" if refused.code in DAY_CODES else ""
        at = "reason" if refused.code in REASON_CODES else at
        return _page(code, typed, {at: sentences.said(refused)}, None), UNPROCESSABLE
    flask.flash(_("A second person is asked. Until they agree nothing changes."), "wait")
    return flask.redirect(flask.url_for("desk_settings.show"), 303)


@bp.post("/<code>/withdraw")
def withdraw(code: str) -> flask.typing.ResponseReturnValue:
    """Take back a version that is still to come."""
    given = flask.request.form.get("valid_from", "")
    try:
        valid_from = datetime.date.fromisoformat(given)
        billing_settings.withdraw(
            site.ctx(), code=_known(code), valid_from=valid_from, who=site.who()
        )
    except ValueError:
        raise werkzeug.exceptions.NotFound from None
    except errors.DomainError as refused:
        flask.flash(sentences.said(refused), "late")
    else:
        flask.flash(_("Withdrawn. What held before goes on."), "good")
    return flask.redirect(flask.url_for("desk_settings.show"), 303)


def _known(code: str) -> str:
    """The code, or 404."""
    try:
        versions.kind(code)
    except versions.NoSuchSettings:
        raise werkzeug.exceptions.NotFound from None
    return code


def _may_change() -> bool:
    return flask_login.current_user.role in access.TABLE["desk_settings.ask"]


def _read(code: str, typed: dict[str, str]) -> tuple[billing_settings.Ask | None, dict[str, str]]:
    """What was typed, or what is wrong with each field."""
    values: dict[str, settings.Value] = {}
    wrong: dict[str, str] = {}
    for one in versions.kind(code).known:
        try:
            values[one.name] = settings.read(one, typed[one.name])
        except errors.DomainError as refused:
            wrong[one.name] = sentences.said(refused)
    today = site.ctx().clock.today()
    valid_from = today
    try:
        valid_from = chosen_day.read(typed["valid_from"], example=today)
    except errors.DomainError as refused:
        wrong["valid_from"] = sentences.said(refused)
    if wrong:
        return None, wrong
    return (
        billing_settings.Ask(
            code=code, valid_from=valid_from, values=values, reason=typed["reason"]
        ),
        {},
    )


def _page(
    code: str, typed: dict[str, str], wrong: dict[str, str], facts: dict[str, Any] | None
) -> str:
    reader, today = site.reader(), site.ctx().clock.today()
    return frame.page(
        "billing_settings_new.html",
        code=code,
        title=settings_view.title(code),
        fields=settings_view.fields(versions.kind(code).known, typed, wrong),
        typed=typed,
        wrong=wrong,
        lines=settings_view.lines(facts) if facts else [],
        until=settings_view.day(facts["until"]) if facts and facts["until"] else "",
        facts_version=approvals.facts_version(facts) if facts else "",
        waits=billing_settings.waiting(reader, code=code),
        first_day=today + datetime.timedelta(days=1),
    )
