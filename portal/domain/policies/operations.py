"""Pets, policies and terms made; a policy never has two terms on one day."""

from __future__ import annotations

import datetime
import random

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.audit import operations as audit
from portal.domain.identity import rules as people
from portal.domain.policies import models
from portal.kernel import actor, db, errors, ids, msgids


class PetNameMissing(errors.DomainError):
    """A pet needs a name of up to 60 letters."""

    code = "pet_name_missing"
    message = msgids.N_("Enter the pet’s name, up to 60 letters.")


class PolicyNumberWrong(errors.DomainError):
    """The number given is not written as policy numbers are, its check character included."""

    code = "policy_number_wrong"
    message = msgids.N_("%(number)s is not a policy number.")


class PolicyNumberTaken(errors.DomainError):
    """Another policy has this number."""

    code = "policy_number_taken"
    message = msgids.N_("Another policy has the number %(number)s.")


class TermEmpty(errors.DomainError):
    """The term ends on the day it begins, or before."""

    code = "term_empty"
    message = msgids.N_("The last day must come after the first.")


class TermOverlaps(errors.DomainError):
    """The policy has a term already on one of these days."""

    code = "term_overlaps"
    message = msgids.N_("This policy already has a term from %(effective_on)s to %(expires_on)s.")


class TermTooFar(errors.DomainError):
    """Nobody insures a pet for longer than that, or from so far a day on."""

    code = "term_too_far"
    message = msgids.N_("A term lasts three years at most, and begins within five years.")


class PolicyCancelled(errors.DomainError):
    """A cancelled policy gets no further term; a new policy does."""

    code = "policy_cancelled"
    message = msgids.N_("This policy was cancelled. A new policy is needed.")


class PremiumMissing(errors.DomainError):
    """A term costs something, and its fees and tax are not below zero."""

    code = "premium_missing"
    message = msgids.N_("A term needs a premium above zero, and no fee or tax below zero.")


class InstallmentsWrong(errors.DomainError):
    """The number of installments or the down payment does not go with the payment plan."""

    code = "installments_wrong"
    message = msgids.N_(
        "A plan with a down payment needs 1 to 12 installments, and a down payment above zero and "
        "below the premium. Other plans take neither."
    )


_PARTS = {
    models.PaymentPlan.IN_FULL: 1,
    models.PaymentPlan.QUARTERLY: 4,
    models.PaymentPlan.MONTHLY: 12,
}
MOST_PARTS = 12
LONGEST, FARTHEST = 3 * 366, 5 * 366  # days of a term, and from today to its beginning


def add_pet(
    session: orm.Session,
    *,
    customer_id: int,
    name: str,
    species: models.Species,
    breed: str = "",
    born_on: datetime.date | None = None,
) -> models.Pet:
    """A pet of the customer. Raises PetNameMissing."""
    try:
        known_as = people.name(name, longest=60)
    except people.NameMissing as missing:
        raise PetNameMissing() from missing
    pet = models.Pet(
        customer_id=customer_id,
        name=known_as,
        species=species,
        breed=" ".join(breed.split())[:80],
        born_on=born_on,
    )
    session.add(pet)
    session.flush()
    return pet


def add_policy(
    session: orm.Session,
    *,
    customer_id: int,
    pet_id: int,
    us_state: str,
    received_on: datetime.date | None = None,
    number: str = "",
    now: datetime.datetime,
    who: actor.Actor,
    rng: random.Random,
) -> models.Policy:
    """A policy for one pet; without `number` a new one is drawn.

    Raises StateUnknown, PolicyNumberWrong, PolicyNumberTaken.
    """
    policy_no = ids.normalise(number) if number else ids.new(ids.Prefix.POLICY, rng)
    if not ids.is_valid(policy_no, ids.Prefix.POLICY):
        raise PolicyNumberWrong(number=number)
    taken = sa.select(sa.exists().where(models.Policy.number == policy_no))
    if session.scalar(taken):
        raise PolicyNumberTaken(number=policy_no)
    policy = models.Policy(
        number=policy_no,
        customer_id=customer_id,
        pet_id=pet_id,
        us_state=people.state(us_state),
        received_on=received_on,
        created_at=now,
    )
    session.add(policy)
    session.flush()
    audit.record(
        session,
        who=who,
        action="policies.policy_added",
        subject=policy_no,
        customer_id=customer_id,
        now=now,
        us_state=policy.us_state,
    )
    return policy


