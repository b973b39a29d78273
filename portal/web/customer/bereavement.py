"""A pet has died: told here with its day, and taken back where it was a mistake. A quiet page."""

from __future__ import annotations

import datetime

import flask
import flask_babel
import flask_login
import werkzeug.exceptions

from portal.domain.billing.rules import chosen_day
from portal.domain.policies import queries
from portal.domain.reports.queries import bereaved
from portal.journeys import bereavement, term_scene
from portal.kernel import errors
from portal.web.shared import once, sentences, site

bp = flask.Blueprint("bereavement", __name__, url_prefix="/policies")
_ = flask_babel.gettext
UNPROCESSABLE = 422
AT_THE_DAY = {
    "death_ahead",
    "death_before_term",
    "death_after_cover",
    "day_unreadable",
    "no_term_now",
}


@bp.get("/<number>/bereavement")
def show(number: str) -> flask.typing.ResponseReturnValue:
    """Ask for the day, with what happens and what goes back; or what was told already."""
    policy = _mine(number)
    told = bereaved.told(site.reader(), policy=policy)
    if told is not None:
        return flask.render_template(
            "customer/bereavement_told.html", told=told, once_key=once.new_key()
        )
    if flask.request.args.get("back"):
        return flask.render_template("customer/bereavement_back.html", policy=policy)
    return _ask(policy, flask.request.args.get("on", ""), None)


@bp.post("/<number>/bereavement")
def send(number: str) -> flask.typing.ResponseReturnValue:
    """Show what another day comes to, or write it down and stop everything."""
    policy, typed = _mine(number), flask.request.form.get("on", "")
    if flask.request.form.get("look"):
        return _ask(policy, typed, None)
    order = _order(number)
    try:
        bereavement.tell(site.ctx(), ask=order, died_on=_day(typed))
    except bereavement.ToldAlready:
        pass  # another tab was first: the page says what stands
    except errors.DomainError as refused:
        return _ask(policy, typed, refused)
    return flask.redirect(flask.url_for(".show", number=number), 303)


@bp.post("/<number>/bereavement/take-back")
def take_back(number: str) -> flask.typing.ResponseReturnValue:
    """It was a mistake."""
    _mine(number)
    order = _order(number)
    try:
        bereavement.take_back(site.ctx(), ask=order)
    except bereavement.NotTold:
        pass  # taken back before
    except errors.DomainError as refused:
        flask.flash(sentences.said(refused), "wait")
        return flask.redirect(flask.url_for(".show", number=number), 303)
    return flask.redirect(flask.url_for(".show", number=number, back=1), 303)


def _mine(number: str) -> queries.PolicyView:
    policy = queries.by_number(
        site.reader(),
        policy_no=number,
        today=site.ctx().clock.today(),
        customer_id=flask_login.current_user.id,
    )
    if policy is None or policy.term is None:
        raise werkzeug.exceptions.NotFound
    return policy


def _order(number: str, *, is_trial: bool = False) -> term_scene.Ask:
    return term_scene.Ask(
        policy_no=number,
        once_key=once.new_key() if is_trial else once.given_key(),
        who=site.who(),
        customer_id=flask_login.current_user.id,
    )


def _day(typed: str) -> datetime.date:
    today = site.ctx().clock.today()
    return chosen_day.read(typed, example=today) if typed else today


def _ask(
    policy: queries.PolicyView, typed: str, wrong: errors.DomainError | None
) -> flask.typing.ResponseReturnValue:
    """The page that asks, with the estimate for the day; or with what is wrong about it."""
    seen = None
    if wrong is None:
        try:
            seen = bereavement.estimate(
                site.ctx(), ask=_order(policy.number, is_trial=True), died_on=_day(typed)
            )
        except errors.DomainError as refused:
            wrong = refused
    page = flask.render_template(
        "customer/bereavement.html",
        policy=policy,
        typed=typed or site.ctx().clock.today().isoformat(),
        seen=seen,
        wrong=sentences.said(wrong) if wrong else "",
        at_the_day=bool(wrong) and wrong.code in AT_THE_DAY,
        once_key=once.new_key(),
        today=site.ctx().clock.today(),
    )
    return page, UNPROCESSABLE if wrong and flask.request.method == "POST" else 200
