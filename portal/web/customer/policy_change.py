"""Changing a policy oneself: day, all at once, the next plan, its end; each seen before."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import flask
import flask_babel
import flask_login
import werkzeug.exceptions

from portal.domain.billing.rules import chosen_day, pro_rata, replanning
from portal.journeys import choose_plan, end_policy, pay_monthly, term_changes
from portal.kernel import errors
from portal.web.shared import change_words, once, rows, sentences, site

bp = flask.Blueprint("policy_change", __name__, url_prefix="/policies")
_ = flask_babel.gettext
UNPROCESSABLE = 422
Try = Callable[[term_changes.Ask, bool], term_changes.Change]
FIELDS: dict[str, str] = {
    "billing_day_wrong": "day",
    "billing_day_same": "day",
    "billing_day_out_of_reach": "day",
    "day_unreadable": "on",
    "end_too_soon": "on",
    "cancellation_outside_term": "on",
    "no_term_now": "on",
    "next_plan_unknown": "plan",
    "next_plan_same": "plan",
    "next_term_billed": "plan",
    "payment_plan_does_not_fit": "plan",
}


@bp.get("/<number>/day")
@bp.post("/<number>/day")
def day(number: str) -> flask.typing.ResponseReturnValue:
    """Have the bills to come due on another day of the month."""
    typed = flask.request.values.get("day", "")[:10]

    def change(ask: term_changes.Ask, is_trial: bool) -> term_changes.Change:
        asked = int(typed) if typed.isascii() and typed.isdecimal() else 0
        return term_changes.move_day(site.ctx(), ask=ask, day=asked, is_trial=is_trial)

    return _screen(number, "day", change, typed=typed, is_open=not typed)


@bp.get("/<number>/in-full")
@bp.post("/<number>/in-full")
def in_full(number: str) -> flask.typing.ResponseReturnValue:
    """Have all that is still to come on one bill."""

    def change(ask: term_changes.Ask, is_trial: bool) -> term_changes.Change:
        return term_changes.pay_in_full(site.ctx(), ask=ask, is_trial=is_trial)

    return _screen(number, "in-full", change)


@bp.get("/<number>/monthly")
@bp.post("/<number>/monthly")
def monthly(number: str) -> flask.typing.ResponseReturnValue:
    """Have the year's one bill withdrawn and the year paid monthly."""

    def change(ask: term_changes.Ask, is_trial: bool) -> term_changes.Change:
        return pay_monthly.pay_monthly(site.ctx(), ask=ask, is_trial=is_trial)

    answer = _screen(number, "monthly", change)
    if flask.request.method == "GET" and isinstance(answer, tuple):
        return answer[0]  # that it cannot be is what the page has to say
    return answer


@bp.get("/<number>/cancel")
@bp.post("/<number>/cancel")
def cancel(number: str) -> flask.typing.ResponseReturnValue:
    """End the policy on a chosen day; inside the free look all goes back."""
    today = site.ctx().clock.today()
    typed = flask.request.values.get("on", "")

    def change(ask: term_changes.Ask, is_trial: bool) -> term_changes.Change:
        on = chosen_day.read(typed, example=today)
        return end_policy.by_customer(site.ctx(), ask=ask, on=on, is_trial=is_trial)

    return _screen(number, "cancel", change, typed=typed, is_open=not typed)


@bp.get("/<number>/next-plan")
@bp.post("/<number>/next-plan")
def next_plan(number: str) -> flask.typing.ResponseReturnValue:
    """Choose how the next term is paid."""
    typed = flask.request.values.get("plan", "")

    def change(ask: term_changes.Ask, is_trial: bool) -> term_changes.Change:
        return choose_plan.choose(site.ctx(), ask=ask, plan=typed, is_trial=is_trial)

    return _screen(
        number, "next-plan", change, typed=typed, is_open="plan" not in flask.request.values
    )


def _screen(
    number: str, what: str, change: Try, *, typed: str = "", is_open: bool = False
) -> flask.typing.ResponseReturnValue:
    """The page with what the change does, or the change itself where its button was pressed."""
    is_pressed = flask.request.method == "POST" and not flask.request.form.get("look")
    key = once.given_key() if flask.request.method == "POST" else once.new_key()
    form = flask.request.form
    ask = term_changes.Ask(
        policy_no=number,
        once_key=key,
        who=site.who(),
        customer_id=flask_login.current_user.id,
        expects=form.get("seen", "none") if is_pressed else "",
    )
    seen, wrong = None, None
    try:
        if is_pressed:
            done = change(ask, False)
            flask.flash(_("Done. %(what)s", what=_told(done)[0]), "good")
            return flask.redirect(flask.url_for("policies.show", number=number), 303)
        if not is_open:
            seen = change(ask, True)
    except term_changes.NoSuchPolicy:
        raise werkzeug.exceptions.NotFound from None
    except errors.DomainError as refused:
        wrong = refused
        if isinstance(refused, term_changes.ChangedMeanwhile):
            seen = change(_anew(ask), True)
    return _page(number, what, typed, seen, wrong), UNPROCESSABLE if wrong else 200


def _anew(ask: term_changes.Ask) -> term_changes.Ask:
    return term_changes.Ask(
        policy_no=ask.policy_no,
        once_key=once.new_key(),
        who=ask.who,
        customer_id=ask.customer_id,
    )


def _told(change: term_changes.Change) -> list[str]:
    write = rows.Writer(site.ctx().clock.today())
    return change_words.sentences(change.kind, change.effective_on, change.facts, write)


def _page(
    number: str,
    what: str,
    typed: str,
    seen: term_changes.Change | None,
    wrong: errors.DomainError | None,
) -> str:
    me = flask_login.current_user.id
    try:
        found = end_policy.about(site.ctx(), policy_no=number, customer_id=me)
    except term_changes.NoSuchPolicy:
        raise werkzeug.exceptions.NotFound from None
    return flask.render_template(
        "customer/policy_change.html",
        policy=found.policy,
        what=what,
        typed=typed,
        seen=seen,
        told=_told(seen) if seen else [],
        wrong=sentences.said(wrong) if wrong else "",
        field=FIELDS.get(wrong.code, "") if wrong else "",
        once_key=once.new_key(),
        days=[(n, n) for n in range(1, replanning.LAST_DAY + 1)],
        first_on=site.ctx().clock.today(),
        last_on=found.last_on,
        free_look_on=found.free_look_on,
        is_flat=bool(seen) and seen.facts.get("basis") == pro_rata.CancellationBasis.FLAT,
        before=_schedule(seen, "before"),
        after=_schedule(seen, "after") or _schedule(seen, "bills"),
        options=choose_plan.options(site.ctx(), policy=found.policy) if what == "next-plan" else (),
    )


def _schedule(seen: term_changes.Change | None, name: str) -> list[tuple[datetime.date, int]]:
    listed = seen.facts.get(name, []) if seen else []
    return [(datetime.date.fromisoformat(on), cents) for on, cents in listed]
