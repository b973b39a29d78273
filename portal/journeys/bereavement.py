"""A pet has died: its owner tells us once, everything that asks for money stops, a person ends the
cover; and the owner takes it back where it was a mistake.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.disputes import categories, rules
from portal.domain.disputes.operations import raising, stepping
from portal.domain.policies import changing, models
from portal.journeys import (
    case_opening,
    context,
    mourning,
    telling,
    term_changes,
    term_scene,
    work_dispute,
)
from portal.kernel import actor, errors, msgids

DAY = datetime.timedelta(days=1)
Kind = models.EventKind
WORDS = msgids.N_(
    "We are sorry for your loss. Payments, bills and reminders for this pet are stopped. "
    "A person ends the cover and takes care of the refund. You need not do anything."
)


class DeathAhead(errors.DomainError):
    """The day has not come yet."""

    code = "death_ahead"
    message = msgids.N_("This day is still to come. Choose today or a day before.")


class DeathBeforeTerm(errors.DomainError):
    """The day is of an earlier term, or before cover began at all."""

    code = "death_before_term"
    message = msgids.N_(
        "The present term began on %(day)s. If your pet died before that day, please write to us."
    )


class DeathAfterCover(errors.DomainError):
    """Cover was over by then, so that nothing is left to end."""

    code = "death_after_cover"
    message = msgids.N_(
        "Cover ended on %(day)s. If your pet died on that day or later, nothing is left to end."
    )


class ToldAlready(errors.DomainError):
    """Somebody told us before."""

    code = "death_told_already"
    message = msgids.N_("You told us already. Everything is stopped.")


class NotTold(errors.DomainError):
    """There is nothing to take back."""

    code = "death_not_told"
    message = msgids.N_("There is nothing to take back: nothing is stopped for this pet.")


class CaseClosed(errors.DomainError):
    """A person has decided it."""

    code = "death_case_closed"
    message = msgids.N_("This is settled already. Please write to us, and we put it right.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Estimate:
    """What ending the cover after the day would come to now; cents.

    `refund_cents` goes back to where it was paid from; `off_bills_cents` is taken off open bills or
    stays as credit, and `open_cents` is what then stays open for the days that were covered.
    `others_cents` goes back to those who had the policy before, whom alone it concerns.
    """

    died_on: datetime.date
    refund_cents: int
    off_bills_cents: int
    open_cents: int
    others_cents: int

    @property
    def ends_on(self) -> datetime.date:
        """The first day without cover: the day itself was covered."""
        return self.died_on + DAY

    @property
    def sums(self) -> dict[str, int]:
        """The cents by their names."""
        return {
            name: value for name, value in dataclasses.asdict(self).items() if name != "died_on"
        }


def estimate(ctx: context.Context, *, ask: term_scene.Ask, died_on: datetime.date) -> Estimate:
    """Try what it would come to; changes nothing. Raises what `tell` raises."""

    def play(session: orm.Session, policy: models.Policy, number: str) -> term_scene.Played:
        term = _check(session, ctx, policy, died_on)
        found = _tried(session, ctx, ask, policy, number, died_on)
        return term_scene.Played(term, Kind.PET_DIED, died_on, found.sums)

    facts = term_scene.perform(ctx, ask=ask, play=play, is_trial=True).facts
    return Estimate(died_on=died_on, **facts)


def tell(ctx: context.Context, *, ask: term_scene.Ask, died_on: datetime.date) -> term_scene.Change:
    """Write it down and stop everything, in one transaction, once per form and per policy.

    Raises NoSuchPolicy, CancelledAlready, DeathAhead, DeathBeforeTerm, DeathAfterCover, NoTermNow,
    ToldAlready.
    """

    def play(session: orm.Session, policy: models.Policy, number: str) -> term_scene.Played:
        term = _check(session, ctx, policy, died_on)
        found = _tried(session, ctx, ask, policy, number, died_on)
        pet = session.get_one(models.Pet, policy.pet_id)
        case_no = _open_case(session, ctx, policy, pet, found, number)
        stopped = mourning.stop(session, ctx, policy=policy, who=ask.who)
        pause = mourning.hold(session, policy=policy, case_no=case_no, now=ctx.clock.now())
        pet.died_on = died_on
        facts = {**_facts(found, case_no, stopped), "pause": pause}
        _condole(session, ctx, policy, pet, found, case_no)
        return term_scene.Played(term, Kind.PET_DIED, died_on, facts)

    return term_scene.perform(ctx, ask=ask, play=play, is_trial=False)


def take_back(ctx: context.Context, *, ask: term_scene.Ask) -> term_scene.Change:
    """It was a mistake: the holds end, the case is withdrawn; autopay stays off. Once per form.

    Raises NoSuchPolicy, CancelledAlready once the cover is ended, NotTold, CaseClosed.
    """

    def play(session: orm.Session, policy: models.Policy, number: str) -> term_scene.Played:
        told = changing.newest(session, policy_id=policy.id, kind=Kind.PET_DIED)
        if told is None or session.get_one(models.Pet, policy.pet_id).died_on is None:
            raise NotTold()
        case = stepping.lock(session, number=told.facts["case_no"])
        if case.state in rules.CLOSED:
            raise CaseClosed()
        work_dispute.close_withdrawn(session, ctx, case, who=ask.who)
        mourning.undo(session, policy=policy, case_no=case.number, now=ctx.clock.now())
        term = session.get_one(models.Term, told.term_id)
        return term_scene.Played(
            term, Kind.DEATH_TAKEN_BACK, told.effective_on, {"case_no": case.number}
        )

    return term_scene.perform(ctx, ask=ask, play=play, is_trial=False)


def _check(
    session: orm.Session, ctx: context.Context, policy: models.Policy, died_on: datetime.date
) -> models.Term:
    """The term that covered the day."""
    if session.get_one(models.Pet, policy.pet_id).died_on is not None:
        raise ToldAlready()
    today = ctx.clock.today()
    if died_on > today:
        raise DeathAhead()
    term = changing.term_of(session, policy_id=policy.id, day=today)
    if died_on < term.effective_on:
        raise DeathBeforeTerm(day=term.effective_on)
    if died_on >= term.expires_on:
        raise DeathAfterCover(day=term.expires_on)
    return term


def _tried(
    session: orm.Session,
    ctx: context.Context,
    ask: term_scene.Ask,
    policy: models.Policy,
    number: str,
    died_on: datetime.date,
) -> Estimate:
    """End the cover after the day, read what it came to, and take it back."""
    trial, tasks = session.begin_nested(), list(session.info.get("tasks", []))
    term = changing.term_on(session, policy_id=policy.id, day=died_on + DAY, is_end=True)
    scene = term_scene.scene(session, ctx, ask=ask, policy=policy, number=number, term=term)
    _kind, _on, facts = term_changes.cancelling(died_on + DAY)(scene)
    open_cents = session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(billing.Invoice.open_cents), 0)).where(
            billing.Invoice.policy_id == policy.id,
            billing.Invoice.customer_id == policy.customer_id,
            billing.Invoice.state == billing.InvoiceState.ISSUED,
        )
    )
    trial.rollback()
    session.info["tasks"] = tasks
    refund = facts["refunded_cents"]
    return Estimate(
        died_on=died_on,
        refund_cents=refund,
        off_bills_cents=facts["returned_cents"] - refund,
        open_cents=int(open_cents or 0),
        others_cents=facts["others_returned_cents"],
    )


def _open_case(
    session: orm.Session,
    ctx: context.Context,
    policy: models.Policy,
    pet: models.Pet,
    found: Estimate,
    number: str,
) -> str:
    """The case of a person who takes care of it; no acknowledgement is mailed beside ours."""
    return case_opening.begin(
        session,
        ctx,
        customer_id=policy.customer_id,
        about=raising.About(
            category=categories.Category.BEREAVEMENT,
            policy_no=policy.number,
            pet_name=pet.name,
            disputed_cents=found.refund_cents,
        ),
        urgency=rules.Urgency(),
        words=WORDS,
        once_key=f"bereavement:{number}",
        who=actor.system(ctx.brand),
        now=ctx.clock.now(),
    )


def _facts(found: Estimate, case_no: str, stopped: mourning.Stopped) -> Mapping[str, Any]:
    return {
        "case_no": case_no,
        "ends_on": found.ends_on.isoformat(),
        **found.sums,
        "stopped": dataclasses.asdict(stopped),
    }


def _condole(
    session: orm.Session,
    ctx: context.Context,
    policy: models.Policy,
    pet: models.Pet,
    found: Estimate,
    case_no: str,
) -> None:
    telling.tell_customer(
        session,
        ctx,
        customer_id=policy.customer_id,
        template="bereavement",
        key=f"bereavement:{case_no}",
        subject_no=case_no,
        policy_no=policy.number,
        pet_name=pet.name,
        died_on=found.died_on,
        refund_cents=found.refund_cents,
    )
