"""Bills in tests closed as a specialist does it: shown, then done."""

from __future__ import annotations

from portal.domain.approvals import rules as approval_rules
from portal.journeys import close_invoice
from portal.kernel import actor

Action = close_invoice.Action
WHO = actor.Actor(kind=actor.ActorKind.STAFF, label="Grace", id=None, role="specialist")


def ask(action=Action.VOID, **given) -> close_invoice.Ask:
    """What is asked for, with a reason."""
    return close_invoice.Ask(action=action, reason="The sum was wrong.", **given)


def close(ctx, number: str, asked=None, who=WHO) -> close_invoice.Done:
    """Preview it and do exactly that."""
    wanted = asked or ask()
    facts = close_invoice.preview(ctx, number=number, ask=wanted)
    version = approval_rules.facts_version(facts)
    return close_invoice.close(ctx, number=number, ask=wanted, facts_version=version, who=who)
