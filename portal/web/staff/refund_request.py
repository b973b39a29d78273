"""A request about a refund that failed, for the list and the page of requests."""

from __future__ import annotations

from typing import Any

import flask_babel

from portal.documents import formats, wording
from portal.domain.approvals import queries
from portal.domain.reports.queries import payment_record
from portal.journeys import reissue_refund
from portal.web.shared import site
from portal.web.staff import frame, request_page

_ = flask_babel.gettext


def effect(facts: dict[str, Any]) -> str:
    """What is asked for, in a few words."""
    amount = formats.money(facts["amount_cents"])
    if facts["how"] == reissue_refund.How.CHECK:
        return _("Pay the refund of %(sum)s by check %(no)s", sum=amount, no=facts["check_no"])
    method = wording.method(facts["method_label"]) or _("the method that paid")
    return _("Send the refund of %(sum)s to %(method)s again", sum=amount, method=method)


def page(view: queries.ApprovalView, **said: str) -> str:
    """The request with its figures as they are now, or as they were decided upon."""
    refund = frame.found(payment_record.refund(site.reader(), number=view.subject))
    facts, impossible = request_page.facts_now(
        view,
        lambda: reissue_refund.preview(site.ctx(), number=refund.number, facts=view.facts),
    )
    return request_page.page(
        "refund_request.html",
        view,
        facts,
        effect=effect(facts),
        impossible=impossible,
        refund=refund,
        by_check_no=facts["check_no"],
        moved_cents=max(facts["case_30d_cents"], facts["customer_30d_cents"]),
        **said,
    )