def add_term(
    session: orm.Session,
    *,
    policy_id: int,
    effective_on: datetime.date,
    expires_on: datetime.date,
    premium_cents: int,
    tax_cents: int = 0,
    tax_ppm: int = 0,
    policy_fee_cents: int = 0,
    installment_fee_cents: int = 0,
    payment_plan: models.PaymentPlan = models.PaymentPlan.MONTHLY,
    installments: int = 0,
    down_payment_cents: int = 0,
    now: datetime.datetime,
    who: actor.Actor,
) -> models.Term:
    """The policy's next term: `effective_on` in, `expires_on` out; amounts in cents of the term.

    `installments` counts those after a down payment; other plans know their own number. `tax_ppm`
    is the rate behind `tax_cents`, in parts per million, for when the premium changes. Raises
    TermEmpty, TermTooFar, TermOverlaps, PolicyCancelled, PremiumMissing, InstallmentsWrong.
    """
    _check_days(effective_on, expires_on, today=now.date())
    if premium_cents <= 0 or min(tax_cents, policy_fee_cents, installment_fee_cents) < 0:
        raise PremiumMissing()
    parts = _parts(payment_plan, installments, down_payment_cents, premium_cents)
    policy = db.lock_row(session, models.Policy, policy_id)
    if policy.state is models.PolicyState.CANCELLED:
        raise PolicyCancelled()
    _refuse_overlap(session, policy_id, effective_on, expires_on)
    term = models.Term(
        policy_id=policy_id,
        number=_next_number(session, policy_id),
        effective_on=effective_on,
        expires_on=expires_on,
        premium_cents=premium_cents,
        tax_cents=tax_cents,
        tax_ppm=tax_ppm,
        policy_fee_cents=policy_fee_cents,
        installment_fee_cents=installment_fee_cents,
        payment_plan=payment_plan,
        installments=parts,
        down_payment_cents=down_payment_cents,
        created_at=now,
    )
    session.add(term)
    session.flush()
    session.add(
        models.Segment(
            term_id=term.id,
            starts_on=effective_on,
            ends_on=expires_on,
            premium_cents=premium_cents,
        )
    )
    session.flush()
    _log_term(session, term, policy=policy, now=now, who=who)
    return term


def _check_days(
    effective_on: datetime.date, expires_on: datetime.date, *, today: datetime.date
) -> None:
    if expires_on <= effective_on:
        raise TermEmpty()
    if (expires_on - effective_on).days > LONGEST or (effective_on - today).days > FARTHEST:
        raise TermTooFar()


def _log_term(
    session: orm.Session,
    term: models.Term,
    *,
    policy: models.Policy,
    now: datetime.datetime,
    who: actor.Actor,
) -> None:
    audit.record(
        session,
        who=who,
        action="policies.term_added",
        subject=policy.number,
        customer_id=policy.customer_id,
        now=now,
        term=term.number,
        effective_on=term.effective_on.isoformat(),
        expires_on=term.expires_on.isoformat(),
        premium_cents=term.premium_cents,
    )


def _next_number(session: orm.Session, policy_id: int) -> int:
    last = sa.select(sa.func.max(models.Term.number)).where(models.Term.policy_id == policy_id)
    return (session.scalar(last) or 0) + 1


def _parts(plan: models.PaymentPlan, given: int, down_cents: int, premium_cents: int) -> int:
    if plan is not models.PaymentPlan.DOWN_PAYMENT:
        if down_cents or given not in (0, _PARTS[plan]):
            raise InstallmentsWrong()
        return _PARTS[plan]
    if not (1 <= given <= MOST_PARTS and 0 < down_cents < premium_cents):
        raise InstallmentsWrong()
    return given


def _refuse_overlap(
    session: orm.Session,
    policy_id: int,
    effective_on: datetime.date,
    expires_on: datetime.date,
) -> None:
    other = session.execute(
        sa.select(models.Term.effective_on, models.Term.expires_on)
        .where(
            models.Term.policy_id == policy_id,
            models.Term.effective_on < expires_on,
            models.Term.expires_on > effective_on,
        )
        .limit(1)
    ).one_or_none()
    if other is not None:
        raise TermOverlaps(effective_on=other.effective_on, expires_on=other.expires_on)


def correct_premium(session: orm.Session, *, term_id: int, cents: int) -> None:
    """Write down that `cents` of the term's premium should not have been charged."""
    session.execute(
        sa.update(models.Term)
        .where(models.Term.id == term_id)
        .values(corrected_cents=models.Term.corrected_cents + cents)
    )


def note_claim(session: orm.Session, *, policy_id: int, filed_on: datetime.date | None) -> None:
    """Write down when a claim was filed, the first one; None tells nothing."""
    if filed_on is not None:
        session.execute(
            sa.update(models.Policy)
            .where(models.Policy.id == policy_id)
            .values(claim_filed_on=sa.func.least(models.Policy.claim_filed_on, filed_on))
        )
