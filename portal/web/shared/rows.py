"""Rows that lead somewhere, made ready for `components/rows.html`; knows bills and payments by
their words, refuses to know where they come from.

Sentences are translated once a page and days formatted from a cache: a list has many rows.
"""

from __future__ import annotations

import datetime
import functools
import types
from collections.abc import Mapping
from typing import NamedTuple, Protocol

import flask_babel

from portal.documents import formats, wording
from portal.domain.billing.queries import settled
from portal.domain.payments.queries import bills, drafts, history
from portal.web.shared import in_parts, language, looks

_ = language.gettext
ngettext = flask_babel.ngettext
NOTHING: Mapping[str, tuple[drafts.DraftView, ...]] = types.MappingProxyType({})


class Row(NamedTuple):
    """One row: where it leads, what it is called, its state, its amount."""

    href: str
    title: str
    state: str = ""
    text: str = ""
    note: str = ""
    end: str = ""
    strong: bool = False
    end_state: str = ""
    end_text: str = ""


class Writer:
    """Writes days, months and names in the language of this request."""

    def __init__(self, today: datetime.date) -> None:
        self.today = today
        self.language = looks.page_lang()

    def day(self, value: datetime.date, style: str = "short") -> str:
        """A day; another year than this one is always named."""
        return _day(value, style, self.today.year, self.language)

    def near(self, value: datetime.date, named: datetime.date) -> str:
        """A day beside a name that says the year of `named` where it must be said."""
        return _day(value, "plain", named.year, self.language)

    def month(self, due_on: datetime.date) -> str:
        """The month that names a bill."""
        return _month(due_on, self.today.year, self.language)

    def bill(self, pet: str, due_on: datetime.date) -> str:
        """A bill's name in lists."""
        return _bill(pet, due_on, self.today.year, self.language)


# A list names the same days, months and bills on every visit; asking a cache is one call.
@functools.lru_cache(maxsize=4096)
def _day(value: datetime.date, style: str, this_year: int, language: str) -> str:
    if style == "plain" and value.year != this_year:
        style = "year"
    return formats.day(value, style, language=language)


@functools.lru_cache(maxsize=4096)
def _month(due_on: datetime.date, this_year: int, language: str) -> str:
    style = "month" if due_on.year == this_year else "period"
    return formats.day(due_on, style, language=language)


@functools.lru_cache(maxsize=16384)
def _bill(pet: str, due_on: datetime.date, this_year: int, language: str) -> str:
    return wording.bill_name(pet, _month(due_on, this_year, language))


def open_rows(
    found: tuple[bills.OpenBill, ...],
    write: Writer,
    *,
    planned: Mapping[str, tuple[drafts.DraftView, ...]] = NOTHING,
) -> list[Row]:
    """Open bills with their state: overdue, due, processing, paused, or taken by itself.

    `planned` is what will be taken, by the number of the bill.
    """
    words = {
        "autopay": _("Autopay, %(day)s"),
        "due": _("Due %(day)s"),
        "due since": _("Due since %(day)s"),
        "overdue": _("Overdue since %(day)s"),
        "paused": _("%(sum)s is paused while we look into it"),
        "all paused": _("Paused while we look into it"),
        "processing": _("%(sum)s is processing"),
        "all processing": _("Processing"),
        "unknown": _("We do not know yet whether %(sum)s arrived"),
        "all unknown": _("We do not know yet whether it is paid"),
    }
    return [_open_row(bill, write, words, planned.get(bill.number, ())) for bill in found]


def _open_row(
    bill: bills.OpenBill,
    write: Writer,
    words: dict[str, str],
    planned: tuple[drafts.DraftView, ...],
) -> Row:
    note = ""
    if bill.under_way:
        # the sum stands at the end of the row already when it is all of it
        is_all = bill.under_way_cents == bill.payable_cents
        state = "processing"
        text = words[f"all {bill.under_way}" if is_all else bill.under_way]
        text = text % {"sum": formats.money(bill.under_way_cents)}
    elif bill.payable_cents == 0:
        state, text = "paused", words["all paused"]
    else:
        state = "overdue" if bill.is_past_due(write.today) else "due"
        text = words[state] % {"day": write.day(bill.due_on)}
        by_itself = _by_autopay(planned)
        if by_itself is not None and state == "due":
            state, text = "autopay", words["autopay"] % {"day": write.day(by_itself)}
        parts = in_parts.of(planned)
        if parts is not None:
            note = words["due since" if state == "overdue" else "due"]
            note = note % {"day": write.day(bill.due_on)}
            state, text = "parts", in_parts.text(parts, write.day)
        if bill.disputed_cents:
            note = words["paused"] % {"sum": formats.money(bill.disputed_cents)}
    return Row(
        href=f"/invoices/{bill.number}",
        title=write.bill(bill.pet_name, bill.due_on),
        state=state,
        text=text,
        note=note,
        end=formats.money(bill.payable_cents or bill.open_cents),
        strong=True,
    )


