"""The owner chooses how the next term is paid: monthly, quarterly or all at once."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import orm

from portal.domain.billing.operations import planning, replan
from portal.domain.billing.queries import ahead, plans, renewals
from portal.domain.billing.rules import installments, replanning
from portal.domain.policies import changing, models, queries
from portal.journeys import billing_day, context, new_term, renew_terms, term_scene
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
    PlanDoesNotFit, PolicyHeld (for its owner), ChangedMeanwhile.
    """
    chosen = next((one for one in CHOICES if one == plan), None)

    def play(session: orm.Session, policy: models.Policy, number: str) -> term_scene.Played:
        if chosen is None:
            raise PlanUnknown()
        if ask.customer_id is not None and renewals.is_held(session, policy_no=policy.number):
            raise term_scene.PolicyHeld()
        last = changing.last_term(session, policy_id=policy.id)
        if last is None:
            raise changing.NoTermNow()
        if last.effective_on > ctx.clock.today():
            before, facts = last.payment_plan, _again(session, policy, last, chosen)
            day = last.effective_on
        else:
            before = policy.next_payment_plan or last.payment_plan
            if before is chosen:
                raise SamePlan()
            day = billing_day.chosen(session, policy_id=policy.id, customer_id=policy.customer_id)
            facts = _told(_foreseen(session, last, day)(installments.named(str(chosen))))
            policy.next_payment_plan = chosen
            day = last.expires_on
        told = {"before_plan": str(before), "payment_plan": str(chosen), **facts}
        return term_scene.Played(last, models.EventKind.PLAN_CHOSEN, day, told)

    return term_scene.perform(ctx, ask=ask, play=play, is_trial=is_trial)


def _again(
    session: orm.Session, policy: models.Policy, term: models.Term, plan: Plan
) -> Mapping[str, Any]:
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
    billing_day.keep(session, term=term, customer_id=policy.customer_id)
    facts = new_term.facts(session, term)
    return {"bills": facts["bills"], "fees_cents": facts["fees_cents"]}


class Option(NamedTuple):
    """One way to pay the next term, and what it comes to; cents."""

    plan: Plan
    bills: tuple[replanning.Part, ...]
    is_now: bool  # what holds unless another is chosen

    @property
    def first_cents(self) -> int:
        """What the first bill asks for."""
        return self.bills[0].total_cents

    @property
    def last_cents(self) -> int:
        """What the last bill asks for; those between are a cent more at most."""
        return self.bills[-1].total_cents

    @property
    def fees_cents(self) -> int:
        """The installment fees of all bills."""
        return sum(bill.installment_fee_cents for bill in self.bills)

    @property
    def total_cents(self) -> int:
        """All that the term asks for."""
        return sum(bill.total_cents for bill in self.bills)


def options(ctx: context.Context, *, policy: queries.PolicyView) -> tuple[Option, ...]:
    """The ways that fit the next term; none for a policy that has ended."""
    today = ctx.clock.today()
    with ctx.database.reading() as session:
        terms = queries.terms(session, policy_id=policy.id)
        if policy.state == models.PolicyState.CANCELLED or not terms:
            return ()
        last = terms[0]
        is_written = last.effective_on > today
        now = last.payment_plan if is_written else policy.next_payment_plan or last.payment_plan
        day = billing_day.chosen(session, policy_id=policy.id, customer_id=policy.customer_id)
        make = _written(session, last, day) if is_written else _foreseen(session, last, day)
    found = []
    for plan in CHOICES:
        with contextlib.suppress(installments.PlanDoesNotFit):
            found.append(Option(plan, make(installments.named(str(plan))), now == plan))
    return tuple(found)


Make = Callable[[installments.PaymentPlan], tuple[replanning.Part, ...]]


def _written(session: orm.Session, term: queries.TermView, day: int | None) -> Make:
    """How a term that is written is cut into bills by a plan."""
    return _cut(
        {
            "effective_on": term.effective_on,
            "expires_on": term.expires_on,
            "premium_cents": term.premium_cents,
            "tax_cents": term.tax_cents,
            "installment_fee_cents": term.installment_fee_cents,
            "policy_fee_cents": term.policy_fee_cents,
        },
        day=day,
        lead_days=plans.standard(session, on=term.effective_on).lead_days,
    )


def _foreseen(session: orm.Session, last: models.Term | queries.TermView, day: int | None) -> Make:
    """How the term after `last` would be cut, at the rate and fees in force now."""
    wanted = renew_terms.following(
        last,
        premium_cents=new_term.rate_now(session, last),
        first_cents=new_term.rate_first(session, last),
        plan=Plan.IN_FULL,
    )
    rules = plans.standard(session, on=wanted.effective_on)
    return _cut(
        {
            "effective_on": wanted.effective_on,
            "expires_on": wanted.expires_on,
            "premium_cents": wanted.premium_cents,
            "tax_cents": installments.term_tax(wanted.premium_cents, rules.tax_ppm),
            "installment_fee_cents": rules.installment_fee_cents,
            "policy_fee_cents": rules.policy_fee_cents,
        },
        day=day,
        lead_days=rules.lead_days,
    )


def _cut(term: dict[str, Any], *, day: int | None, lead_days: int) -> Make:
    def make(plan: installments.PaymentPlan) -> tuple[replanning.Part, ...]:
        bills = installments.schedule(plan=plan, **term, lead_days=lead_days)
        return billing_day.foreseen(bills, day=day, lead_days=lead_days)

    return make


def _told(bills: Sequence[replanning.Part]) -> dict[str, Any]:
    return {
        "bills": [[bill.due_on.isoformat(), bill.total_cents] for bill in bills],
        "fees_cents": sum(bill.installment_fee_cents for bill in bills),
    }
