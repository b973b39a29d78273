"""The bills of several pets due on one day as one PDF, made of the parts of a bill's own."""

from __future__ import annotations

from collections.abc import Sequence

from portal.documents import formats, wording
from portal.documents.pdf import invoice, press
from portal.kernel import msgids

N_ = msgids.N_
HOW_TO_PAY = N_("Pay all at once at %(address)s, or call %(phone)s.")
HOW_TO_SEE = N_("These bills stand at %(address)s. Questions? Call %(phone)s.")


def render(
    papers: Sequence[invoice.InvoicePaper],
    *,
    language: str,
    brand: str,
    phone: str,
    base_url: str,
) -> bytes:
    """The bills as tagged PDF in `language`; there is one at least, and all have one due day."""
    say = wording.speaker(language)
    first = papers[0]
    left = sum(paper.left_cents for paper in papers)
    day = formats.day(first.due_on, "full", language=language)
    read_phone = formats.phone(phone)
    values = {
        "title": say(
            N_("Bills due %(day)s"), day=formats.day(first.due_on, "year", language=language)
        ),
        "brand": brand,
        "contact": f"{read_phone}, {say(N_('Mon–Fri 9–5'))}",
        "foot": f"{brand}, {say(N_('Bills due %(day)s'), day=first.due_on.isoformat())}",
        "page": say(N_("Page")),
        "address": list(first.address),
        "facts": [
            (say(N_("Bills")), str(len(papers))),
            (say(N_("Due")), formats.day(first.due_on, "year", language=language)),
        ],
        "sum": formats.money(left),
        "late": any(paper.state == "overdue" for paper in papers),
        "status": say(N_("Due on %(day)s"), day=day) if left else say(N_("Nothing more to pay")),
        "bills": [
            {
                "title": say(N_("%(pet)s, bill %(number)s"), pet=one.pet_name, number=one.number),
                "policy": f"{say(N_('Policy'))} {one.policy_no}",
                **invoice.charges(one, language=language),
            }
            for one in papers
        ],
        "how": say(
            HOW_TO_PAY if left else HOW_TO_SEE,
            address=f"{base_url}/invoices/due/{first.due_on}",
            phone=read_phone,
        ),
    }
    return press.print_pdf("bills", values, language=language)
