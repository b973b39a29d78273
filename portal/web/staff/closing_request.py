"""A request about a bill, for the list and the page of requests."""

from __future__ import annotations

from typing import Any

from portal.domain.approvals import queries
from portal.domain.reports.queries import invoice_record
from portal.journeys import close_invoice
from portal.web.shared import site
from portal.web.staff import closing_view, frame, request_page


def effect(facts: dict[str, Any]) -> str:
    """What is asked for, in a few words."""
    return closing_view.effect(facts)


def page(view: queries.ApprovalView, **said: str) -> str:
    """The request with its figures as they are now, or as they were decided upon."""
    invoice = frame.found(invoice_record.invoice(site.reader(), number=view.subject))
    facts, impossible = request_page.facts_now(
        view,
        lambda: close_invoice.preview(
            site.ctx(), number=invoice.number, ask=close_invoice.ask_of(view.facts)
        ),
    )
    return request_page.page(
        "closing_request.html",
        view,
        facts,
        effect=effect(facts),
        impossible=impossible,
        invoice=invoice,
        closing=closing_view.of(facts),
        **said,
    )
