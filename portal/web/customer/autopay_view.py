"""Autopay made ready for its pages: each pet's state, days and sums; asks no database."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import flask_babel

from portal.documents import formats, wording
from portal.domain.payments import announcing
from portal.domain.payments.operations import standing as operations
from portal.domain.payments.queries import drafts, standing, undrafted
from portal.domain.wallet import queries as wallet
from portal.kernel import errors
from portal.web.shared import rows

_ = flask_babel.gettext
ngettext = flask_babel.ngettext


class DayChoice(NamedTuple):
    """One of the days to choose from, and what it means for the bills that are open."""

    days: int
    name: str
    note: str


class Early(NamedTuple):
    """A bill that autopay could take only after its due day, and why, in words."""

    number: str
    cents: int
    text: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Typed:
    """What the form holds, as it was sent."""

    method: str = ""
    backup: str = ""
    days: int = 0
    agreed: bool = False

    @classmethod
    def of(cls, form: Mapping[str, str]) -> Typed:
        """What was sent; a day that is no number is one that is not offered."""
        days = form.get("days", "0")
        return cls(
            method=form.get("method", "")[:40],
            backup=form.get("backup", "")[:40],
            days=int(days) if days.isascii() and days.isdecimal() and len(days) < 3 else -1,
            agreed=form.get("agreed") == "1",
        )


FIELDS = {
    operations.MethodNotUsable: "method",
    operations.SameBackup: "backup",
    operations.DayNotOffered: "days",
}


def field_of(wrong: errors.DomainError) -> str:
    """The field of the form that an error is about, "" for none of them."""
    return next((name for kind, name in FIELDS.items() if isinstance(wrong, kind)), "")


def not_agreed() -> dict[str, str]:
    """What is said beside the tick that is missing."""
    return {"agreed": _("Tick the box to agree. Nothing is taken without it.")}


def agreed_text(pet_name: str, *, was_on: bool) -> str:
    """What is said once it is agreed to."""
    if was_on:
        return _("Autopay was changed for %(pet)s. We mailed you what was agreed.", pet=pet_name)
    return _("Autopay is on for %(pet)s. We mailed you what was agreed.", pet=pet_name)


def when(days_before: int) -> str:
    """The chosen day in words."""
    if not days_before:
        return _("on the due day")
    return ngettext("%(num)d day before", "%(num)d days before", days_before)


def state_text(found: standing.Standing) -> str:
    """On and how, or off: in few words, as on a pet's card."""
    if not found.is_on:
        return _("Off")
    if found.payer_id is not None:
        return _("On, %(name)s pays", name=found.payer_name)
    return _("On, %(method)s", method=wording.method(found.method_label))


def next_text(found: standing.Standing, write: rows.Writer) -> str:
    """What autopay takes next, and what went wrong; "" where neither is so."""
    trouble = trouble_text(found, write) if found.is_on and found.needs_method else ""
    planned = ""
    if found.next_on is not None and found.next_state == "planned":
        planned = _planned_text(found, write.day(found.next_on))
    return ". ".join(part for part in (trouble, planned) if part)


def _planned_text(found: standing.Standing, day: str) -> str:
    """What the next draft takes as the bill stands now."""
    if found.next_left_cents <= 0:
        return _("Nothing on %(day)s: it is paid or paused", day=day)
    cents = min(found.next_cents, found.next_left_cents)
    return _("Next %(sum)s on %(day)s", sum=formats.money(cents), day=day)


def trouble_text(found: standing.Standing, write: rows.Writer) -> str:
    """Why autopay waits for its owner."""
    if found.next_on is not None and found.next_state in standing.TROUBLE:
        words = {"sum": formats.money(found.next_cents), "day": write.day(found.next_on)}
        if found.next_state == "asking":
            return _("%(sum)s waits for you to confirm it, until %(day)s", **words)
        return _("Refused. %(sum)s is tried again on %(day)s", **words)
    if found.gave_up:
        return _("Refused, and not tried again")
    return _("Stopped")


def listed(found: Sequence[standing.Standing], write: rows.Writer) -> list[rows.Row]:
    """Each pet as a row that leads to its page."""
    return [_row(one, write) for one in found if one.is_on or one.can_join(write.today)]


def _row(one: standing.Standing, write: rows.Writer) -> rows.Row:
    href = f"/autopay/{one.policy_no}"
    if not one.is_on:
        text = (
            _("Stopped, you pay each bill")
            if one.ended in standing.LOST
            else _("Off, you pay each bill")
        )
        return rows.Row(
            href=href,
            title=one.pet_name,
            state="failed" if one.ended in standing.LOST else "off",
            text=text,
            end=_("Turn on"),
        )
    note = [next_text(one, write)]
    if one.backup_label and one.payer_id is None:
        note.append(_("Second: %(method)s", method=wording.method(one.backup_label)))
    is_bad = one.gave_up or one.next_state in standing.TROUBLE
    return rows.Row(
        href=href,
        title=one.pet_name,
        state="failed" if is_bad else "good",
        text=f"{state_text(one)}, {when(one.days_before)}"
        if one.payer_id is None
        else state_text(one),
        note=". ".join(part for part in note if part),
        end=_("Change"),
    )


