"""One planned payment: what will be taken and when; another day, or none, until it is taken."""

from __future__ import annotations

import dataclasses

import flask
import flask_babel
import flask_login
import werkzeug.exceptions

from portal.documents import formats, wording
from portal.domain.billing.rules import chosen_day
from portal.domain.payments.queries import drafts
from portal.journeys import planned, schedule_payment
from portal.kernel import errors, ids, msgids
from portal.web.customer import cover_view, upcoming
from portal.web.shared import looks, numbers, rows, sentences, site

bp = flask.Blueprint("scheduled", __name__, url_prefix="/payments/scheduled")
N_ = msgids.N_
_ = flask_babel.gettext
UNPROCESSABLE, CONFLICT = 422, 409

# state → (kind of result, heading, what it means)
STATES = {
    "planned": (
        "wait",
        N_("%(sum)s will be taken on %(day)s"),
        N_("You need do nothing. If less is open by then, only that is taken."),
    ),
    "attempting": (
        "wait",
        N_("%(sum)s is being taken now"),
        N_("We write to you when it has arrived. Please do not pay these bills again meanwhile."),
    ),
    "retrying": (
        "late",
        N_("We did not receive %(sum)s yet"),
        N_("Nothing was taken. It is tried again on %(again)s; you can also pay at once."),
    ),
    "asking": (
        "late",
        N_("%(sum)s waits for you"),
        N_("Your bank wants you to confirm it. Use the link that we mailed to you, or pay now."),
    ),
    "paid": ("good", N_("This planned payment was received"), ""),
    "nothing_left": (
        "good",
        N_("Nothing was left to take"),
        N_("On its day nothing was open on these bills. Nothing was taken."),
    ),
    "failed": (
        "late",
        N_("We did not receive %(sum)s"),
        N_("Nothing was taken, and it is not tried again. Please pay in another way."),
    ),
    "cancelled": (
        "late",
        N_("This planned payment of %(sum)s is cancelled"),
        N_("Nothing was taken. What is open on these bills is still to be paid."),
    ),
}
LATER = N_(
    "You can change the day or cancel until it is taken. "
    "If less is open by then, only that is taken."
)
QUIET = {  # while nothing is to be paid on the bills: paid otherwise, or paused
    "planned": N_("Nothing is to be paid on these bills now. If it stays so, nothing is taken."),
    "retrying": N_("Nothing is to be paid on these bills now. If it stays so, nothing is taken."),
    "asking": N_("Nothing is to be paid on these bills now, so there is nothing to confirm."),
    "failed": N_("Nothing was taken by it. Nothing is to be paid on these bills now."),
    "cancelled": N_("Nothing was taken by it. Nothing is to be paid on these bills now."),
}
KINDS = {
    "scheduled": N_("You chose the day"),
    "autopay": N_("By autopay"),
    "arrangement": N_("A part of your arrangement"),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Typed:
    """Another day as it was typed, and what is wrong with it."""

    day: str
    error: str = ""


@bp.get("/<number>")
def show(number: str) -> str:
    """The planned payment: two statements with the look-up of the person."""
    return _page(_mine(number))


@bp.post("/<number>/day")
def move(number: str) -> flask.typing.ResponseReturnValue:
    """Take it on another day."""
    found, ctx = _mine(number), site.ctx()
    typed = flask.request.form.get("day", "")[:40]
    try:
        day = chosen_day.read(typed, example=chosen_day.last_on(ctx.clock.today()))
        schedule_payment.change_day(
            ctx,
            customer_id=flask_login.current_user.id,
            number=number,
            draft_on=day,
            language=looks.page_lang(),
            who=site.who(),
        )
    except planned.NoSuchDraft:
        raise werkzeug.exceptions.NotFound from None
    except schedule_payment.CannotChange as over:
        return _page(_mine(number), refused=sentences.said(over)), CONFLICT
    except errors.DomainError as wrong:
        return _page(found, Typed(day=typed, error=sentences.said(wrong))), UNPROCESSABLE
    flask.flash(_("The day is changed."), "good")
    return flask.redirect(flask.url_for("scheduled.show", number=number), 303)


@bp.post("/<number>/cancel")
def cancel(number: str) -> flask.typing.ResponseReturnValue:
    """Call it off."""
    _mine(number)
    try:
        schedule_payment.cancel(
            site.ctx(), customer_id=flask_login.current_user.id, number=number, who=site.who()
        )
    except planned.NoSuchDraft:
        raise werkzeug.exceptions.NotFound from None
    except schedule_payment.CannotChange as over:
        return _page(_mine(number), refused=sentences.said(over)), CONFLICT
    flask.flash(_("The planned payment is cancelled. Nothing is taken."), "good")
    return flask.redirect(flask.url_for("scheduled.show", number=number), 303)


def _page(found: drafts.DraftView, typed: Typed | None = None, refused: str = "") -> str:
    ctx = site.ctx()
    today = ctx.clock.today()
    write = rows.Writer(today)
    kind, heading, meaning = STATES[found.state]
    late = _late(found) if found.takes_cents else ""
    if not found.takes_cents:
        meaning = QUIET.get(found.state, meaning)
    elif late:
        meaning = LATER
    day = write.day(found.due_on or found.draft_on, "long")
    amount = formats.money(found.amount_cents)
    why = wording.decline(found.outcome, say=_) if _was_refused(found) else ""
    may_change = found.kind == "scheduled" and found.is_waiting
    return flask.render_template(
        "customer/scheduled.html",
        covers=cover_view.beside_money(),
        draft=found,
        kind=kind,
        heading=_(heading, sum=amount, day=day),
        meaning=" ".join(
            part for part in (late, why, _(meaning, again=day) if meaning else "") if part
        ),
        what=_(KINDS[found.kind]),
        bills=[
            rows.Row(
                href=f"/invoices/{bill.invoice_no}",
                title=write.bill(bill.pet_name, bill.due_on),
                note=bill.invoice_no,
                end=_("Due %(day)s", day=write.day(bill.due_on, "plain")),
            )
            for bill in found.bills
        ],
        summary=upcoming.sentence(found, write) if found.ended_at is None else "",
        typed=typed or Typed(day=found.draft_on.isoformat()),
        days=(chosen_day.first_on(today), chosen_day.last_on(today)),
        may_move=may_change and found.state == "planned",
        may_cancel=may_change,
        consent=schedule_payment.move_consent(ctx, draft=found, language=looks.page_lang()).text,
        refused=refused,
    )


def _late(found: drafts.DraftView) -> str:
    """That the chosen day comes after the due day, and what that may cost; "" where it does not."""
    days = (found.draft_on - found.bills[0].due_on).days
    if found.state != "planned" or found.kind != "scheduled" or days <= 0:
        return ""
    after = flask_babel.ngettext(
        "This is %(num)s day after the due day.", "This is %(num)s days after the due day.", days
    )
    return f"{after} {_('A late fee is possible from the 10th day on.')}"


def _was_refused(found: drafts.DraftView) -> bool:
    """Whether the last attempt was refused, and the draft is not paid or called off since."""
    return bool(found.outcome) and found.state in ("retrying", "failed")


def _mine(number: str) -> drafts.DraftView:
    wanted = numbers.wanted(number, ids.Prefix.DRAFT)
    found = drafts.one(site.reader(), customer_id=flask_login.current_user.id, number=wanted)
    if found is None:
        raise werkzeug.exceptions.NotFound
    return found
