"""The page of a request for a second person: what every kind shows, and when it shows what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flask_login

from portal.domain.approvals import queries, rules
from portal.domain.identity import queries as identity
from portal.kernel import errors
from portal.web.shared import sentences, site
from portal.web.staff import frame

Facts = dict[str, Any]


def facts_now(view: queries.ApprovalView, look: Callable[[], Facts]) -> tuple[Facts, str]:
    """The facts as `look` finds them while it waits, else those decided upon.

    The last value is the reason why it cannot be done any more, "" where it can.
    """
    if view.state != "pending":
        return view.facts, ""
    try:
        return look(), ""
    except errors.DomainError as error:
        return view.facts, sentences.said(error)


def page(
    template: str,
    view: queries.ApprovalView,
    facts: Facts,
    *,
    effect: str,
    impossible: str,
    reason: str = "",
    reason_error: str = "",
    refused: str = "",
    **shown: object,
) -> str:
    """The page from layouts/request.html; `shown` is what its kind shows besides."""
    reader, person = site.reader(), flask_login.current_user
    people = [view.requester_id, *([view.approver_id] if view.approver_id else [])]
    names = identity.staff_names(reader, staff_ids=people)
    version = rules.facts_version(facts)
    return frame.page(
        template,
        view=view,
        effect=effect,
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
        **shown,
    )
