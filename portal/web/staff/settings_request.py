"""A request about billing settings, for the list and the page of requests."""

from __future__ import annotations

from typing import Any

import flask_babel
import flask_login

from portal.domain.approvals import queries, rules
from portal.domain.identity import queries as identity
from portal.journeys import billing_settings
from portal.kernel import errors
from portal.web.shared import sentences, site
from portal.web.staff import frame, settings_view

_ = flask_babel.gettext


def effect(facts: dict[str, Any]) -> str:
    """What is asked for, in a few words."""
    return settings_view.effect(facts)


def page(
    view: queries.ApprovalView, *, reason: str = "", reason_error: str = "", refused: str = ""
) -> str:
    """The request with what holds before it as it is now, or as it was decided upon."""
    reader, person = site.reader(), flask_login.current_user
    facts, impossible = view.facts, ""
    if view.state == "pending":
        try:
            facts = billing_settings.fresh_facts(site.ctx(), view.facts)
        except errors.DomainError as error:
            impossible = sentences.said(error)
    people = [view.requester_id, *([view.approver_id] if view.approver_id else [])]
    names = identity.staff_names(reader, staff_ids=people)
    version = rules.facts_version(facts)
    return frame.page(
        "settings_request.html",
        view=view,
        effect=effect(facts),
        lines=settings_view.lines(facts),
        until=settings_view.day(facts["until"]) if facts["until"] else "",
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
