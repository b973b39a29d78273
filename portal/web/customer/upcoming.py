"""Planned payments made ready for lists and notes: sentences and rows; asks no database."""

from __future__ import annotations

from collections.abc import Sequence

import flask_babel

from portal.documents import formats, wording
from portal.domain.payments.queries import drafts
from portal.web.shared import rows

_ = flask_babel.gettext
ngettext = flask_babel.ngettext


def nearest(found: Sequence[drafts.DraftView]) -> list[drafts.DraftView]:
    """The planned payments, of the parts of an arrangement only the next one."""
    kept: list[drafts.DraftView] = []
    for draft in found:
        if draft.kind != "arrangement" or all(one.kind != "arrangement" for one in kept):
            kept.append(draft)
    return kept


def sentence(draft: drafts.DraftView, write: rows.Writer) -> str:
    """What a planned payment will take: "$62.44 on 4 Dec, from Visa 4242"."""
    if not draft.is_waiting or draft.due_on is None:
        return _("%(sum)s is being taken now", sum=formats.money(draft.amount_cents))
    amount, day = formats.money(draft.takes_cents), write.day(draft.due_on, "plain")
    if not draft.takes_cents:
        return _("Nothing on %(day)s: it is paid or paused", day=day)
    if draft.state == "asking":
        return _("%(sum)s waits for you to confirm it", sum=amount)
    if not draft.method_label:
        return _("%(sum)s on %(day)s, by the person who pays", sum=amount, day=day)
    method = wording.method(draft.method_label)
    if draft.state == "retrying":
        return _("%(sum)s again on %(day)s, from %(method)s", sum=amount, day=day, method=method)
    return _("%(sum)s on %(day)s, from %(method)s", sum=amount, day=day, method=method)


def listed(found: Sequence[drafts.DraftView], write: rows.Writer) -> list[rows.Row]:
    """Planned payments as rows, what is next first."""
    return [
        rows.Row(
            href=f"/payments/scheduled/{draft.number}",
            title=named(draft, write),
            note=sentence(draft, write),
            end_state="waiting" if draft.state == "planned" else _state(draft),
            end_text=_word(draft),
        )
        for draft in found
    ]


def if_removed(found: Sequence[drafts.DraftView], method_no: str, write: rows.Writer) -> list[str]:
    """What is planned with this method, and would not be taken without it; autopay has its own."""
    return [
        _(
            "%(sum)s on %(day)s is planned with it, and could not be taken then.",
            sum=formats.money(draft.amount_cents),
            day=write.day(draft.due_on, "long"),
        )
        for draft in found
        if draft.method_no == method_no and draft.kind != "autopay" and draft.due_on is not None
    ]


def named(draft: drafts.DraftView, write: rows.Writer) -> str:
    """What it is for: one bill by its name, several by their pets."""
    if len(draft.bills) == 1:
        return write.bill(draft.bills[0].pet_name, draft.bills[0].due_on)
    return ngettext(
        "%(pets)s, %(num)s bill",
        "%(pets)s, %(num)s bills",
        len(draft.bills),
        pets=rows.names(draft.pets),
    )


def _state(draft: drafts.DraftView) -> str:
    return "processing" if draft.state == "attempting" else "overdue"


def _word(draft: drafts.DraftView) -> str:
    return {
        "planned": {
            "autopay": _("Autopay"),
            "scheduled": _("Planned"),
            "arrangement": _("A part"),
        }[draft.kind],
        "attempting": _("Being taken"),
        "retrying": _("Not received yet"),
        "asking": _("Confirm it"),
    }.get(draft.state, _("Planned"))
