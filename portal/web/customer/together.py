"""One bill a month for all pets: chosen with a preview, left with one press; the bills of a day."""

from __future__ import annotations

import datetime

import flask
import flask_babel
import flask_login
import werkzeug.exceptions

from portal.domain.billing.queries import coverage, joint
from portal.domain.billing.rules import replanning
from portal.domain.payments.queries import bill, bills
from portal.journeys import bill_together, term_changes
from portal.kernel import errors
from portal.web.customer import owed_view, papers
from portal.web.shared import change_words, once, rows, sentences, site

bp = flask.Blueprint("together", __name__)
_ = flask_babel.gettext
UNPROCESSABLE = 422


@bp.get("/policies/together")
def show() -> str:
    """Choose the day, or see who is on it and leave."""
    return _page(typed="", seen=None, wrong="")


@bp.post("/policies/together")
def choose() -> flask.typing.ResponseReturnValue:
    """Show what the day does to each pet's bills, or choose it."""
    form = flask.request.form
    is_pressed = not form.get("look")
    typed = form.get("day", "")[:9]
    day = int(typed) if typed.isascii() and typed.isdecimal() else 0
    key = once.given_key() if is_pressed else once.new_key()
    seen = form.get("seen", "none") if is_pressed else ""
    try:
        made = _join(day, key, seen, is_trial=not is_pressed)
    except term_changes.ChangedMeanwhile as refused:
        fresh = _join(day, once.new_key(), "", is_trial=True)
        return _page(typed, fresh, sentences.said(refused)), UNPROCESSABLE
    except errors.DomainError as refused:
        return _page(typed, None, sentences.said(refused)), UNPROCESSABLE
    if not is_pressed:
        return _page(typed, made, "")
    flask.flash(
        _("Done. The bills of all pets are due on day %(day)s from now on.", day=day), "good"
    )
    return flask.redirect(flask.url_for("policies.index"), 303)


@bp.post("/policies/together/leave")
def leave() -> flask.typing.ResponseReturnValue:
    """Have each pet's bills told by themselves again."""
    bill_together.leave(site.ctx(), customer_id=flask_login.current_user.id, who=site.who())
    flask.flash(_("Each pet has its own bills again. Their days stay as they are."), "good")
    return flask.redirect(flask.url_for("policies.index"), 303)


@bp.get("/invoices/due/<day>")
def due(day: str) -> str:
    """All bills due on a day: three statements with the look-up of the person."""
    found = _due(day)
    me, write = flask_login.current_user.id, rows.Writer(site.ctx().clock.today())
    owed = bills.open_bills(site.reader(), customer_id=me)
    mine = tuple(one for one in owed.bills if one.due_on == found[0].due_on)
    to_pay = [one for one in mine if one.to_pay_cents]
    is_open = {one.number for one in mine}
    return flask.render_template(
        "customer/bills_due.html",
        due_on=found[0].due_on,
        pets=rows.names(list(dict.fromkeys(one.pet_name for one in found))),
        cents=sum(one.to_pay_cents for one in to_pay),
        total_cents=sum(one.total_cents for one in found),
        pay_href=owed_view.pay_href(to_pay),
        open_rows=rows.open_rows(mine, write),
        paid_rows=rows.settled_rows(
            tuple(one for one in found if one.number not in is_open), write
        ),
    )


@bp.get("/invoices/due/<day>.pdf")
def paper(day: str) -> flask.Response:
    """The same bills on one paper."""
    whose = {"customer_id": flask_login.current_user.id, "today": site.ctx().clock.today()}
    read = [bill.bill(site.reader(), number=one.number, **whose) for one in _due(day)]
    return papers.of_bills([one for one in read if one is not None], site.ctx())


def _due(day: str) -> tuple[bill.DayBill, ...]:
    """The bills due on the day in the address, or 404."""
    try:
        on = datetime.date.fromisoformat(day)
    except ValueError:
        raise werkzeug.exceptions.NotFound from None
    found = bill.due_on(site.reader(), customer_id=flask_login.current_user.id, day=on)
    if not found:
        raise werkzeug.exceptions.NotFound
    return found


def _join(day: int, key: str, expects: str, *, is_trial: bool) -> bill_together.Joined:
    ask = bill_together.Ask(
        customer_id=flask_login.current_user.id,
        day=day,
        once_key=key,
        who=site.who(),
        expects=expects,
    )
    return bill_together.join(site.ctx(), ask=ask, is_trial=is_trial)


def _page(typed: str, seen: bill_together.Joined | None, wrong: str) -> str:
    me, reader, today = flask_login.current_user.id, site.reader(), site.ctx().clock.today()
    setting = joint.running(reader, customer_id=me)
    covers = [
        cover
        for cover in coverage.covers(reader, customer_id=me, today=today)
        if cover.next_on is not None
    ]
    usual = setting.day if setting else bill_together.usual_day(covers)
    return flask.render_template(
        "customer/together.html",
        setting=setting,
        covers=covers,
        off={cover.policy_no for cover in bill_together.off_the_day(covers, setting)},
        least=bill_together.LEAST_PETS,
        days=[(n, n) for n in range(1, replanning.LAST_DAY + 1)],
        typed=typed or usual,
        seen=seen,
        told=[(pet, _told(pet)) for pet in seen.pets] if seen else [],
        wrong=wrong,
        once_key=once.new_key(),
    )


def _told(pet: bill_together.Pet) -> list[str]:
    if pet.change is None:
        return [_("Nothing moves: its bills are due on that day, or all of the term are out.")]
    write = rows.Writer(site.ctx().clock.today())
    change = pet.change
    return change_words.sentences(change.kind, change.effective_on, change.facts, write)
