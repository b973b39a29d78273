"""A case as its screen shows it: facts, clock, what it is about, the timeline; changes nothing."""

from __future__ import annotations

import dataclasses
import datetime

import flask_babel
import flask_login

from portal.documents import formats, wording
from portal.domain.disputes import categories, rules
from portal.domain.disputes.queries import case as cases
from portal.domain.disputes.queries import notes, surroundings, thread
from portal.domain.policies import queries as policies
from portal.domain.reports.queries import (
    bereaved,
    case_screen,
    chargeback_record,
    customer_account,
    invoice_record,
)
from portal.web.shared import looks, site
from portal.web.staff import chargeback_view, clocks, words

_ = flask_babel.gettext
MOST_BILLS = 60
SHOWN_BILLS = 6


@dataclasses.dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the timeline; `body` is what was written, `files` come with a message."""

    at: datetime.datetime
    kind: str  # reply, note, customer, or "" for an event
    lead: str
    body: str
    who: str
    subject: str = ""
    files: tuple[thread.FileView, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Screen:
    """Everything a case page shows but the queue beside it; amounts in cents."""

    head: cases.Head
    person: case_screen.Person
    title: str
    level: int
    clock: clocks.Words
    due: datetime.datetime
    about: categories.Description
    is_mine: bool
    may: frozenset[str]
    past_due_cents: int
    disputed_cents: int
    set_aside_cents: int
    policies: tuple[surroundings.PolicyRow, ...]
    lines: tuple[cases.CaseLine, ...]
    invoices: tuple[customer_account.InvoiceRow, ...]
    payments: tuple[surroundings.PaymentRow, ...]
    pair: tuple[tuple[str, str, str], ...]
    pair_heads: tuple[str, str]
    pair_note: str
    pair_refund: surroundings.PaymentRow | None  # the one whose money stands on no bill
    holds: tuple[invoice_record.HoldRecord, ...]
    resolutions: tuple[cases.ResolutionView, ...]
    timeline: tuple[Line, ...]
    chargebacks: tuple[chargeback_view.Panel, ...]
    warnings: tuple[chargeback_record.WarningRecord, ...]
    failed_refunds: tuple[surroundings.RefundRow, ...]
    death: bereaved.Told | None

    @property
    def is_closed(self) -> bool:
        """Whether the case has ended."""
        return self.head.closed_at is not None


def screen(number: str) -> Screen | None:
    """The case with this number, or None; at most 17 statements."""
    reader, now = site.reader(), site.ctx().clock.now()
    head = cases.head(reader, number=number)
    if head is None:
        return None
    today, mine = site.ctx().clock.today(), {"customer_id": head.customer_id}
    bills = customer_account.invoices(reader, limit=MOST_BILLS, **mine)
    owed = [(i.due_on, i.open_cents - min(i.held_cents, i.open_cents)) for i in bills]
    paid = surroundings.payments_of(reader, **mine)
    said = thread.messages(reader, dispute_id=head.id)
    kept = notes.notes(reader, dispute_id=head.id)
    held = invoice_record.active_holds(reader, **mine)
    claims = chargeback_record.of_case(reader, case_no=number)
    warnings = chargeback_record.warnings_of_case(reader, case_no=number)
    pair = _pair(head, paid)
    heads, rows, note = _compared(pair) if pair else (("", ""), (), "")
    return Screen(
        head=head,
        person=case_screen.person(reader, but_case=number, **mine),
        title=_title(head, _bank(claims, warnings)),
        level=int(head.priority[1:]),
        clock=clocks.words(
            head,
            runs=head.clock_started_at is not None,
            replied=head.first_replied_at is not None,
            now=now,
            zone=site.ctx().clock.zone,
        ),
        due=head.due_at,
        about=categories.describe(categories.Category(head.category)),
        is_mine=head.owner_id == flask_login.current_user.id,
        may=_may(head),
        past_due_cents=sum(cents for due_on, cents in owed if due_on < today),
        disputed_cents=sum(min(i.held_cents, i.open_cents) for i in bills),
        set_aside_cents=sum(h.amount_cents for h in held if h.kind == "allocation"),
        policies=surroundings.policies_of(reader, **mine),
        lines=cases.lines_of(reader, dispute_id=head.id),
        invoices=_involved(head, bills),
        payments=paid[:SHOWN_BILLS],
        pair=rows,
        pair_heads=heads,
        pair_note=note,
        pair_refund=next((p for p in pair or () if p.unapplied_cents), None),
        holds=held,
        resolutions=cases.resolutions_of(reader, dispute_id=head.id),
        timeline=_timeline(said, kept, case_screen.happenings(reader, **mine)),
        chargebacks=chargeback_view.panels(claims),
        warnings=warnings,
        failed_refunds=tuple(r for p in paid for r in p.refunds if r.owed_in == number),
        death=_death(head, today),
    )


def _death(head: cases.Head, today: datetime.date) -> bereaved.Told | None:
    """What was told of the pet, in a case about that: three statements more."""
    if head.category != categories.Category.BEREAVEMENT or head.policy_no is None:
        return None
    policy = policies.by_number(site.reader(), policy_no=head.policy_no, today=today)
    told = bereaved.told(site.reader(), policy=policy) if policy else None
    return told if told and told.case_no == head.number else None


def _bank(
    claims: tuple[chargeback_record.ChargebackRecord, ...],
    warnings: tuple[chargeback_record.WarningRecord, ...],
) -> str:
    """What a bank says of the payment: "chargeback", "inquiry", "warning", or ""."""
    if claims:
        return "inquiry" if all(c.is_inquiry for c in claims) else "chargeback"
    return "warning" if warnings else ""


def _title(head: cases.Head, bank: str) -> str:
    label = words.word("bank", bank) if bank else words.word("category", head.category)
    about = f"{label}: {head.pet_name}" if head.pet_name else label
    return f"{about}, {formats.money(head.disputed_cents)}" if head.disputed_cents else about


def _may(head: cases.Head) -> frozenset[str]:
    """The events that this state of the case allows."""
    state = rules.CaseState(head.state)
    return frozenset(str(e) for e in rules.CaseEvent if rules.CASES.allows(state, e))


def _involved(
    head: cases.Head, bills: tuple[customer_account.InvoiceRow, ...]
) -> tuple[customer_account.InvoiceRow, ...]:
    """The bill of the case first, then open ones and the newest."""
    return tuple(sorted(bills, key=lambda i: i.number != head.invoice_no)[:SHOWN_BILLS])


def _pair(
    head: cases.Head, paid: tuple[surroundings.PaymentRow, ...]
) -> tuple[surroundings.PaymentRow, surroundings.PaymentRow] | None:
    """The two payments that a case of "charged twice" is about, the earlier one first.

    The one that the case names and the received one of the same amount nearest to it in time;
    without a name, the two nearest of the same amount.
    """
    if head.category != categories.Category.CHARGED_TWICE:
        return None
    received = [p for p in paid if p.settled_at is not None]
    found = [
        (abs(one.created_at - other.created_at), place, one, other)
        for place, one in enumerate(received)
        for other in received[place + 1 :]
        if one.amount_cents == other.amount_cents
        and (head.payment_no is None or head.payment_no in (one.number, other.number))
    ]
    if not found:
        return None
    _gap, _place, one, other = min(found, key=lambda f: f[:2])
    return (one, other) if one.created_at <= other.created_at else (other, one)


def _compared(
    pair: tuple[surroundings.PaymentRow, surroundings.PaymentRow],
) -> tuple[tuple[str, str], tuple[tuple[str, str, str], ...], str]:
    """Heads, rows and one sentence for the comparison; one statement."""
    one, other = pair
    applied = invoice_record.allocations_of(site.reader(), sources=[one.number, other.number])
    columns = [_column(p, applied) for p in pair]
    names = (
        _("Amount"),
        _("By"),
        _("Charged"),
        _("State"),
        _("Stands on"),
        _("Refunded"),
        _("Stripe"),
    )
    rows = tuple((name, a, b) for name, a, b in zip(names, *columns, strict=True))
    gap = formats.span(int((other.created_at - one.created_at).total_seconds() // 60))
    same = one.method_label == other.method_label
    note = (
        _("Same method and amount, %(time)s apart.", time=gap)
        if same
        else _("Same amount, %(time)s apart, by different methods.", time=gap)
    )
    return (one.number, other.number), rows, note


def _column(
    payment: surroundings.PaymentRow, applied: tuple[invoice_record.AllocationRecord, ...]
) -> tuple[str, ...]:
    sums: dict[str, int] = {}
    for part in applied:
        if part.source == payment.number:
            sums[part.invoice_no] = sums.get(part.invoice_no, 0) + part.cents
    places = [f"{no}, {formats.money(cents)}" for no, cents in sums.items() if cents]
    if payment.unapplied_cents:
        places.append(_("Unapplied, %(sum)s", sum=formats.money(payment.unapplied_cents)))
    return (
        formats.money(payment.amount_cents),
        wording.method(payment.method_label),
        looks.moment(payment.created_at),
        words.word("payment", payment.state),
        "; ".join(places) or "–",
        formats.money(payment.refunded_cents),
        payment.stripe_ref or "–",
    )


def _timeline(
    said: tuple[thread.MessageView, ...],
    kept: tuple[notes.NoteView, ...],
    events: tuple[case_screen.Happening, ...],
) -> tuple[Line, ...]:
    """Messages, notes and everything else in one line of time, newest first."""
    lines = [_message(m) for m in said]
    lines += [
        Line(at=n.at, kind="note", lead=_("Internal note."), body=_(n.body), who=n.author_name)
        for n in kept
    ]
    lines += [_event(e) for e in events]
    return tuple(sorted(lines, key=lambda line: line.at, reverse=True))


def _message(message: thread.MessageView) -> Line:
    if message.author_kind == "customer":
        kind, lead = "customer", _("%(name)s wrote.", name=message.author_name)
    else:
        kind, lead = "reply", _("Asked the customer.") if message.asks else _("Reply.")
        lead = "" if message.author_kind == "system" else lead
    return Line(
        at=message.at,
        kind=kind,
        lead=lead,
        body=_(message.body) if message.author_kind == "system" else message.body,
        who="" if kind == "customer" else message.author_name,
        files=message.files,
    )


def _event(event: case_screen.Happening) -> Line:
    if event.source == "mail":
        state = words.word("mail", event.what).lower()
        body = _("Mail, %(state)s: %(subject)s", state=state, subject=event.note)
    elif event.source == "ledger":
        body = f"{words.word('event', event.what)}, {formats.money(event.cents)}"
    else:
        body = words.word("audit", event.what)
    return Line(at=event.at, kind="", lead="", body=body, who=event.who, subject=event.subject)


def paid_to(policy: surroundings.PolicyRow) -> str:
    """Up to when a policy is paid, in a few words."""
    if policy.cancelled_on is not None:
        day = looks.day(policy.cancelled_on, "plain")
        return _("%(pet)s ended %(day)s", pet=policy.pet_name, day=day)
    if policy.paid_to_on is None:
        return _("%(pet)s, no term", pet=policy.pet_name)
    return f"{policy.pet_name} {looks.day(policy.paid_to_on, 'plain')}"
