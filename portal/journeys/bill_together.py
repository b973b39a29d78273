"""One bill a month for all pets: chosen with what it moves, left at once.

Bills stay one a policy; they come to be due on one day and are told and shown together.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.audit import operations as audit
from portal.domain.billing import models as billing
from portal.domain.billing.operations import books
from portal.domain.billing.queries import coverage, joint
from portal.domain.billing.rules import replanning
from portal.domain.identity import queries as identity
from portal.domain.policies import changing, models
from portal.domain.policies import queries as policies
from portal.journeys import context, term_changes, term_scene
from portal.kernel import actor, errors, msgids

LEAST_PETS = 2


class TooFewPets(errors.DomainError):
    """There is nothing to put together."""

    code = "too_few_pets"
    message = msgids.N_("One bill for all pets needs at least two policies with bills to come.")


class PetOutOfReach(errors.DomainError):
    """A pet's next bill was moved before, and that day would put it off or come unannounced."""

    code = "pet_out_of_reach"
    message = msgids.N_(
        "%(pet)s’s next bill can be due from %(first)s to %(last)s. Choose one of these days."
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pet:
    """A policy that takes part; `change` is how its day moves, None where nothing moves."""

    policy_no: str
    name: str
    change: term_changes.Change | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Joined:
    """What choosing the day does, or did."""

    day: int
    pets: tuple[Pet, ...]

    @property
    def version(self) -> str:
        """A hash of all that it does, the same for the preview and the deed."""
        parts = [f"{pet.policy_no} {pet.change.version if pet.change else ''}" for pet in self.pets]
        return hashlib.sha256("\n".join([str(self.day), *parts]).encode()).hexdigest()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ask:
    """Whose bills come together on which day of the month, by which form."""

    customer_id: int
    day: int
    once_key: str
    who: actor.Actor
    expects: str = ""  # the version of what was shown; "" where nothing was


def join(ctx: context.Context, *, ask: Ask, is_trial: bool = False) -> Joined:
    """Have the bills of all pets due on one day from the next ones on: all of them or none.

    Policies that ended, are under a hold of billing or are all billed already do not move. A
    trial is undone at its end. Raises DayUnreadable, TooFewPets, PetOutOfReach, ChangedMeanwhile.
    """
    if not 1 <= ask.day <= replanning.LAST_DAY:
        raise replanning.DayUnreadable()
    with ctx.database.unit_of_work() as session:
        _lock(session, customer_id=ask.customer_id)
        trial = session.begin_nested() if is_trial else None
        tasks = list(session.info.get("tasks", []))
        made = _joined(session, ctx, ask)
        if ask.expects not in ("", made.version):
            raise term_changes.ChangedMeanwhile()
        if trial is not None:
            trial.rollback()
            session.info["tasks"] = tasks
    return made


def leave(ctx: context.Context, *, customer_id: int, who: actor.Actor) -> bool:
    """Have each bill told by itself again; the days stay. False where it was so already."""
    with ctx.database.unit_of_work() as session:
        books.lock_customer(session, customer_id=customer_id)
        was = joint.running(session, customer_id=customer_id)
        if was is None:
            return False
        _end(session, ctx, customer_id=customer_id)
        _record(session, ctx, "billing.together_left", customer_id, who, day=was.day)
        return True


def off_the_day(
    covers: Sequence[coverage.PolicyCover], setting: joint.Setting | None
) -> tuple[coverage.PolicyCover, ...]:
    """Policies with bills to come on another day than that of all pets."""
    if setting is None:
        return ()
    return tuple(c for c in covers if c.next_on is not None and c.next_on.day != setting.day)


def usual_day(covers: Sequence[coverage.PolicyCover]) -> int:
    """The day that most pets have already, the earliest of several; 1 where there is none."""
    days = [c.next_on.day for c in covers if c.next_on is not None]
    days = [day for day in days if day <= replanning.LAST_DAY]
    return min(days, key=lambda day: (-days.count(day), day), default=1)


def _joined(session: orm.Session, ctx: context.Context, ask: Ask) -> Joined:
    found = _policies(session, customer_id=ask.customer_id)
    names = policies.pet_names(session, policy_ids=[policy.id for policy in found])
    pets = tuple(
        Pet(
            policy_no=policy.number,
            name=names[policy.id],
            change=_moved(session, ctx, ask, policy_no=policy.number, pet=names[policy.id]),
        )
        for policy in found
    )
    today = ctx.clock.today()
    covers = coverage.covers(session, customer_id=ask.customer_id, today=today)
    to_come = {cover.policy_no for cover in covers if cover.next_on is not None}
    if len(to_come.intersection(pet.policy_no for pet in pets)) < LEAST_PETS:
        raise TooFewPets()
    was = joint.running(session, customer_id=ask.customer_id)
    if was is None or was.day != ask.day:
        _end(session, ctx, customer_id=ask.customer_id)
        session.add(
            billing.JointBilling(
                customer_id=ask.customer_id, day=ask.day, joined_at=ctx.clock.now()
            )
        )
        session.flush()
        _record(session, ctx, "billing.together_chosen", ask.customer_id, ask.who, day=ask.day)
    return Joined(day=ask.day, pets=pets)


def _lock(session: orm.Session, *, customer_id: int) -> None:
    """Take the account, and those of all who were ever billed for a policy that is theirs now.

    In order of id: each policy's move takes them too. Raises ChangedMeanwhile where a policy came
    to the customer while this waited.
    """
    billed = (
        sa.select(billing.Invoice.customer_id)
        .join(models.Policy, models.Policy.id == billing.Invoice.policy_id)
        .where(models.Policy.customer_id == customer_id)
    )
    whose = books.lock_customers(session, [customer_id], also=billed)
    if not set(session.scalars(billed.distinct())) <= set(whose):
        raise term_changes.ChangedMeanwhile()


def _moved(
    session: orm.Session, ctx: context.Context, ask: Ask, *, policy_no: str, pet: str
) -> term_changes.Change | None:
    """Move one policy to the day; None where it is there, or nothing of its term is to come.

    Raises PetOutOfReach.
    """
    one = term_scene.Ask(
        policy_no=policy_no,
        once_key=f"{ask.once_key}:{policy_no}",
        who=ask.who,
        customer_id=ask.customer_id,
    )
    try:
        return term_changes.move_day(ctx, ask=one, day=ask.day, within=session)
    except (replanning.SameDay, replanning.NothingToPlan, changing.NoTermNow):
        return None
    except replanning.DayOutOfReach as refused:
        raise PetOutOfReach(pet=pet, **refused.params) from refused


def _policies(session: orm.Session, *, customer_id: int) -> Sequence[models.Policy]:
    """The policies that take part: in force, and not under a hold of billing; by id."""
    held = sa.exists().where(
        billing.Hold.subject == models.Policy.number,
        billing.Hold.kind == billing.HoldKind.INVOICING,
        billing.Hold.lifted_at.is_(None),
    )
    return session.scalars(
        sa.select(models.Policy)
        .where(
            models.Policy.customer_id == customer_id,
            models.Policy.state == models.PolicyState.ACTIVE,
            ~held,
        )
        .order_by(models.Policy.id)
    ).all()


def _end(session: orm.Session, ctx: context.Context, *, customer_id: int) -> None:
    table = billing.JointBilling
    now: datetime.datetime = ctx.clock.now()
    session.execute(
        sa.update(table)
        .where(table.customer_id == customer_id, table.left_at.is_(None))
        .values(left_at=now)
    )


def _record(
    session: orm.Session,
    ctx: context.Context,
    action: str,
    customer_id: int,
    who: actor.Actor,
    *,
    day: int,
) -> None:
    audit.record(
        session,
        who=who,
        action=action,
        subject=identity.customer(session, customer_id=customer_id).number,
        customer_id=customer_id,
        now=ctx.clock.now(),
        day=day,
    )
