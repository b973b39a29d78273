"""A statement as a PDF, in either language; it tells what happened and demands nothing."""

from __future__ import annotations

import dataclasses
import datetime

from portal.documents import formats, wording
from portal.documents.pdf import invoice, press
from portal.kernel import msgids

N_ = msgids.N_


@dataclasses.dataclass(frozen=True, kw_only=True)
class StatementPaper:
    """What a printed statement says; amounts in cents, texts already in the reader's language.

    `rows` hold (day, what, note, billed, paid, balance), `aging` (what, note, cents) and adds up
    to `open_cents`, `totals` (what, billed, paid, balance) and add up to those of the period.
    """

    heading: str
    customer_no: str
    address: tuple[str, ...]
    starts_on: datetime.date
    last_on: datetime.date
    is_over: bool
    opening_cents: int
    charged_cents: int
    paid_cents: int
    closing_cents: int
    open_cents: int
    unapplied_cents: int
    goes_below: bool
    rows: tuple[tuple[datetime.date, str, str, int, int, int], ...]
    aging: tuple[tuple[str, str, int], ...]
    totals: tuple[tuple[str, int, int, int], ...]


def render(paper: StatementPaper, *, language: str, brand: str, phone: str) -> bytes:
    """The statement as tagged PDF in `language`."""
    say = wording.speaker(language)

    def day(value: datetime.date, style: str = "year") -> str:
        return formats.day(value, style, language=language)

    last = day(paper.last_on)
    values = {
        "title": paper.heading,
        "brand": brand,
        "contact": f"{formats.phone(phone)}, {say(N_('Mon–Fri 9–5'))}",
        "foot": f"{brand}, {paper.customer_no}",
        "page": say(N_("Page")),
        "address": list(paper.address),
        "facts": [
            (say(N_("Customer")), paper.customer_no),
            (say(N_("From")), day(paper.starts_on)),
            (say(N_("Through")), last),
        ],
        "notes": _notes(paper, say, last),
        "short_title": say(N_("In short")),
        "columns": (say(N_("What")), say(N_("Amount"))),
        "short": [
            (say(N_("Brought forward")), "", formats.money(paper.opening_cents)),
            (say(N_("Billed")), "", formats.money(paper.charged_cents)),
            (say(N_("Paid or credited")), "", formats.money(-paper.paid_cents)),
        ],
        "balance_label": say(N_("Balance on %(day)s"), day=last),
        "balance": formats.money(paper.closing_cents),
        "moves_title": say(N_("What happened")),
        "moves_columns": [
            say(text)
            for text in (
                N_("Day"),
                N_("What"),
                N_("Billed"),
                N_("Paid or credited"),
                N_("Balance"),
            )
        ],
        "opening": (say(N_("Brought forward")), formats.money(paper.opening_cents)),
        "moves": [
            (day(on, "plain"), what, note, _some(billed), _some(paid), formats.money(balance))
            for on, what, note, billed, paid, balance in paper.rows
        ],
        "nothing": say(N_("Nothing was billed and nothing was paid.")),
        "aging_title": say(N_("What was open, by age")),
        "aging": invoice.written(paper.aging),
        "open_label": say(N_("Open on bills")),
        "open": formats.money(paper.open_cents),
        "totals_title": say(N_("By pet")),
        "totals": [(what, *map(formats.money, cents)) for what, *cents in paper.totals],
        "together": say(N_("Together")),
        "sums": [
            formats.money(cents)
            for cents in (paper.charged_cents, paper.paid_cents, paper.closing_cents)
        ],
    }
    return press.print_pdf("statement", values, language=language)


def _notes(paper: StatementPaper, say: wording.Say, last: str) -> list[str]:
    """What a reader must know to read the amounts."""
    notes = [say(N_("A statement asks for nothing: each bill says what is due, and when."))]
    if not paper.is_over:
        notes.insert(0, say(N_("It is not over yet: this is how it stands so far.")))
    if paper.goes_below:
        notes.append(say(N_("A balance below zero is money of yours.")))
    if paper.unapplied_cents:
        notes.append(
            say(
                N_("%(sum)s of yours was on no bill on %(day)s. It is used for your next bills."),
                sum=formats.money(paper.unapplied_cents),
                day=last,
            )
        )
    return notes


def _some(cents: int) -> str:
    return formats.money(cents) if cents else ""
