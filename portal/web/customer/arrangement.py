"""The owner's payment arrangement: its parts and bills as they stand, and ending it."""

from __future__ import annotations

import flask
import flask_babel
import flask_login
import werkzeug.exceptions

from portal.documents import formats
from portal.domain.billing.queries import arranged
from portal.domain.payments.queries import arrangement_parts
from portal.journeys import arrange
from portal.kernel import msgids, transitions
from portal.web.customer import cover_view
from portal.web.shared import rows, sentences, site

bp = flask.Blueprint("arrangement", __name__)
N_ = msgids.N_
_ = flask_babel.gettext
CONFLICT = 409

# state → (kind of result, heading, what it means)
STATES = {
    "proposed": (
        "wait",
        N_("You asked to pay %(sum)s in %(num)s parts"),
        N_("A person looks at it and writes to you. Nothing is taken until then."),
    ),
    "active": (
        "good",
        N_("You pay %(sum)s in %(num)s parts"),
        N_("Each part is taken on its day. You can pay sooner: then less is taken, or nothing."),
    ),
    "kept": ("good", N_("You paid %(sum)s in parts"), N_("This arrangement is done. Thank you.")),
    "broken": (
        "late",
        N_("Your arrangement has ended"),
        N_(
            "Parts of it could not be taken. What is open is due now. If something has happened, "
            "call us: we look for a way together."
        ),
    ),
    "declined": (
        "late",
        N_("We could not agree to these parts"),
        N_("Your bills are due as before."),
    ),
    "cancelled": (
        "late",
        N_("You ended this arrangement"),
        N_("No further part is taken. What is open is due as before."),
    ),
}
# state of a part → (how it is drawn, the word for it)
PARTS = {
    "planned": ("waiting", N_("Planned")),
    "attempting": ("processing", N_("Being taken")),
    "retrying": ("overdue", N_("Not received yet")),
    "asking": ("overdue", N_("Confirm it")),
    "paid": ("paid", N_("Received")),
    "nothing_left": ("paid", N_("Nothing was left to take")),
    "failed": ("failed", N_("Not received")),
    "cancelled": ("void", N_("Not taken")),
    "": ("waiting", N_("Proposed")),
}


@bp.get("/arrangement")
def show() -> str:
    """The newest arrangement: three statements with the look-up of the person."""
    return _page()


@bp.post("/arrangement/cancel")
def cancel() -> flask.typing.ResponseReturnValue:
    """End it, or take the proposal back."""
    try:
        arrange.cancel(
            site.ctx(),
            customer_id=flask_login.current_user.id,
            number=flask.request.form.get("number", ""),
            who=site.who(),
        )
    except arrange.NoSuchArrangement:
        raise werkzeug.exceptions.NotFound from None
    except transitions.NotAllowed as over:
        return _page(refused=sentences.said(over)), CONFLICT
    flask.flash(_("It is ended. Nothing more is taken."), "good")
    return flask.redirect(flask.url_for("arrangement.show"), 303)


def _page(refused: str = "") -> str:
    reader, me = site.reader(), flask_login.current_user.id
    found = arranged.latest(reader, customer_id=me)
    if found is None:
        return flask.render_template("customer/arrangement.html", found=None)
    write = rows.Writer(site.ctx().clock.today())
    kind, heading, meaning = STATES[found.state]
    if found.state == "active" and found.payable_cents == 0:
        meaning = N_("Nothing is open on these bills any more, so nothing more is taken.")
    return flask.render_template(
        "customer/arrangement.html",
        covers=cover_view.beside_money(),
        found=found,
        kind=kind,
        heading=_(heading, sum=formats.money(found.total_cents), num=len(found.parts)),
        meaning=_(meaning),
        parts=_parts(found, arrangement_parts.states(reader, arrangement_id=found.id), write),
        bills=[_bill(bill, write) for bill in found.bills],
        refused=refused,
    )


def _parts(
    found: arranged.ArrangementView,
    taken: tuple[arrangement_parts.Taken, ...],
    write: rows.Writer,
) -> list[tuple[str, str, str, str, int]]:
    """Each part: where it leads, its day, how its state is drawn and said, its cents."""
    told = []
    for place, part in enumerate(found.parts):
        draft = taken[place] if place < len(taken) else None
        look, word = PARTS[draft.state if draft else ""]
        again = draft.due_on if draft and draft.state == "retrying" else None
        text = _(word)
        if again:
            text = _("Not received yet, again on %(day)s", day=write.day(again, "plain"))
        href = f"/payments/scheduled/{draft.number}" if draft else ""
        told.append((href, write.day(part.on, "long"), look, text, part.cents))
    return told


def _bill(bill: arranged.ArrangedBill, write: rows.Writer) -> rows.Row:
    is_open = bill.payable_cents > 0
    return rows.Row(
        href=f"/invoices/{bill.number}",
        title=write.bill(bill.pet_name, bill.due_on),
        note=_("Due since %(day)s", day=write.day(bill.due_on, "plain"))
        if bill.due_on < write.today
        else _("Due %(day)s", day=write.day(bill.due_on, "plain")),
        end=formats.money(bill.payable_cents or bill.total_cents),
        end_state="" if is_open else "paid" if bill.state == "paid" else "paused",
        end_text=_("open") if is_open else _("Paid") if bill.state == "paid" else _("Paused"),
    )
