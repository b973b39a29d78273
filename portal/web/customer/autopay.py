"""Autopay pages: which pets have it, joining and changing it for one, leaving."""

from __future__ import annotations

import datetime

import flask
import flask_login
import werkzeug.exceptions
from flask_babel import gettext as _

from portal.domain.payments.operations import standing as operations
from portal.domain.payments.queries import agreed_to, drafts, methods, standing, undrafted
from portal.journeys import autopay, end_autopay
from portal.kernel import errors, ids
from portal.web.customer import autopay_view
from portal.web.shared import looks, numbers, rows, sentences, site

bp = flask.Blueprint("autopay", __name__, url_prefix="/autopay")
UNPROCESSABLE, CONFLICT = 422, 409


@bp.get("")
def index() -> str:
    """Every pet with its autopay: two statements with the look-up of the person."""
    write = rows.Writer(_today())
    found = standing.of_customer(site.reader(), customer_id=flask_login.current_user.id)
    return flask.render_template(
        "customer/autopay.html",
        pets=autopay_view.listed(found, write),
        lost=[one for one in found if one.can_join(write.today) and one.ended in standing.LOST],
        why_off=autopay_view.why_off,
    )


@bp.get("/<number>")
def show(number: str) -> str:
    """Join, or change what stands: seven statements with the look-up of the person."""
    return _page(_mine(number))


@bp.post("/<number>")
def send(number: str) -> flask.typing.ResponseReturnValue:
    """Join, or change what stands."""
    found, form = _mine(number), flask.request.form
    typed = autopay_view.Typed.of(form)
    if not typed.agreed:
        return _page(found, typed, autopay_view.not_agreed()), UNPROCESSABLE
    was_on = form.get("was") == "on"
    try:
        done = (autopay.change if was_on else autopay.join)(
            site.ctx(),
            customer_id=flask_login.current_user.id,
            policy_no=found.policy_no,
            method_no=typed.method,
            backup_no=typed.backup,
            days_before=typed.days,
            shown=_shown(found),
            who=site.who(),
        )
    except errors.DomainError as wrong:
        field = autopay_view.field_of(wrong)
        status = UNPROCESSABLE if field else CONFLICT
        return _page(_mine(number), typed, {field: sentences.said(wrong)}), status
    flask.flash(autopay_view.agreed_text(found.pet_name, was_on=was_on), "good")
    if done.late:
        flask.flash(_("What is due before autopay may take it stays yours to pay in time."), "wait")
    return flask.redirect(flask.url_for(".index"), 303)


@bp.get("/<number>/leave")
def ask(number: str) -> flask.typing.ResponseReturnValue:
    """Ask once more; three statements with the look-up of the person."""
    found = _mine(number)
    if not found.is_on:
        return flask.redirect(flask.url_for(".show", number=number), 303)
    planned = drafts.not_over(site.reader(), customer_id=flask_login.current_user.id)
    mine = [d for d in planned if d.kind == "autopay" and d.bills[0].policy_no == found.policy_no]
    return flask.render_template("customer/autopay_leave.html", found=found, planned=mine)


@bp.post("/<number>/leave")
def leave(number: str) -> flask.typing.ResponseReturnValue:
    """Turn autopay off."""
    found = _mine(number)
    try:
        left = autopay.leave(
            site.ctx(),
            customer_id=flask_login.current_user.id,
            policy_no=found.policy_no,
            who=site.who(),
        )
    except operations.AutopayOff as off:
        flask.flash(sentences.said(off), "wait")
    else:
        _tell_left(found, left)
    return flask.redirect(flask.url_for(".index"), 303)


def _tell_left(found: standing.Standing, left: end_autopay.Left) -> None:
    flask.flash(
        _("Autopay is off for %(pet)s. You pay each bill yourself now.", pet=found.pet_name), "good"
    )
    if left.running_cents:
        flask.flash(
            _("One payment is being taken right now and could not be stopped any more."), "wait"
        )


def _page(
    found: standing.Standing,
    typed: autopay_view.Typed | None = None,
    wrong: dict[str, str] | None = None,
) -> str:
    me, reader, today = flask_login.current_user.id, site.reader(), _today()
    if not found.is_on and not found.can_join(today):
        raise werkzeug.exceptions.NotFound
    write = rows.Writer(today)
    saved = methods.offered(reader, customer_id=me, today=today)
    taken = drafts.of_policy(reader, customer_id=me, policy_no=found.policy_no)
    open_ = undrafted.of_policy(reader, policy_id=found.policy_id)
    planned = [d for d in taken if d.ended_at is None]
    wanted = flask.request.args.get("method", "")
    return flask.render_template(
        "customer/autopay_policy.html",
        found=found,
        state=autopay_view.state_text(found),
        next=autopay_view.next_text(found, write),
        why_off=autopay_view.why_off(found),
        typed=typed or autopay_view.default(found, saved, wanted),
        wrong=wrong or {},
        methods=saved,
        days=autopay_view.choices(open_, planned, write),
        early=autopay_view.early(open_, write),
        consent=_shown(found).text,
        agreed=_agreed(found),
        history=autopay_view.history(taken, write),
    )


def _agreed(found: standing.Standing) -> agreed_to.Agreed | None:
    """What the owner agreed to when this autopay was joined or changed; another's is theirs."""
    if found.autopay_id is None or found.payer_id is not None:
        return None
    return agreed_to.of_autopay(site.reader(), autopay_id=found.autopay_id)


def _shown(found: standing.Standing):
    return autopay.shown(site.ctx(), pet_name=found.pet_name, language=looks.page_lang())


def _today() -> datetime.date:
    return site.ctx().clock.today()


def _mine(number: str) -> standing.Standing:
    wanted = numbers.wanted(number, ids.Prefix.POLICY)
    found = standing.of_policy(
        site.reader(), customer_id=flask_login.current_user.id, policy_no=wanted
    )
    if found is None:
        raise werkzeug.exceptions.NotFound
    return found
