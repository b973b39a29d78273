"""One bill made ready for its page: sentences in the reader's language; asks no database."""

from __future__ import annotations

import dataclasses
import datetime
import functools
from collections.abc import Sequence
from typing import NamedTuple

from portal.documents import formats, wording
from portal.domain.billing.rules.difference import Sort
from portal.domain.identity import rules as identity
from portal.domain.payments.queries import bill, bill_events, drafts
from portal.domain.payments.queries.bill_events import Happened
from portal.journeys import context
from portal.kernel import msgids
from portal.web.customer import line_rules, upcoming
from portal.web.shared import in_parts, language, rows, why

N_ = msgids.N_
_ = language.gettext

EVENTS = {
    Happened.RECEIVED: N_("%(sum)s received, %(method)s"),
    Happened.TAKEN_BACK: N_("%(sum)s taken off this bill again"),
    Happened.CREDITED: N_("%(sum)s credited. %(why)s"),
    Happened.PAUSED: N_("%(sum)s paused while we look into it"),
    Happened.RESUMED: N_("%(sum)s is no longer paused"),
    Happened.VOIDED: N_("Bill withdrawn"),
    Happened.WRITTEN_OFF: N_("%(sum)s written off: we do not ask for it any more"),
    Happened.WRITTEN_BACK: N_("%(sum)s is owed again"),
}
ATTEMPTS = {
    "processing": N_(
        "%(sum)s is on its way, %(method)s. It counts as paid once your bank sends it"
    ),
    "by bank": N_(
        "%(sum)s is on its way from your bank, %(method)s. It usually arrives by %(day)s, and "
        "counts as paid then"
    ),
    "verifying": N_(
        "%(sum)s from %(method)s waits until you have told us two small deposits. Nothing was taken"
    ),
    "unknown": N_("We do not know yet whether %(sum)s arrived, %(method)s"),
    "failed": N_("%(sum)s not received, %(method)s. Nothing was taken"),
}
REFUNDS = {
    "approved": N_("%(sum)s goes back to %(method)s, expected by %(day)s"),
    "sent": N_("%(sum)s is on its way back to %(method)s, expected by %(day)s"),
    "succeeded": N_("%(sum)s went back to %(method)s"),
    "failed": N_("%(sum)s could not be sent back to %(method)s. We take care of it and will write"),
    "sent_again": N_("%(sum)s could not be sent back to %(method)s and was sent again"),
    "paid_otherwise": N_("%(sum)s could not be sent back to %(method)s and was paid by check"),
}


ONE_OFFS = {
    Sort.ALL_THE_REST: N_("The rest of the year at once"),
    Sort.EXTRA: N_("Once, for a change of the policy"),
}


class Line(NamedTuple):
    """One charge as it is read; `paused_cents` of it wait for the answer to a dispute."""

    number: int
    what: str
    note: str
    cents: int
    paused_cents: int


class Event(NamedTuple):
    """One line of history and where it leads, if anywhere."""

    day: datetime.date
    when: str
    text: str
    href: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class BillView:
    """What the page of a bill shows; amounts in cents."""

    head: bill.BillHead
    heading: str
    is_fee: bool  # it bills a returned payment's fee and covers no days
    shown_cents: int
    state: str
    state_text: str
    to_pay_cents: int
    under_way: bill_events.BillEvent | None
    under_way_text: str
    verifying: bill_events.BillEvent | None
    verifying_text: str
    lines: tuple[Line, ...]
    line_rules: Sequence[tuple[str, str]]  # each line's name, and how it is worked out
    why: why.Difference | None  # from the bill before
    settled: tuple[tuple[str, str, int], ...]
    left_cents: int
    events: tuple[Event, ...]
    dispute_no: str
    has_died: bool  # the pet: we take care of everything, and nothing is asked for


def view(
    found: bill.Bill, ctx: context.Context, planned: Sequence[drafts.DraftView] = ()
) -> BillView:
    """The bill for its page, in the language of this request, as of today.

    `planned` is what will be taken of it by itself.
    """
    write = rows.Writer(ctx.clock.today())
    head, way = found.head, found.under_way
    name = functools.cache(functools.partial(_name, head))
    kinds = dict.fromkeys(line.kind for line in found.lines)
    waits = next((e for e in found.events if e.state == bill_events.VERIFYING), None)
    state, text = _state(found, write)
    if state in ("due", "overdue") and in_parts.of(planned) is not None:
        due = _("In parts, due since %(day)s") if state == "overdue" else _("In parts, due %(day)s")
        state, text = "parts", due % {"day": write.day(head.due_on, "long")}
    return BillView(
        head=head,
        heading=_heading(found, write),
        is_fee=_is_fee(found),
        shown_cents=found.payable_cents or head.open_cents or head.total_cents,
        state=state,
        state_text=text,
        to_pay_cents=found.to_pay_cents,
        under_way=way,
        under_way_text=_event_text(way, write) if way else "",
        verifying=waits,
        verifying_text=_event_text(waits, write) if waits else "",
        lines=lines(found),
        line_rules=line_rules.of(found.beside, [(k, name(k)) for k in kinds]),
        why=why.view(found.beside, write, name=name),
        settled=settled(found, write, ctx.clock.zone),
        left_cents=found.payable_cents,
        events=_events(found, write, ctx.clock.zone),
        dispute_no=next((e.number for e in found.events if e.what == Happened.PAUSED), "")
        if found.disputed_cents
        else "",
        has_died=found.cover is not None and found.cover.died_on is not None,
    )


