"""The owner's words around disputes: bills, payments, lines, outcomes; asks no database."""

from __future__ import annotations

import datetime

from flask_babel import gettext as _

from portal.documents import formats, wording
from portal.domain.disputes import categories
from portal.domain.disputes.queries import subjects
from portal.domain.identity import rules as identity
from portal.journeys import foreseeing
from portal.kernel import msgids
from portal.web.shared import rows, site

N_ = msgids.N_
OUTCOMES = {
    "upheld": N_("You were right"),
    "partly_upheld": N_("You were right in part"),
    "declined": N_("The charge stands"),
    "duplicate": N_("Answered in your other dispute"),
    "withdrawn": N_("You took it back"),
}
PAYMENT_STATES = {
    "settled": N_("received"),
    "processing": N_("processing"),
    "unknown": N_("we do not know yet"),
    "failed": N_("not received"),
}


def title(category: str, pet_name: str) -> str:
    """What a dispute is called: "Charged twice for Biscuit"."""
    if category == categories.Category.BEREAVEMENT:
        return _("About %(pet)s", pet=pet_name)
    what = _(categories.describe(categories.Category(category)).label)
    return _("%(what)s for %(pet)s", what=what, pet=pet_name) if pet_name else what


def subject(
    bill: subjects.BillSubject | None,
    payment_: subjects.PaymentSubject | None,
    write: rows.Writer,
) -> str:
    """What is disputed, in one line: "Miso, November, $40.10"."""
    if bill:
        return f"{write.bill(bill.pet_name, bill.due_on)}, {formats.money(bill.total_cents)}"
    if payment_:
        name, note = payment(payment_, write)
        return f"{name}, {note}"
    return ""


def due(bill: subjects.BillSubject, write: rows.Writer) -> str:
    """The amount and day of a bill, or that it is paid."""
    total = formats.money(bill.total_cents)
    if not bill.open_cents:
        return _("%(sum)s, paid", sum=total)
    day = write.day(bill.due_on, "plain")
    if bill.due_on < write.today:
        return _("%(sum)s, was due on %(day)s", sum=total, day=day)
    return _("%(sum)s, due %(day)s", sum=total, day=day)


def payment(found: subjects.PaymentSubject, write: rows.Writer) -> tuple[str, str]:
    """A payment's name and note: what, when, with what, and what became of it."""
    day = write.day(day_of(found.created_at), "plain")
    parts = [day, wording.method(found.method_label), _(PAYMENT_STATES.get(found.state, ""))]
    name = _("Payment of %(sum)s", sum=formats.money(found.amount_cents))
    return name, ", ".join(part for part in parts if part)


def charge(kind: str, state: str) -> str:
    """A line of a bill by its name."""
    return wording.charge(kind, say=_, state=state)[0]


def line_note(line: subjects.SubjectLine) -> str:
    """What stands in the way of disputing a line as if it were new."""
    if line.open_case:
        return _("You told us about this already")
    if line.was_declined:
        return _("We answered this before; it will not be paused again")
    return "" if line.open_cents else _("Paid")


def line_names(bill: subjects.BillSubject | None, seen: foreseeing.Foresight) -> str:
    """The lines that will be paused, by name; all of them are "The whole bill"."""
    if bill is None or not seen.holds:
        return ""
    if len(seen.holds) == len(bill.lines):
        return _("The whole bill")
    state = identity.US_STATES.get(bill.us_state, bill.us_state)
    kinds = {line.number: line.kind for line in bill.lines}
    return ", ".join(charge(kinds[hold.line_number], state) for hold in seen.holds)


def day_of(moment: datetime.datetime) -> datetime.date:
    """The day of a moment in the insurer's zone."""
    return moment.astimezone(site.ctx().clock.zone).date()
