"""A policy that passes to another customer in a test: asked for, and agreed to by another."""

from __future__ import annotations

from portal.domain.approvals import rules
from portal.journeys import move_policy
from tests.support import cases, people


def pass_on(ctx, bill, new) -> None:
    """The policy of the bill is the other customer's from now on."""
    asks = cases.staff(people.make_staff(ctx.database, name="Grace"))
    agrees = cases.staff(people.make_staff(ctx.database, name="Omar", role="supervisor"))
    ask = move_policy.Ask(policy_no=bill.policy.number, to=new.number, reason="Sold.")
    version = rules.facts_version(move_policy.preview(ctx, ask=ask))
    number = move_policy.request(ctx, ask=ask, facts_version=version, who=asks)
    move_policy.approve(ctx, approval_no=number, facts_version=version, who=agrees)
