"""Another term of a policy: its rate, tax, fees and installments, written down once a form."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

from sqlalchemy import orm

from portal.domain.billing.operations import planning, replan
from portal.domain.billing.queries import plans
from portal.domain.billing.rules import installments
from portal.domain.policies import changing, models, operations, queries
from portal.journeys import billing_day, context, term_scene
from portal.kernel import actor, errors, msgids


class TermBeforeLast(errors.DomainError):
    """A term follows those that are there; none is put before or between them."""

    code = "term_before_last"
    message = msgids.N_("The last term of this policy ends on %(day)s. Choose that day or later.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class NewTerm:
    """What is wanted: half-open days, cents of the whole term, how it is paid.

    `installments` counts those after a down payment; other plans know their own number.
    """

    effective_on: datetime.date
    expires_on: datetime.date
    premium_cents: int
    payment_plan: models.PaymentPlan = models.PaymentPlan.MONTHLY
    installments: int = 0
    down_payment_cents: int = 0


def begin(
    ctx: context.Context, *, ask: term_scene.Ask, wanted: NewTerm, is_trial: bool = False
) -> term_scene.Change:
    """Write another term. Raises NoSuchPolicy, ChangedMeanwhile and what `write` raises."""

    def play(session: orm.Session, policy: models.Policy, number: str) -> term_scene.Played:
        term, facts = write(session, ctx, policy=policy, wanted=wanted, who=ask.who)
        return term_scene.Played(term, models.EventKind.TERM_BEGUN, term.effective_on, facts)

    return term_scene.perform(ctx, ask=ask, play=play, is_trial=is_trial, is_cancelled=None)


def write(
    session: orm.Session,
    ctx: context.Context,
    *,
    policy: models.Policy,
    wanted: NewTerm,
    who: actor.Actor,
) -> tuple[models.Term, dict[str, Any]]:
    """The term with its installments, and the facts of its trail; the caller locked the policy.

    Tax and fees are those of the billing plan in force on the effective day; the day of the month
    is the one that the owner chose, where they did. Raises TermBeforeLast,
    PlanDoesNotFit, and what `operations.add_term` raises.
    """
    last = changing.last_term(session, policy_id=policy.id)
    if last and wanted.effective_on < wanted.expires_on <= last.effective_on:
        raise TermBeforeLast(day=last.expires_on)
    before = rate_now(session, last) if last else None
    plan = plans.standard(session, on=wanted.effective_on)
    term = operations.add_term(
        session,
        policy_id=policy.id,
        **dataclasses.asdict(wanted),
        tax_cents=installments.term_tax(max(wanted.premium_cents, 0), plan.tax_ppm),
        tax_ppm=plan.tax_ppm,
        policy_fee_cents=plan.policy_fee_cents,
        installment_fee_cents=plan.installment_fee_cents,
        now=ctx.clock.now(),
        who=who,
    )
    planning.plan_term(session, term_id=term.id)
    billing_day.keep(session, term=term, customer_id=policy.customer_id)
    return term, facts(session, term) | {
        "before_cents": before,
        "before_plan": str(last.payment_plan) if last else "",
    }


def rate_now(session: orm.Session, term: models.Term | queries.TermView) -> int:
    """What a whole term costs at the last rate of this one."""
    *_, (_, _, cents) = changing.segments(session, term_id=term.id)
    return cents


def rate_first(session: orm.Session, term: models.Term | queries.TermView) -> int:
    """What a whole term cost at the rate with which this one began."""
    (_, _, cents), *_ = changing.segments(session, term_id=term.id)
    return cents


def facts(session: orm.Session, term: models.Term) -> dict[str, Any]:
    """What the term costs and when its bills come: those that are not out yet."""
    parts = replan.take(session, term_id=term.id)
    return {
        "term_no": term.number,
        "expires_on": term.expires_on.isoformat(),
        "term_days": (term.expires_on - term.effective_on).days,
        "premium_cents": term.premium_cents,
        "tax_cents": term.tax_cents,
        "policy_fee_cents": term.policy_fee_cents,
        "fees_cents": sum(part.installment_fee_cents for part in parts),
        "payment_plan": str(term.payment_plan),
        "bills": [[part.due_on.isoformat(), part.total_cents] for part in parts],
    }
