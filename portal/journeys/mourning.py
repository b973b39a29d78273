"""What stops when a pet has died, and what begins again when that was a mistake.

Four holds of the whole policy do it, for all bills that are open or come: nothing is taken, chased,
charged a fee for or billed. They outlive the case: a policy that has ended so is never dunned.
"""

from __future__ import annotations

import dataclasses
import datetime

from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.billing.operations import holds
from portal.domain.disputes import categories, rules
from portal.domain.disputes import models as disputes
from portal.domain.payments.operations import drafting, standing
from portal.domain.payments.queries import silenced
from portal.domain.payments.states import AutopayEnd
from portal.domain.policies import changing, models
from portal.domain.policies import queries as policies
from portal.journeys import arrange, context, end_autopay, hold_invoicing, pausing
from portal.kernel import actor, errors, ids, msgids

REASON = msgids.N_("A pet has died")
Kind = billing.HoldKind
KINDS = (Kind.AUTOPAY, Kind.OVERDUE, Kind.LATE_FEE, Kind.INVOICING)


class CoverNotEnded(errors.DomainError):
    """The case is about bringing the policy to its end."""

    code = "bereavement_cover_not_ended"
    message = msgids.N_("End the cover first: then the refund goes out, and this can be closed.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stopped:
    """What was running: autopay, planned payments, payments in parts; and what can't be stopped."""

    autopay: bool
    planned: int
    in_parts: int
    running_cents: int


def hold(
    session: orm.Session,
    *,
    policy: models.Policy,
    case_no: str,
    now: datetime.datetime,
) -> dict[str, str] | None:
    """Hold the whole policy. A pause of its billing by the desk gives way; what it was, or None."""
    pause = hold_invoicing.standing(session, policy_no=policy.number)
    kept = None
    if pause is not None and pause.owner == hold_invoicing.OWNER and pause.expires_at is not None:
        kept = {
            "owner": pause.owner,
            "reason": pause.reason,
            "expires_at": pause.expires_at.isoformat(),
        }
    for kind in KINDS:
        holds.lift_whole(session, kind=kind, subject=policy.number, now=now)
        holds.place(
            session,
            kind=kind,
            customer_id=policy.customer_id,
            subject=policy.number,
            line_number=None,
            amount_cents=0,
            reason=REASON,
            owner=case_no,
            now=now,
        )
    return kept


def stop(
    session: orm.Session, ctx: context.Context, *, policy: models.Policy, who: actor.Actor
) -> Stopped:
    """End autopay and call off what is planned for the policy's bills alone; nobody is written to
    but somebody else whose autopay it was. The customer is locked.

    A planned payment that is for other bills too goes on for those: a held bill asks for nothing.
    """
    autopay = standing.running(session, customer_id=policy.customer_id, policy_id=policy.id)
    running = planned = 0
    if autopay is not None:
        view = policies.by_id(session, policy_id=policy.id, today=ctx.clock.today())
        left = end_autopay.end(
            session, ctx, autopay=autopay, policy=view, reason=AutopayEnd.PET_DIED, who=who
        )
        running, planned = left.running_cents, left.cancelled
    in_parts = arrange.stop_all(session, ctx, policy=policy, who=who)
    for draft in silenced.drafts_of(session, policy_id=policy.id):
        planned += drafting.cancel(
            session, draft=draft, now=ctx.clock.now(), who=who, reason="pet_died"
        )
    return Stopped(
        autopay=autopay is not None, planned=planned, in_parts=in_parts, running_cents=running
    )


def undo(
    session: orm.Session, *, policy: models.Policy, case_no: str, now: datetime.datetime
) -> None:
    """The pet lives: the holds end and its bills go on. What was called off stays so.

    A pause by the desk that gave way stands again, unless its time is over.
    """
    session.get_one(models.Pet, policy.pet_id).died_on = None
    if holds.lift(session, owner=case_no, now=now):
        _pause_again(session, policy=policy, case_no=case_no, now=now)
    pausing.follow_open(session, customer_id=policy.customer_id, now=now)


def _pause_again(
    session: orm.Session, *, policy: models.Policy, case_no: str, now: datetime.datetime
) -> None:
    told = changing.newest(session, policy_id=policy.id, kind=models.EventKind.PET_DIED)
    pause = told.facts.get("pause") if told and told.facts["case_no"] == case_no else None
    if pause is None:
        return
    ends = datetime.datetime.fromisoformat(pause["expires_at"])
    if ends <= now:
        return
    holds.place(
        session,
        kind=Kind.INVOICING,
        customer_id=policy.customer_id,
        subject=policy.number,
        line_number=None,
        amount_cents=0,
        reason=pause["reason"],
        owner=pause["owner"],
        now=now,
        expires_at=ends,
    )


def forget(session: orm.Session, *, policy: models.Policy, now: datetime.datetime) -> None:
    """A policy that goes on after all has no death behind it any more."""
    told = changing.newest(session, policy_id=policy.id, kind=models.EventKind.PET_DIED)
    if told is not None:
        undo(session, policy=policy, case_no=told.facts["case_no"], now=now)


def check_decision(session: orm.Session, *, case: disputes.Dispute, outcome: rules.Outcome) -> None:
    """A bereavement is closed as right once its cover has ended. Raises CoverNotEnded."""
    if case.category is not categories.Category.BEREAVEMENT or outcome not in rules.FAVOURABLE:
        return
    if changing.by_number(session, policy_no=case.policy_no).state is models.PolicyState.ACTIVE:
        raise CoverNotEnded()


def close(
    session: orm.Session,
    ctx: context.Context,
    *,
    case: disputes.Dispute,
    outcome: rules.Outcome,
) -> bool:
    """What becomes of the holds as a bereavement is decided; False for any other case.

    They stay where it was right, and end where it was not.
    """
    if case.category is not categories.Category.BEREAVEMENT:
        return False
    if outcome not in rules.FAVOURABLE:
        policy, now = changing.by_number(session, policy_no=case.policy_no), ctx.clock.now()
        undo(session, policy=policy, case_no=case.number, now=now)
        told = changing.newest(session, policy_id=policy.id, kind=models.EventKind.PET_DIED)
        changing.record(
            session,
            policy=policy,
            term=session.get_one(models.Term, told.term_id),
            kind=models.EventKind.DEATH_TAKEN_BACK,
            number=ids.new(ids.Prefix.CHANGE, ctx.rng),
            once_key=f"undone:{case.number}:{case.reopened}",
            effective_on=told.effective_on,
            reason="",
            facts={"case_no": case.number},
            now=now,
            who=actor.system(ctx.brand),
        )
    return True