def if_removed(found: Sequence[standing.Standing], number: str) -> list[str]:
    """What becomes of autopay if this method is removed, pet by pet."""
    told = []
    for one in found:
        if one.method_no == number and one.payer_id is None:
            words = {"pet": one.pet_name, "method": wording.method(one.backup_label)}
            told.append(
                _("Autopay for %(pet)s goes on with %(method)s.", **words)
                if one.backup_no
                else _("Autopay for %(pet)s ends; you then pay each bill yourself.", **words)
            )
        elif one.backup_no == number and one.payer_id is None:
            told.append(_("Autopay for %(pet)s has no second one any more.", pet=one.pet_name))
    return told


def why_off(found: standing.Standing) -> str:
    """Why autopay is off by itself; "" where somebody turned it off."""
    return {
        "method_gone": _("Its card or account was removed."),
        "mandate_revoked": _("The permission to debit the account was taken back."),
        "refused": _("The bank does not accept the card or account any more."),
    }.get(found.ended, "")


def choices(
    open_: Sequence[undrafted.UndraftedBill],
    planned: Sequence[drafts.DraftView],
    write: rows.Writer,
) -> list[DayChoice]:
    """The days that are offered, each with the exact days of the bills that are open."""
    return [
        DayChoice(days, _named(days), _note(days, open_, planned, write))
        for days in announcing.DAYS_BEFORE
    ]


def _named(days: int) -> str:
    if not days:
        return _("On the due day")
    return ngettext("%(num)d day before it", "%(num)d days before it", days)


def _note(
    days: int,
    open_: Sequence[undrafted.UndraftedBill],
    planned: Sequence[drafts.DraftView],
    write: rows.Writer,
) -> str:
    told = []
    for draft in planned:
        due_on = draft.bills[0].due_on
        on = draft.due_on or draft.draft_on
        if draft.state == "planned":
            on = announcing.moved_day(
                announced_on=draft.draft_on, due_on=due_on, days_before=days, today=write.today
            )
        told.append((on, draft.amount_cents))
    for bill in open_:
        on = announcing.draft_day(due_on=bill.due_on, days_before=days, today=write.today)
        told.append((on, bill.cents))
    return "; ".join(
        _("%(sum)s on %(day)s", sum=formats.money(cents), day=write.day(on))
        for on, cents in sorted(told)
    )


def early(open_: Sequence[undrafted.UndraftedBill], write: rows.Writer) -> list[Early]:
    """The bills that are due before autopay may take anything."""
    first = announcing.first_day(write.today)
    told = []
    for bill in open_:
        if bill.due_on >= first:
            continue
        words = {
            "sum": formats.money(bill.cents),
            "due": write.day(bill.due_on, "long"),
            "day": write.day(first, "long"),
        }
        text = (
            _(
                "%(sum)s was due on %(due)s. Autopay may take it on %(day)s at the earliest, "
                "because we have to tell you 10 days before.",
                **words,
            )
            if bill.due_on < write.today
            else _(
                "%(sum)s is due on %(due)s. Autopay may take it on %(day)s at the earliest, "
                "because we have to tell you 10 days before.",
                **words,
            )
        )
        told.append(Early(bill.number, bill.cents, text))
    return told


def history(found: Sequence[drafts.DraftView], write: rows.Writer) -> list[rows.Row]:
    """What autopay took, tried and called off, newest first."""
    words = {
        "planned": ("waiting", _("Planned")),
        "attempting": ("processing", _("Being taken")),
        "retrying": ("failed", _("Tried again")),
        "asking": ("failed", _("Confirm it")),
        "paid": ("paid", _("Received")),
        "nothing_left": ("void", _("Nothing was open")),
        "failed": ("failed", _("Not received")),
        "cancelled": ("void", _("Called off")),
    }
    listed_ = []
    for draft in found:
        state, text = words[draft.state]
        bill = draft.bills[0]
        was_refused = draft.outcome and draft.state in ("retrying", "asking", "failed")
        was_refused = was_refused and draft.payer_id is None  # why is the payer's business
        note = [write.day(draft.due_on or draft.draft_on)]
        if was_refused:
            note.append(wording.decline(draft.outcome, say=_))
        listed_.append(
            rows.Row(
                href=f"/payments/scheduled/{draft.number}",
                title=write.bill(bill.pet_name, bill.due_on),
                note=". ".join(note),
                end=formats.money(draft.amount_cents),
                end_state=state,
                end_text=text,
            )
        )
    return listed_


def default(found: standing.Standing, saved: Sequence[wallet.MethodView], wanted: str) -> Typed:
    """What the form offers first: a method just added, what stands, or the first one."""
    numbers = [method.number for method in saved]
    first = numbers[0] if numbers else ""
    method = next((n for n in (wanted, found.method_no, first) if n in numbers), first)
    backup = found.backup_no if found.backup_no in numbers and found.backup_no != method else ""
    return Typed(method=method, backup=backup, days=found.days_before)