def _by_autopay(planned: tuple[drafts.DraftView, ...]) -> datetime.date | None:
    """The day on which autopay takes the bill, where that is so."""
    days = (d.due_on for d in planned if d.kind == "autopay" and d.state == "planned")
    return next(days, None)


def settled_rows(found: tuple[settled.SettledBill, ...], write: Writer) -> list[Row]:
    """Bills that ask for nothing any more."""
    paid = _("Paid %(day)s")
    other = {"voided": ("void", _("Withdrawn")), "written_off": ("void", _("Closed"))}
    rows = []
    for bill in found:
        state, text = other.get(bill.state, ("paid", ""))
        if state == "paid":
            text = paid % {"day": write.near(bill.paid_on or bill.due_on, bill.due_on)}
        rows.append(
            Row(
                href=f"/invoices/{bill.number}",
                title=write.bill(bill.pet_name, bill.due_on),
                end=formats.money(bill.total_cents),
                end_state=state,
                end_text=text,
            )
        )
    return rows


def payment_rows(
    found: tuple[history.PaymentRow, ...], write: Writer, zone: datetime.tzinfo
) -> list[Row]:
    """Payments with what became of them; money that did not come is never shown as paid."""
    words = payment_words(_("Waits to be verified"))
    rows = []
    for payment in found:
        at = (payment.settled_at or payment.created_at).astimezone(zone).date()
        note = [write.day(at, "plain"), paid_with(payment.method_label)]
        state, text = words[payment_kind(payment)]
        rows.append(
            Row(
                href=f"/payments/{payment.number}",
                title=payment_title(payment, write),
                note=", ".join(part for part in note if part),
                end=formats.money(payment.amount_cents),
                end_state=state,
                end_text=text,
            )
        )
    return rows


class _Paid(Protocol):
    """A payment in a list; cents."""

    state: str
    amount_cents: int
    refunded_cents: int


def payment_kind(payment: _Paid) -> str:
    """Where a payment is, for `payment_words`: its state, or that it was given back."""
    if not payment.refunded_cents:
        return payment.state
    return "refunded" if payment.refunded_cents == payment.amount_cents else "part"


def payment_words(waits: str) -> dict[str, tuple[str, str]]:
    """How each kind of payment is drawn and said; `waits` is said of one that waits for a payer."""
    return {
        "settled": ("paid", _("Received")),
        "processing": ("processing", _("Processing")),
        "unknown": ("waiting", _("We do not know yet")),
        "failed": ("failed", _("Not received")),
        "requires_action": ("waiting", waits),
        "refunded": ("refunded", _("Refunded")),
        "part": ("refunded", _("Partly refunded")),
    }


def paid_with(label: str) -> str:
    """The method of a payment, or who else paid it."""
    payer = wording.payer(label)
    return _("paid by %(payer)s", payer=payer) if payer else wording.method(label)


def payment_title(payment: history.PaymentRow, write: Writer) -> str:
    """What a payment was for: one bill by its name, several by their pets."""
    if payment.bills == 1 and payment.first_due_on:
        return write.bill(payment.pets[0], payment.first_due_on)
    if not payment.pets:
        return _("Payment")
    return ngettext(
        "%(pets)s, %(num)s bill",
        "%(pets)s, %(num)s bills",
        payment.bills,
        pets=names(payment.pets),
    )


def names(pets: tuple[str, ...] | list[str]) -> str:
    """Names in one breath: "Biscuit and Miso", "Biscuit, Miso and Pico"."""
    if len(pets) < 2:
        return "".join(pets)
    return _("%(names)s and %(last)s", names=", ".join(pets[:-1]), last=pets[-1])
