"""A request about moving a policy to another customer, for the list and the page of requests."""

from __future__ import annotations

from typing import Any

import flask_babel
import flask_login

from portal.domain.approvals import queries, rules
from portal.domain.identity import queries as identity
from portal.journeys import move_policy
from portal.kernel import errors
from portal.web.shared import change_words, rows, sentences, site
from portal.web.staff import frame

_ = flask_babel.gettext


def effect(facts: dict[str, Any]) -> str:
    """What is asked for, in a few words."""
    return _(
        "Move %(pet)s’s policy to %(customer)s", pet=facts["pet_name"], customer=facts["to_no"]
    )


def consequences(facts: dict[str, Any]) -> list[str]:
    """What the move does, a sentence a fact."""
    today = site.ctx().clock.today()
    told = change_words.sentences("owner_changed", today, facts, rows.Writer(today))
    stays = _(
        "Paid bills stay with whoever was billed. What goes back for them later goes to where it "
        "was paid from."
    )
    return [*told, stays, _("Both customers get a mail.")]


def page(
    view: queries.ApprovalView, *, reason: str = "", reason_error: str = "", refused: str = ""
) -> str:
    """The request with its consequences as they are now, or as they were decided upon."""
    reader, person = site.reader(), flask_login.current_user
    facts, impossible = view.facts, ""
    if view.state == "pending":
        try:
            facts = move_policy.preview(site.ctx(), ask=move_policy.ask_of(view.facts))
        except errors.DomainError as error:
            impossible = sentences.said(error)
    people = [view.requester_id, *([view.approver_id] if view.approver_id else [])]
    names = identity.staff_names(reader, staff_ids=people)
    version = rules.facts_version(facts)
    return frame.page(
        "move_request.html",
        view=view,
        facts=facts,
        before=identity.customer_by_number(reader, number=facts["from_no"]),
        after=identity.customer_by_number(reader, number=facts["to_no"]),
        effect=effect(facts),
        told=consequences(facts),
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
