"""The owner chooses how the next term is paid: monthly, quarterly or all at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import orm

from portal.domain.billing.operations import planning, replan
from portal.domain.billing.queries import ahead, plans
from portal.domain.billing.rules import installments
from portal.domain.policies import changing, models
from portal.journeys import context, new_term, renew_terms, term_scene
from portal.kernel import errors, msgids

Plan = models.PaymentPlan
CHOICES = (Plan.MONTHLY, Plan.QUARTERLY, Plan.IN_FULL)


class PlanUnknown(errors.DomainError):
    """None of the plans that an owner may choose."""

    code = "next_plan_unknown"
    message = msgids.N_("Choose how you want to pay.")


class SamePlan(errors.DomainError):
    """The next term is paid that way already."""

    code = "next_plan_same"
    message = msgids.N_("The next term is paid that way already.")


class NextTermBilled(errors.DomainError):
    """A bill of the next term is out: it was planned, announced, perhaps paid."""

    code = "next_term_billed"
    message = msgids.N_(
        "The first bill of the next term is out already, so its plan stays. You can still put what "
        "is not billed on one bill once the term has begun."
    )


def choose(
    ctx: context.Context, *, ask: term_scene.Ask, plan: str, is_trial: bool = False
) -> term_scene.Change:
    """Have the next term paid by `plan`; where it is written already it is planned anew.

    Raises NoSuchPolicy, CancelledAlready, NoTermNow, PlanUnknown, SamePlan, NextTermBilled,
    PlanDoesNotFit, ChangedMeanwhile.
    """
    chosen = next((one for one in CHOICES if one == plan), None)

    def play(session: orm.Session, policy: models.Policy, number: str) -> term_scene.Played:
        if chosen is None:
            raise PlanUnknown()
        last = changing.last_term(session, policy_id=policy.id)
        if last is None:
            raise changing.NoTermNow()
        if last.effective_on > ctx.clock.today():
            before, facts = last.payment_plan, _again(session, last, chosen)
            day = last.effective_on
        else:
            before = policy.next_payment_plan or last.payment_plan
            if before is chosen:
                raise SamePlan()
            facts = foreseen(session, last, chosen)
            policy.next_payment_plan = chosen
            day = last.expires_on
        told = {"before_plan": str(before), "payment_plan": str(chosen), **facts}
        return term_scene.Played(last, models.EventKind.PLAN_CHOSEN, day, told)

    return term_scene.perform(ctx, ask=ask, play=play, is_trial=is_trial)


def _again(session: orm.Session, term: models.Term, plan: Plan) -> Mapping[str, Any]:
    """Plan the installments of a term anew, none of which is billed."""
    if term.payment_plan is plan:
        raise SamePlan()
    if ahead.is_billed(session, term_id=term.id):
        raise NextTermBilled()
    term.payment_plan, term.down_payment_cents = plan, 0
    term.installments = installments.named(str(plan)).parts
    session.flush()
    replan.take(session, term_id=term.id)
    replan.put(session, term_id=term.id, parts=())
    planning.plan_term(session, term_id=term.id)
    facts = new_term.facts(session, term)
    return {"bills": facts["bills"], "fees_cents": facts["fees_cents"]}


def foreseen(session: orm.Session, last: models.Term, plan: Plan) -> dict[str, Any]:
    """The bills of the term after `last` by this plan, at the rate and fees in force now.

    Raises PlanDoesNotFit.
    """
    wanted = renew_terms.following(last, premium_cents=new_term.rate_now(session, last), plan=plan)
    rules = plans.standard(session, on=wanted.effective_on)
    parts = installments.schedule(
        plan=installments.named(str(plan)),
        effective_on=wanted.effective_on,
        expires_on=wanted.expires_on,
        premium_cents=wanted.premium_cents,
        tax_cents=installments.term_tax(wanted.premium_cents, rules.tax_ppm),
        installment_fee_cents=rules.installment_fee_cents,
        policy_fee_cents=rules.policy_fee_cents,
        lead_days=rules.lead_days,
    )
    return {
        "bills": [[part.due_on.isoformat(), part.total_cents] for part in parts],
        "fees_cents": sum(part.installment_fee_cents for part in parts),
    }
