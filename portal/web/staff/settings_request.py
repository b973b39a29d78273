"""A request about billing settings, for the list and the page of requests."""

from __future__ import annotations

from typing import Any

from portal.domain.approvals import queries
from portal.journeys import billing_settings
from portal.web.shared import site
from portal.web.staff import request_page, settings_view


def effect(facts: dict[str, Any]) -> str:
    """What is asked for, in a few words."""
    return settings_view.effect(facts)


def page(view: queries.ApprovalView, **said: str) -> str:
    """The request with what holds before it as it is now, or as it was decided upon."""
    facts, impossible = request_page.facts_now(
        view, lambda: billing_settings.fresh_facts(site.ctx(), view.facts)
    )
    return request_page.page(
        "settings_request.html",
        view,
        facts,
        effect=effect(facts),
        impossible=impossible,
        lines=settings_view.lines(facts),
        until=settings_view.day(facts["until"]) if facts["until"] else "",
        **said,
    )
