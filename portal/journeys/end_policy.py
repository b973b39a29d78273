"""A customer ends a policy: by the free look for all that was paid, else for the days left."""

from __future__ import annotations

import dataclasses
import datetime

from portal.domain.billing.queries import plans
from portal.domain.billing.rules import free_look, pro_rata
from portal.domain.policies import queries
from portal.journeys import context, term_changes
from portal.kernel import errors, msgids

Basis = pro_rata.CancellationBasis


class EndTooSoon(errors.DomainError):
    """A customer ends a policy from today on, never for days that are over."""

    code = "end_too_soon"
    message = msgids.N_("Choose today or a later day: the days before were covered.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class About:
    """What may be chosen: the last day of the term, and until when all goes back, if at all."""

    policy: queries.PolicyView
    last_on: datetime.date
    free_look_on: datetime.date | None
    short_rate_filed: bool


def about(ctx: context.Context, *, policy_no: str, customer_id: int | None) -> About:
    """What the owner may choose from today. Raises NoSuchPolicy."""
    today = ctx.clock.today()
    with ctx.database.reading() as session:
        found = queries.by_number(
            session, policy_no=policy_no, today=today, customer_id=customer_id
        )
        if found is None or found.term is None:
            raise term_changes.NoSuchPolicy()
        # what was filed holds for the terms that began under it, the free look as it was received
        begun = found.received_on or found.term.effective_on
        at_receipt = plans.state(session, us_state=found.us_state, on=begun)
        filed = plans.state(session, us_state=found.us_state, on=found.term.effective_on)
    look = None
    if found.received_on is not None and found.term.number == 1:
        look = free_look.window(
            received_on=found.received_on,
            window_days=at_receipt.free_look_days,
            returned_on=today,
            claim_filed=found.claim_filed_on is not None,
        )
    return About(
        policy=found,
        last_on=found.term.expires_on,
        free_look_on=look.last_on if look and look.eligible else None,
        short_rate_filed=filed.short_rate_filed,
    )


def by_customer(
    ctx: context.Context,
    *,
    ask: term_changes.Ask,
    on: datetime.date,
    is_trial: bool = False,
) -> term_changes.Change:
    """End it on `on`. Raises NoSuchPolicy, EndTooSoon, and what `term_changes.cancel` raises.

    Inside the free look it ends from its beginning, for everything that was paid; else for the
    days covered, or by the short rate where the state's form was filed with it.
    """
    today = ctx.clock.today()
    if on < today:
        raise EndTooSoon()
    found = about(ctx, policy_no=ask.policy_no, customer_id=ask.customer_id)
    basis = Basis.PRO_RATA
    if found.free_look_on is not None and found.policy.term is not None:
        basis, on = Basis.FLAT, found.policy.term.effective_on
    elif found.short_rate_filed:
        basis = Basis.SHORT_RATE
    return term_changes.cancel(ctx, ask=ask, on=on, basis=basis, is_trial=is_trial)