def planned(found: Sequence[drafts.DraftView], ctx: context.Context) -> list[tuple[str, str]]:
    """What will be taken of the bill by itself, in words, and where each leads."""
    write = rows.Writer(ctx.clock.today())
    words = {
        "autopay": N_("Autopay takes it: %(what)s."),
        "scheduled": N_("Planned by you: %(what)s."),
        "arrangement": N_("In parts: %(what)s."),
    }
    return [
        (
            _(words[draft.kind], what=upcoming.sentence(draft, write)),
            "/arrangement"
            if draft.kind == "arrangement"
            else f"/payments/scheduled/{draft.number}",
        )
        for draft in upcoming.nearest(found)
    ]


def _is_fee(found: bill.Bill) -> bool:
    return all(line.kind == "nsf_fee" for line in found.lines)


def _heading(found: bill.Bill, write: rows.Writer) -> str:
    if _is_fee(found):
        return _("%(pet)s’s returned payment fee", pet=found.head.pet_name)
    month = write.month(found.head.due_on)
    return _("%(pet)s’s %(month)s bill", pet=found.head.pet_name, month=month)


def lines(found: bill.Bill) -> tuple[Line, ...]:
    """The charges in words, their place in the term as it was planned at first."""
    head, this = found.head, found.beside.this if found.beside else None
    of = this.parts + this.has_down_payment if this else 0
    read = []
    for line in found.lines:
        what, note = wording.charge(
            line.kind,
            say=_,
            state=_state_name(head),
            plan=head.plan if of == 1 or head.plan != "in_full" else "",  # so only since then
            sequence=_sequence(line.rule) or head.sequence,
            of=of,
        )
        if line.kind == "premium" and this and this.sort in ONE_OFFS:
            note = _(ONE_OFFS[this.sort])
        read.append(Line(line.number, what, note, line.cents, line.held_cents))
    return tuple(read)


def _sequence(rule: str) -> int:
    """Which installment of the term a line is of, 0 for a line of none."""
    made_by, _, number = rule.partition("-")
    return int(number) if made_by == "installment" and number.isdigit() else 0


def _name(head: bill.BillHead, kind: str) -> str:
    return wording.charge(kind, say=_, state=_state_name(head))[0]


def _state_name(head: bill.BillHead) -> str:
    return identity.US_STATES.get(head.us_state, head.us_state)


def settled(
    found: bill.Bill, write: rows.Writer, zone: datetime.tzinfo
) -> tuple[tuple[str, str, int], ...]:
    """From the total to what is left: money and credits on the bill, what is paused; adds up."""
    moves = []
    for event in reversed(found.events):
        day = write.day(event.at.astimezone(zone).date(), "plain")
        if event.what == Happened.RECEIVED:
            moves.append((wording.method(event.label) or _("Payment"), day, -event.cents))
        elif event.what == Happened.TAKEN_BACK:
            moves.append((_("Taken off again"), day, -event.cents))
        elif event.what == Happened.CREDITED:
            moves.append((_(wording.CREDITS[event.label]), day, -event.cents))
    if found.disputed_cents:
        moves.append((_("Paused while we look into it"), "", -found.disputed_cents))
    left = found.payable_cents - found.head.total_cents - sum(cents for *_, cents in moves)
    if left:
        words = _("Written off") if found.head.state == "written_off" else _("Withdrawn by us")
        moves.append((words, "", left))
    return ((_("Total of this bill"), "", found.head.total_cents), *moves) if moves else ()


def _state(found: bill.Bill, write: rows.Writer) -> tuple[str, str]:
    head = found.head
    if head.state == "paid":
        return "paid", _("Paid %(day)s", day=write.day(head.paid_on or head.due_on, "plain"))
    if head.state != "issued":
        return "void", _("Withdrawn") if head.state == "voided" else _("Closed")
    if found.under_way:
        return "processing" if found.under_way.state == "processing" else "waiting", (
            _("Processing")
            if found.under_way.state == "processing"
            else _("We do not know yet whether it is paid")
        )
    if found.payable_cents == 0:
        return "paused", _("Paused while we look into it")
    if found.is_past_due(write.today):
        return "overdue", _("Overdue since %(day)s", day=write.day(head.due_on, "long"))
    return "due", _("Due %(day)s", day=write.day(head.due_on, "long"))


def _events(found: bill.Bill, write: rows.Writer, zone: datetime.tzinfo) -> tuple[Event, ...]:
    told = []
    for event in found.events:
        day = event.at.astimezone(zone).date()
        told.append(Event(day, write.day(day, "plain"), _event_text(event, write), _href(event)))
    issued = found.head.issued_on
    told.append(Event(issued, write.day(issued, "plain"), _("Bill issued")))
    return tuple(told)


def _event_text(event: bill_events.BillEvent, write: rows.Writer) -> str:
    words = {
        "sum": formats.money(abs(event.cents)),
        "method": wording.method(event.label) or _("your payment method"),
        "day": write.day(event.on) if event.on else "",
        "why": _(wording.CREDITS[event.label]) if event.what == Happened.CREDITED else "",
    }
    if event.what in (Happened.RECEIVED, Happened.ATTEMPT):
        words["method"] = rows.paid_with(event.label) or words["method"]
    if event.what == Happened.ATTEMPT:
        kind = "by bank" if event.state == "processing" and event.on else event.state
        return _(ATTEMPTS[kind], **words)
    if event.what == Happened.REFUND:
        return _(REFUNDS[event.state], **words)
    return _(EVENTS[Happened(event.what)], **words)


def _href(event: bill_events.BillEvent) -> str:
    if event.what in (Happened.PAUSED, Happened.RESUMED):
        return f"/disputes/{event.number}"
    return f"/payments/{event.payment_no}" if event.payment_no else ""
