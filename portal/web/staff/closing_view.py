"""What is done to a bill, in words, and its consequence as the facts of its preview say it."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import flask_babel

from portal.documents import formats
from portal.journeys.close_invoice import Action
from portal.kernel import msgids
from portal.web.shared import looks
from portal.web.staff import decision_view

N_ = msgids.N_
_ = flask_babel.gettext

NAMES = {
    Action.VOID: N_("Void"),
    Action.REISSUE: N_("Void and reissue"),
    Action.WRITE_OFF: N_("Write off"),
    Action.WRITE_BACK: N_("Write back"),
}
ABOUT = {
    Action.VOID: N_(
        "The bill is withdrawn and its money lies unapplied. Its installments are billed again by"
        " the next billing run."
    ),
    Action.REISSUE: N_("The bill is withdrawn, and the same installments are billed at once."),
    Action.WRITE_OFF: N_("What is open is asked for no more, and is a loss of ours."),
    Action.WRITE_BACK: N_("What was written off is owed again, since its first due day."),
}
_DONE = {
    Action.VOID: N_("The bill is withdrawn."),
    Action.REISSUE: N_("This bill is in the place of the one that was withdrawn."),
    Action.WRITE_OFF: N_("What was open is written off."),
    Action.WRITE_BACK: N_("The bill is open again."),
}
_EFFECT = {
    Action.VOID: N_("Void %(sum)s of %(no)s"),
    Action.REISSUE: N_("Void and reissue %(sum)s of %(no)s"),
    Action.WRITE_OFF: N_("Write off %(sum)s of %(no)s"),
    Action.WRITE_BACK: N_("Write back %(sum)s of %(no)s"),
}
# what each state allows, as the buttons of the desk's page of a bill
OFFERED = {
    "issued": (Action.VOID, Action.REISSUE, Action.WRITE_OFF),
    "paid": (Action.VOID, Action.REISSUE),
    "written_off": (Action.WRITE_BACK,),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Closing:
    """Ready for its page: the words, rows (what, before, after), book lines."""

    effect: str
    changes: tuple[tuple[str, str, str], ...]
    books: tuple[tuple[str, str, int | None, int | None], ...]
    moved_30d_cents: int
    amount_cents: int
    tells: bool  # the customer, by a mail about the bill itself


def of(facts: dict[str, Any]) -> Closing:
    """The closing of a bill that `facts` hold."""
    rows = decision_view.figure_rows(facts)
    if facts["new_due_on"]:
        due = looks.day(datetime.date.fromisoformat(facts["new_due_on"]), "year")
        asked = _("%(sum)s, due %(day)s", sum=formats.money(facts["new_cents"]), day=due)
        rows.insert(0, (_("The bill in its place"), "–", asked))
    return Closing(
        effect=effect(facts),
        changes=tuple(rows),
        books=decision_view.book_lines(facts),
        moved_30d_cents=facts["customer_30d_cents"],
        amount_cents=facts["amount_cents"],
        tells=facts["action"] != Action.REISSUE,
    )


def effect(facts: dict[str, Any]) -> str:
    """What is done, in a few words."""
    return _(
        _EFFECT[Action(facts["action"])],
        sum=formats.money(facts["amount_cents"]),
        no=facts["invoice_no"],
    )


def name(action: Action) -> str:
    """The action as its button says it."""
    return _(NAMES[action])


def about(action: Action) -> str:
    """What it means, in a sentence."""
    return _(ABOUT[action])


def done(action: Action) -> str:
    """What is said once it is done."""
    return _(_DONE[action])


def offered(state: str) -> tuple[tuple[str, str], ...]:
    """What can be done to a bill in this state: (code, words)."""
    return tuple((str(action), name(action)) for action in OFFERED.get(state, ()))
