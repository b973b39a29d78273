"""A request about a bill, for the list and the page of requests."""

from __future__ import annotations

from typing import Any

import flask_login

from portal.domain.approvals import queries, rules
from portal.domain.identity import queries as identity
from portal.domain.reports.queries import invoice_record
from portal.journeys import close_invoice
from portal.kernel import errors
from portal.web.shared import sentences, site
from portal.web.staff import closing_view, frame


def effect(facts: dict[str, Any]) -> str:
    """What is asked for, in a few words."""
    return closing_view.effect(facts)


def page(
    view: queries.ApprovalView, *, reason: str = "", reason_error: str = "", refused: str = ""
) -> str:
    """The request with its figures as they are now, or as they were decided upon."""
    reader, person = site.reader(), flask_login.current_user
    invoice = frame.found(invoice_record.invoice(reader, number=view.subject))
    facts, impossible = view.facts, ""
    if view.state == "pending":
        ask = close_invoice.ask_of(view.facts)
        try:
            facts = close_invoice.preview(site.ctx(), number=invoice.number, ask=ask)
        except errors.DomainError as error:
            impossible = sentences.said(error)
    people = [view.requester_id, *([view.approver_id] if view.approver_id else [])]
    names = identity.staff_names(reader, staff_ids=people)
    version = rules.facts_version(facts)
    return frame.page(
        "closing_request.html",
        view=view,
        invoice=invoice,
        closing=closing_view.of(facts),
        effect=effect(facts),
        facts_version=version,
        is_changed=version != view.facts_version,
        impossible=impossible,
        requester=names.get(view.requester_id, ""),
        approver=names.get(view.approver_id or 0, ""),
        is_own=view.requester_id == person.id,
        may_decide=view.state == "pending" and rules.may_approve(person.role, view.kind),
        reason=reason,
        reason_error=reason_error,
        refused=refused,
    )
