"""Changes inside a term: premium, billing day, paying at once, cancellation, reinstatement.

Each is worked out by the rules and made by `term_scene`.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from sqlalchemy import orm

from portal.domain.billing.operations import replan
from portal.domain.billing.queries import plans
from portal.domain.billing.rules import endorsing, pro_rata, replanning
from portal.domain.policies import changing, models
from portal.journeys import context, following_terms, mourning, returning, term_scene
from portal.journeys.term_scene import (
    Ask,
    CancelledAlready,
    Change,
    ChangedMeanwhile,
    Kind,
    NoSuchPolicy,
    Scene,
)
from portal.kernel import errors, msgids

__all__ = ["Ask", "CancelledAlready", "Change", "ChangedMeanwhile", "NoSuchPolicy"]


class CorrectedMore(errors.DomainError):
    """More of the premium was credited back already than would be left of it."""

    code = "premium_below_corrected"
    message = msgids.N_("More of this premium was credited already than would be left of it.")


def change_premium(
    ctx: context.Context,
    *,
    ask: Ask,
    effective_on: datetime.date,
    premium_cents: int,
    is_trial: bool = False,
) -> Change:
    """From `effective_on` on the term costs `premium_cents` for a whole term.

    Raises NoSuchPolicy, CancelledAlready, NoTermNow, ChangeOutsideTerm, ChangeBeforeAnother,
    NothingChanges, CorrectedMore.
    """

    def make(scene: Scene) -> tuple[Kind, datetime.date, Mapping[str, Any]]:
        found, after = endorsing.endorse(
            scene.premium, effective_on=effective_on, premium_cents=premium_cents
        )
        if after.charged_cents < scene.term.corrected_cents:
            raise CorrectedMore()
        before_tax = scene.term.tax_cents
        tax = scene.tax_on(after.charged_cents)
        rates = [(s.starts_on, s.ends_on, s.premium_cents) for s in after.segments]
        changing.set_rates(scene.session, term_id=scene.term.id, rates=rates)
        done = scene.charge(after.charged_cents, tax)
        following = changing.terms_after(scene.session, term=scene.term)
        return (
            Kind.PREMIUM_CHANGED,
            effective_on,
            {
                "before_cents": found.before_cents,
                "after_cents": found.after_cents,
                "change_cents": found.change_cents,
                "tax_change_cents": tax - before_tax,
                "days_left": found.days_left,
                "term_days": found.term_days,
                "parts": len(scene.parts),
                "bills": _schedule(
                    tuple(p for p in scene.parts if p.total_cents > p.installment_fee_cents)
                ),
                **done,
                # what is written already keeps its own premium: it has its own letter
                "following_cents": [term.premium_cents for term in following],
            },
        )

    return term_scene.change(ctx, ask=ask, on=effective_on, make=make, is_trial=is_trial)


def move_day(
    ctx: context.Context,
    *,
    ask: Ask,
    day: int,
    is_trial: bool = False,
    within: orm.Session | None = None,
) -> Change:
    """Have the bills that are not out yet due on `day` of the month.

    Raises NoSuchPolicy, CancelledAlready, NoTermNow, NothingToPlan, DayUnreadable, SameDay,
    DayOutOfReach.
    """

    def make(scene: Scene) -> tuple[Kind, datetime.date, Mapping[str, Any]]:
        lead_days = plans.standard(scene.session, on=scene.today).lead_days
        moved = replanning.move_day(
            scene.parts,
            day=day,
            term=scene.premium,
            tax_cents=scene.term.tax_cents,
            lead_days=lead_days,
            earliest_on=scene.today + datetime.timedelta(days=lead_days),
        )
        before, first = scene.parts[0], moved.parts[0]
        replan.put(scene.session, term_id=scene.term.id, parts=moved.parts)
        return (
            Kind.DAY_MOVED,
            first.due_on,
            {
                "from_day": before.due_on.day,
                "to_day": day,
                "bridge_days": moved.bridge_days,
                "bridge_cents": moved.bridge_cents,
                "before": _schedule(scene.parts),
                "after": _schedule(moved.parts),
            },
        )

    return term_scene.change(ctx, ask=ask, on=None, make=make, is_trial=is_trial, within=within)


def pay_in_full(ctx: context.Context, *, ask: Ask, is_trial: bool = False) -> Change:
    """Have all that is not billed yet on one bill, now, without further installment fees.

    Raises NoSuchPolicy, CancelledAlready, NoTermNow, NothingToPlan.
    """

    def make(scene: Scene) -> tuple[Kind, datetime.date, Mapping[str, Any]]:
        lead = datetime.timedelta(days=plans.standard(scene.session, on=scene.today).lead_days)
        first_due = scene.parts[0].due_on if scene.parts else scene.today
        due_on = max(first_due, scene.today + lead)
        one = replanning.as_one(scene.parts, due_on=due_on, lead_days=lead.days)
        (one,) = replan.put(scene.session, term_id=scene.term.id, parts=[one])
        scene.term.payment_plan = models.PaymentPlan.IN_FULL
        invoice = returning.bill(
            scene.session, scene.ctx, term_id=scene.term.id, sequence=one.sequence, who=ask.who
        )
        saved = sum(part.installment_fee_cents for part in scene.parts)
        return (
            Kind.PAID_IN_FULL,
            one.due_on,
            {
                "invoice_no": invoice.number,
                "billed_cents": invoice.total_cents,
                "fees_saved_cents": saved,
                "before": _schedule(scene.parts),
            },
        )

    return term_scene.change(ctx, ask=ask, on=None, make=make, is_trial=is_trial)


def cancel(
    ctx: context.Context,
    *,
    ask: Ask,
    on: datetime.date,
    basis: pro_rata.CancellationBasis = pro_rata.CancellationBasis.PRO_RATA,
    is_trial: bool = False,
) -> Change:
    """End the policy on `on`, itself not covered; what was paid too much goes back.

    Where a next term would begin on that day it is the present one that ends, and the next one is
    dropped; a flat end takes back the one that begins.

    Raises NoSuchPolicy, CancelledAlready, NoTermNow, CancellationOutsideTerm.
    """
    make = cancelling(on, basis)
    is_end = basis is not pro_rata.CancellationBasis.FLAT
    return term_scene.change(ctx, ask=ask, on=on, make=make, is_trial=is_trial, is_end=is_end)


def cancelling(
    on: datetime.date,
    basis: pro_rata.CancellationBasis = pro_rata.CancellationBasis.PRO_RATA,
) -> term_scene.Make:
    """The end of a policy on `on`, to be made in a scene.

    A term that runs out leaves its bills to come as they are planned. The policy fee of a part that
    is not billed, as after a bill was withdrawn, is owed for the days that were covered.
    """

    def make(scene: Scene) -> tuple[Kind, datetime.date, Mapping[str, Any]]:
        found = pro_rata.return_premium(scene.premium, cancelled_on=on, basis=basis)
        kept = max(found.earned_cents, scene.term.corrected_cents)
        kept_tax = scene.tax_on(kept)
        is_flat = basis is pro_rata.CancellationBasis.FLAT
        runs_out = not found.days_unexpired and not is_flat
        owed, dropped = replanning.NO_FEES, () if runs_out else scene.parts
        if not is_flat and found.days_in_force:
            owed, dropped = replanning.policy_fee_of(dropped)
        before = {
            "premium_before_cents": scene.term.premium_cents,
            "tax_before_cents": scene.term.tax_cents,
            "dropped": [following_terms.written(part) for part in dropped],
            "fees_back": following_terms.fees_back(scene) if is_flat else {},
        }
        scene.parts = scene.parts if runs_out else ()
        done = scene.charge(kept, kept_tax, fees_too=is_flat, owed=owed)
        done = following_terms.added(done, following_terms.drop(scene))
        changing.cancel(scene.session, policy=scene.policy, term=scene.term, on=on, kept_cents=kept)
        return (
            Kind.CANCELLED,
            on,
            {
                "basis": str(found.basis),
                "return_cents": found.return_cents,
                "kept_cents": kept,
                "days_in_force": found.days_in_force,
                "term_days": found.term_days,
                **before,
                **done,
            },
        )

    return make


def reinstate(ctx: context.Context, *, ask: Ask, is_trial: bool = False) -> Change:
    """Have a cancelled policy go on without a gap, as if it had not ended.

    What had been dropped is planned again; what went back, or was not billed meanwhile, is asked
    for at once. Raises NoSuchPolicy, NotCancelled, NoTermNow.
    """

    def make(scene: Scene) -> tuple[Kind, datetime.date, Mapping[str, Any]]:
        ended_on = scene.policy.cancelled_on or scene.today
        last = changing.last_event(scene.session, term_id=scene.term.id, kind=Kind.CANCELLED)
        if last is None:
            raise changing.NotCancelled()
        changing.reinstate(scene.session, policy=scene.policy, term=scene.term)
        mourning.forget(scene.session, policy=scene.policy, now=ctx.clock.now())
        done = following_terms.plan_again(scene, last)
        done = following_terms.added(done, following_terms.restore(scene))
        return Kind.REINSTATED, ended_on, {"cancelled_by": last.number, **done}

    return term_scene.change(ctx, ask=ask, on=None, make=make, is_trial=is_trial, is_cancelled=True)


def _schedule(parts: tuple[replanning.Part, ...]) -> list[list[Any]]:
    return [[part.due_on.isoformat(), part.total_cents] for part in parts]
