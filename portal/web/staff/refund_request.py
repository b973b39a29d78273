"""A request about a refund that failed, for the list and the page of requests."""

from __future__ import annotations

from typing import Any

import flask_babel
import flask_login

from portal.documents import formats, wording
from portal.domain.approvals import queries, rules
from portal.domain.identity import queries as identity
from portal.domain.reports.queries import payment_record
from portal.journeys import reissue_refund
from portal.kernel import errors
from portal.web.shared import sentences, site
from portal.web.staff import frame

_ = flask_babel.gettext


def effect(facts: dict[str, Any]) -> str:
    """What is asked for, in a few words."""
    amount = formats.money(facts["amount_cents"])
    if facts["how"] == reissue_refund.How.CHECK:
        return _("Pay the refund of %(sum)s by check %(no)s", sum=amount, no=facts["check_no"])
    method = wording.method(facts["method_label"]) or _("the method that paid")
    return _("Send the refund of %(sum)s to %(method)s again", sum=amount, method=method)


def page(
    view: queries.ApprovalView, *, reason: str = "", reason_error: str = "", refused: str = ""
) -> str:
    """The request with its figures as they are now, or as they were decided upon."""
    reader, person = site.reader(), flask_login.current_user
    refund = frame.found(payment_record.refund(reader, number=view.subject))
    facts, impossible = view.facts, ""
    if view.state == "pending":
        try:
            facts = reissue_refund.preview(site.ctx(), number=refund.number, facts=view.facts)
        except errors.DomainError as error:
            impossible = sentences.said(error)
    people = [view.requester_id, *([view.approver_id] if view.approver_id else [])]
    names = identity.staff_names(reader, staff_ids=people)
    version = rules.facts_version(facts)
    return frame.page(
        "refund_request.html",
        view=view,
        refund=refund,
        facts=facts,
        effect=effect(facts),
        moved_cents=max(facts["case_30d_cents"], facts["customer_30d_cents"]),
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
