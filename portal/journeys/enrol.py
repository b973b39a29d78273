"""Taking a pet on: pet, policy, term and its installments; used by the import and the demo."""

from __future__ import annotations

import dataclasses
import datetime

from sqlalchemy import orm

from portal.domain.billing.operations import planning
from portal.domain.policies import models, operations
from portal.journeys import context
from portal.kernel import actor


@dataclasses.dataclass(frozen=True, kw_only=True)
class Terms:
    """What was agreed for one term: half-open days, amounts in cents of the whole term."""

    effective_on: datetime.date
    expires_on: datetime.date
    premium_cents: int
    tax_cents: int = 0
    policy_fee_cents: int = 0
    installment_fee_cents: int = 0
    payment_plan: str = "monthly"
    installments: int = 0  # after a down payment; other plans know their own number
    down_payment_cents: int = 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Enrolled:
    """What was made; row ids and the policy's public number."""

    pet_id: int
    policy_id: int
    policy_no: str
    term_id: int


def enrol_policy(
    session: orm.Session,
    ctx: context.Context,
    *,
    customer_id: int,
    pet_name: str,
    species: str,
    breed: str = "",
    born_on: datetime.date | None = None,
    us_state: str,
    received_on: datetime.date | None = None,
    policy_no: str = "",
    terms: Terms,
    who: actor.Actor,
) -> Enrolled:
    """A new pet of the customer with its policy, first term and planned installments.

    In the caller's transaction. Raises the errors of `policies.operations`, StateUnknown, and
    PlanDoesNotFit.
    """
    pet = operations.add_pet(
        session,
        customer_id=customer_id,
        name=pet_name,
        species=models.Species(species),
        breed=breed,
        born_on=born_on,
    )
    policy = operations.add_policy(
        session,
        customer_id=customer_id,
        pet_id=pet.id,
        us_state=us_state,
        received_on=received_on,
        number=policy_no,
        now=ctx.clock.now(),
        who=who,
        rng=ctx.rng,
    )
    term_id = begin_term(session, ctx, policy_id=policy.id, terms=terms, who=who)
    return Enrolled(pet_id=pet.id, policy_id=policy.id, policy_no=policy.number, term_id=term_id)


def begin_term(
    session: orm.Session,
    ctx: context.Context,
    *,
    policy_id: int,
    terms: Terms,
    who: actor.Actor,
) -> int:
    """Another term of a policy, with its installments planned; its row id.

    In the caller's transaction. Raises the errors of `add_term`, and PlanDoesNotFit.
    """
    now = ctx.clock.now()
    given = dataclasses.asdict(terms)
    given["payment_plan"] = models.PaymentPlan(terms.payment_plan)
    term = operations.add_term(session, policy_id=policy_id, **given, now=now, who=who)
    planning.plan_term(session, term_id=term.id)
    return term.id
