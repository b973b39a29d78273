"""A receipt as a PDF, in either language; only for money that was received."""

from __future__ import annotations

import dataclasses
import datetime
import zoneinfo

from portal.documents import formats, wording
from portal.documents.pdf import invoice, press
from portal.kernel import msgids

N_ = msgids.N_


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReceiptPaper:
    """What a receipt says; amounts in cents.

    `parts` hold (what, note, cents) in the reader's language and add up to the amount; `refunds`
    hold (what, note).
    """

    number: str
    payer: str
    amount_cents: int
    method: str
    settled_at: datetime.datetime
    parts: tuple[tuple[str, str, int], ...]
    refunds: tuple[tuple[str, str], ...]


def render(
    paper: ReceiptPaper, *, language: str, zone: zoneinfo.ZoneInfo, brand: str, phone: str
) -> bytes:
    """The receipt as tagged PDF in `language`, its moment told in `zone`."""
    say = wording.speaker(language)
    read_phone = formats.phone(phone)
    values = {
        "title": say(N_("Receipt")),
        "brand": brand,
        "contact": f"{read_phone}, {say(N_('Mon–Fri 9–5'))}",
        "foot": f"{brand}, {paper.number}",
        "page": say(N_("Page")),
        "sum": formats.money(paper.amount_cents),
        "facts": [
            (
                say(N_("Received on")),
                formats.moment(paper.settled_at, "full", zone=zone, language=language),
            ),
            (say(N_("From")), paper.payer),
            (say(N_("With")), paper.method or "–"),
            (say(N_("Number to quote")), paper.number),
        ],
        "parts_title": say(N_("Where it went")),
        "columns": (say(N_("What")), say(N_("Amount"))),
        "parts": invoice.written(paper.parts),
        "total_label": say(N_("Received")),
        "refunds_title": say(N_("Refunds")),
        "refunds": list(paper.refunds),
        "closing": say(N_("Thank you.")),
    }
    return press.print_pdf("receipt", values, language=language)
