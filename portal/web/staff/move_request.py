"""A request about moving a policy to another customer, for the list and the page of requests."""

from __future__ import annotations

from typing import Any

import flask_babel

from portal.domain.approvals import queries
from portal.domain.identity import queries as identity
from portal.journeys import move_policy
from portal.web.shared import change_words, rows, site
from portal.web.staff import request_page

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


def page(view: queries.ApprovalView, **said: str) -> str:
    """The request with its consequences as they are now, or as they were decided upon."""
    reader = site.reader()
    facts, impossible = request_page.facts_now(
        view, lambda: move_policy.preview(site.ctx(), ask=move_policy.ask_of(view.facts))
    )
    return request_page.page(
        "move_request.html",
        view,
        facts,
        effect=effect(facts),
        impossible=impossible,
        policy_no=view.subject,
        before=identity.customer_by_number(reader, number=facts["from_no"]),
        after=identity.customer_by_number(reader, number=facts["to_no"]),
        told=consequences(facts),
        **said,
    )
