"""A bill as a PDF, in either language; a frozen view in, bytes out."""

from __future__ import annotations

import dataclasses
import datetime
import io
from typing import Any

import segno

from portal.documents import formats, wording
from portal.documents.pdf import press
from portal.kernel import msgids

N_ = msgids.N_
STATES = {
    "paid": N_("Paid on %(day)s"),
    "due": N_("Due on %(day)s"),
    "overdue": N_("Overdue since %(day)s"),
    "processing": N_("A payment is on its way; it counts once your bank sends it"),
    "paused": N_("Paused while we look into it"),
    "void": N_("Withdrawn"),
}

HOW_TO_PAY = N_(
    "Pay at %(address)s, or call %(phone)s. Something wrong? Tell us there, line by line: only "
    "that amount is paused."
)
HOW_TO_SEE = N_("This bill stands at %(address)s. Questions? Call %(phone)s.")

MASK = 2


@dataclasses.dataclass(frozen=True, kw_only=True)
class InvoicePaper:
    """What a printed bill says; amounts in cents, the period half-open.

    `lines` and `settled` hold (what, note, cents), already in the reader's language; `settled`
    leads from the total to what is left and is empty while nothing happened. `state` is one of
    `STATES`, `state_on` its day. `pay_link` is where anybody may pay it, "" when nobody can.
    """

    number: str
    policy_no: str
    pet_name: str
    issued_on: datetime.date
    due_on: datetime.date
    period_start_on: datetime.date
    period_end_on: datetime.date
    address: tuple[str, ...]
    shown_cents: int
    state: str
    state_on: datetime.date
    lines: tuple[tuple[str, str, int], ...]
    total_cents: int
    settled: tuple[tuple[str, str, int], ...]
    left_cents: int
    pay_link: str
    replaces_no: str = ""  # the withdrawn bill in whose place it is


def render(paper: InvoicePaper, *, language: str, brand: str, phone: str, base_url: str) -> bytes:
    """The bill as tagged PDF in `language`; `base_url` is where it can be paid."""
    say = wording.speaker(language)

    def day(value: datetime.date, style: str = "full") -> str:
        return formats.day(value, style, language=language)

    read_phone = formats.phone(phone)
    values = {
        "title": say(
            N_("%(pet)s’s bill, %(month)s"), pet=paper.pet_name, month=day(paper.due_on, "period")
        ),
        "brand": brand,
        "contact": f"{read_phone}, {say(N_('Mon–Fri 9–5'))}",
        "foot": f"{brand}, {paper.number}",
        "page": say(N_("Page")),
        "address": list(paper.address),
        "facts": [
            (say(N_("Bill")), paper.number),
            (say(N_("Policy")), paper.policy_no),
            (say(N_("Issued")), day(paper.issued_on, "year")),
            (say(N_("Due")), day(paper.due_on, "year")),
            *([(say(N_("Replaces")), paper.replaces_no)] if paper.replaces_no else []),
        ],
        "sum": formats.money(paper.shown_cents),
        "late": paper.state == "overdue",
        "status": say(STATES[paper.state], day=day(paper.state_on)),
        "lines_title": say(N_("What it is for")),
        **charges(paper, language=language),
        "how": say(
            HOW_TO_PAY if paper.left_cents else HOW_TO_SEE,
            address=f"{base_url}/invoices/{paper.number}",
            phone=read_phone,
        ),
        "pay_link": paper.pay_link,
        "pay_code": code(paper.pay_link) if paper.pay_link else "",
        "pay_words": say(N_("Scan to pay. Nobody has to sign in, and only this bill is seen.")),
        "pay_about": say(N_("A code that leads to where this bill is paid")),
    }
    return press.print_pdf("invoice", values, language=language)


def charges(paper: InvoicePaper, *, language: str) -> dict[str, Any]:
    """The lines of a bill and what was paid of it, for a template."""
    say = wording.speaker(language)
    return {
        "period": say(
            N_("%(start)s to %(end)s"),
            start=formats.day(paper.period_start_on, "year", language=language),
            end=formats.day(paper.period_end_on, "year", language=language),
        ),
        "columns": (say(N_("What")), say(N_("Amount"))),
        "lines": written(paper.lines),
        "total_label": say(N_("Total")),
        "total": formats.money(paper.total_cents),
        "settled_title": say(N_("What is left")),
        "settled": written(paper.settled),
        "left_label": say(N_("Left to pay")),
        "left": formats.money(paper.left_cents),
    }


def code(address: str) -> str:
    """The address as a QR code, an SVG in black.

    Every reader reads every mask; trying all eight for the evenest would cost more than half of
    what the whole paper costs, and a signed link is even by itself.
    """
    drawn = io.BytesIO()
    made = segno.make_qr(address, error="m", mask=MASK)
    made.save(drawn, kind="svg", border=0, xmldecl=False)
    return drawn.getvalue().decode()


def written(lines: tuple[tuple[str, str, int], ...]) -> list[tuple[str, str, str]]:
    """Lines with their amounts written."""
    return [(what, note, formats.money(cents)) for what, note, cents in lines]
