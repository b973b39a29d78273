"""Letters of a term that was renewed or costs something else: whom they go to, and their mail.

What a letter says is kept with its change and never read anew: a letter stays as it was sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import orm

from portal.domain.identity import queries as identity
from portal.domain.policies import models
from portal.domain.policies import queries as policies
from portal.journeys import context, telling

TEMPLATES: Mapping[models.EventKind, str] = {
    models.EventKind.TERM_BEGUN: "renewal_letter",
    models.EventKind.RENEWED: "renewal_letter",
    models.EventKind.PREMIUM_CHANGED: "premium_letter",
}


class Told(Protocol):
    """A change as `term_scene` makes it."""

    number: str
    kind: models.EventKind
    effective_on: Any
    facts: Mapping[str, Any]


def head(
    session: orm.Session, *, policy: models.Policy, kind: models.EventKind
) -> dict[str, Any] | None:
    """Whom the letter of such a change goes to and which pet it is about; None without one."""
    if kind not in TEMPLATES:
        return None
    owner = identity.customer(session, customer_id=policy.customer_id)
    names = policies.pet_names(session, policy_ids=[policy.id])
    region = " ".join(part for part in (owner.state, owner.zip) if part)
    place = ", ".join(part for part in (owner.city, region) if part)
    return {
        "address": [part for part in (owner.name, owner.street, place) if part],
        "pet_name": names[policy.id],
        "us_state": policy.us_state,
    }


def tell(
    session: orm.Session, ctx: context.Context, *, policy: models.Policy, change: Told
) -> None:
    """Queue the mail that leads to the letter, once a change."""
    facts = change.facts
    is_premium = change.kind is models.EventKind.PREMIUM_CHANGED
    telling.tell_customer(
        session,
        ctx,
        customer_id=policy.customer_id,
        template=TEMPLATES[change.kind],
        key=f"letter:{change.number}",
        subject_no=change.number,
        policy_no=policy.number,
        pet_name=policies.pet_names(session, policy_ids=[policy.id])[policy.id],
        effective_on=change.effective_on,
        before_cents=facts["before_cents"],
        after_cents=facts["after_cents" if is_premium else "premium_cents"],
    )
