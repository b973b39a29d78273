"""The people of a story: customers with pets and monthly policies, and the staff; seeded."""

from __future__ import annotations

import dataclasses
import datetime
import random

from portal.domain.billing.operations import planning
from portal.domain.billing.rules import installments
from portal.domain.identity import models as identity
from portal.domain.policies import models as policies
from portal.journeys import context
from portal.kernel import actor, ids

TAX_PPM = 10_000
PREMIUMS = (74_929, 38_647, 51_200, 120_000, 33_333, 480_000)  # the last asks for two people
STATES = ("IL", "FL", "CA", "NY", "WA")


@dataclasses.dataclass(frozen=True)
class Person:
    """A customer."""

    id: int
    who: actor.Actor


@dataclasses.dataclass(frozen=True)
class Staff:
    """A specialist, and a supervisor who approves."""

    specialist: actor.Actor
    supervisor: actor.Actor


def make_staff(ctx: context.Context) -> Staff:
    """The two of them."""
    made = []
    for name, role in (("Grace", identity.Role.SPECIALIST), ("Omar", identity.Role.SUPERVISOR)):
        row = identity.Staff(
            email=f"{name.lower()}@staff.test", name=name, role=role, created_at=ctx.clock.now()
        )
        with ctx.database.unit_of_work() as session:
            session.add(row)
        made.append(actor.Actor(kind=actor.ActorKind.STAFF, label=name, id=row.id, role=str(role)))
    return Staff(*made)


def make_customers(ctx: context.Context, rng: random.Random, *, number: int) -> list[Person]:
    """So many customers with one or two insured pets; bills come with the first billing run."""
    made = []
    for n in range(number):
        with ctx.database.unit_of_work() as session:
            row = identity.Customer(
                number=ids.new(ids.Prefix.CUSTOMER, ctx.rng),
                first_name=f"Payer{n}",
                last_name="Alvarez",
                email=f"payer{n}@example.test",
                state=rng.choice(STATES),
                zip="62704",
                language=rng.choice(("en", "en", "en", "es")),
                activated_at=ctx.clock.now(),
                created_at=ctx.clock.now(),
            )
            session.add(row)
            session.flush()
            for pet in range(rng.choice((1, 1, 2))):
                _insure(session, ctx, rng, row, name=f"Pet{n}{'ab'[pet]}")
        who = actor.Actor(
            kind=actor.ActorKind.CUSTOMER, label=row.first_name, id=row.id, role="customer"
        )
        made.append(Person(row.id, who))
    return made


def _insure(session, ctx: context.Context, rng: random.Random, customer, *, name: str) -> None:
    today = ctx.clock.today()
    # the first day of cover: some bills are past due, and the next one comes within the month
    effective_on = today - datetime.timedelta(days=rng.randrange(-10, 320))
    if (effective_on.month, effective_on.day) == (2, 29):
        effective_on -= datetime.timedelta(days=1)
    pet = policies.Pet(customer_id=customer.id, name=name, species=rng.choice(("dog", "cat")))
    session.add(pet)
    session.flush()
    policy = policies.Policy(
        number=ids.new(ids.Prefix.POLICY, ctx.rng),
        customer_id=customer.id,
        pet_id=pet.id,
        us_state=customer.state,
        state="active",
        created_at=ctx.clock.now(),
    )
    session.add(policy)
    session.flush()
    premium = rng.choice(PREMIUMS)
    term = policies.Term(
        policy_id=policy.id,
        number=1,
        effective_on=effective_on,
        expires_on=effective_on.replace(year=effective_on.year + 1),
        premium_cents=premium,
        tax_cents=installments.term_tax(premium, TAX_PPM),
        tax_ppm=TAX_PPM,
        policy_fee_cents=rng.choice((0, 500)),
        installment_fee_cents=rng.choice((0, 300)),
        payment_plan="monthly",
        installments=12,
        corrected_cents=0,
        down_payment_cents=0,
        created_at=ctx.clock.now(),
    )
    session.add(term)
    session.flush()
    session.add(
        policies.Segment(
            term_id=term.id,
            starts_on=term.effective_on,
            ends_on=term.expires_on,
            premium_cents=premium,
        )
    )
    planning.plan_term(session, term_id=term.id)
