"""Renewal: the term that follows, at the rate now in force, some weeks before the last one ends.

The daily run takes one policy a transaction: killed anywhere or run twice it renews each once, and
one that can't be renewed stops no other.
"""

from __future__ import annotations

import datetime

import sqlalchemy.exc
import structlog
from sqlalchemy import orm

from portal.domain.audit import operations as audit
from portal.domain.billing.queries import plans, renewals
from portal.domain.policies import changing, models, queries
from portal.journeys import context, new_term, term_scene
from portal.kernel import actor, calendars, errors, money, msgids

WHO = actor.system("renewal")
BATCH = 500
FAILED = "policies.renewal_failed"
log = structlog.get_logger("portal.renewals")
Plan = models.PaymentPlan


class RenewedAlready(errors.DomainError):
    """The next term stands; it is changed, not written again."""

    code = "renewed_already"
    message = msgids.N_("The next term is written already. It begins on %(day)s.")


class TermIsOver(errors.DomainError):
    """A term that ended before today is not gone on with as if cover had never lapsed."""

    code = "term_is_over"
    message = msgids.N_("The last term ended on %(day)s. It can’t be renewed any more.")


class RenewalHeld(errors.DomainError):
    """Nothing of the policy is billed while its invoicing is held."""

    code = "renewal_held"
    message = msgids.N_("The bills of this policy are held. It is renewed once that is lifted.")


class PetHasDied(errors.DomainError):
    """Cover of a pet that died is not gone on with."""

    code = "renewal_pet_died"
    message = msgids.N_("The pet has died. The policy is not renewed.")


def renew(
    ctx: context.Context,
    *,
    ask: term_scene.Ask,
    premium_cents: int | None = None,
    payment_plan: Plan | None = None,
    after_term: int | None = None,
    is_trial: bool = False,
) -> term_scene.Change:
    """Write the term that follows the last one, as long as that; its premium and plan as now.

    Another premium or plan may be given; the owner's choice of a plan comes before the present one.
    With `after_term` it must follow that one. Raises NoSuchPolicy, CancelledAlready, NoTermNow,
    RenewedAlready, TermIsOver, PetHasDied, RenewalHeld, ChangedMeanwhile, and what
    `new_term.write` raises.
    """

    def play(session: orm.Session, policy: models.Policy, number: str) -> term_scene.Played:
        last = _last(session, ctx, policy, after_term)
        wanted = following(
            last,
            premium_cents=new_term.rate_now(session, last)
            if premium_cents is None
            else premium_cents,
            first_cents=new_term.rate_first(session, last),
            plan=payment_plan or policy.next_payment_plan,
        )
        term, facts = new_term.write(session, ctx, policy=policy, wanted=wanted, who=ask.who)
        policy.next_payment_plan = None  # from here on the term itself says it
        return term_scene.Played(term, models.EventKind.RENEWED, term.effective_on, facts)

    return term_scene.perform(ctx, ask=ask, play=play, is_trial=is_trial)


def _last(
    session: orm.Session, ctx: context.Context, policy: models.Policy, after_term: int | None
) -> models.Term:
    """The term that is to be followed."""
    last, today = changing.last_term(session, policy_id=policy.id), ctx.clock.today()
    if last is None:
        raise changing.NoTermNow()
    if last.effective_on > today or after_term not in (None, last.number):
        raise RenewedAlready(day=last.effective_on)
    if last.expires_on < today:
        raise TermIsOver(day=last.expires_on)
    if session.get_one(models.Pet, policy.pet_id).died_on is not None:
        raise PetHasDied()
    if renewals.is_held(session, policy_no=policy.number):
        raise RenewalHeld()
    return last


def following(
    last: models.Term | queries.TermView,
    *,
    premium_cents: int,
    first_cents: int,
    plan: Plan | None,
) -> new_term.NewTerm:
    """The term after `last`, as long as that; with its own plan where none is given.

    A down payment is the same share of the premium as it was of `first_cents`, the premium with
    which `last` began: what changed since was spread over its other bills.
    """
    parts = down_cents = 0
    if plan in (None, Plan.DOWN_PAYMENT) and last.payment_plan == Plan.DOWN_PAYMENT:
        parts, down = last.installments, last.down_payment_cents
        share = money.pro_rata(premium_cents, down, max(first_cents, down + 1))
        down_cents = max(1, min(share, premium_cents - 1))
    return new_term.NewTerm(
        effective_on=last.expires_on,
        expires_on=_end(last.effective_on, last.expires_on),
        premium_cents=premium_cents,
        payment_plan=plan or Plan(last.payment_plan),
        installments=parts,
        down_payment_cents=down_cents,
    )


def _end(began_on: datetime.date, ended_on: datetime.date) -> datetime.date:
    """Where a term ends that follows this one and is as long: in whole months, else in days."""
    months = (ended_on.year - began_on.year) * 12 + ended_on.month - began_on.month
    if months > 0 and calendars.add_months(began_on, months) == ended_on:
        return calendars.add_months(ended_on, months)
    return ended_on + (ended_on - began_on)


def run(ctx: context.Context, *, on: datetime.date, batch: int = BATCH) -> int:
    """Renew every policy whose last term ends soon enough after `on`; how many."""
    renewed = after = 0
    while True:
        with ctx.database.reading() as session:
            days = plans.standard(session, on=on).renewal_days
            found = renewals.ending(session, on=on, days=days, after=after, limit=batch)
        renewed += sum(_renewed(ctx, one) for one in found)
        if len(found) < batch:
            return renewed
        after = found[-1].policy_id


def _renewed(ctx: context.Context, one: renewals.Ending) -> bool:
    """Renew one; what can't be renewed is written down, and tried again the next night."""
    ask = term_scene.Ask(
        policy_no=one.policy_no,
        once_key=f"renewal:{one.policy_no}:{one.term_no}",
        who=WHO,
    )
    try:
        renew(ctx, ask=ask, after_term=one.term_no)
    except (RenewedAlready, RenewalHeld, PetHasDied, term_scene.CancelledAlready):
        return False  # somebody was quicker
    except sqlalchemy.exc.OperationalError:
        raise  # the database itself: the rest would fail as well
    except (errors.DomainError, sqlalchemy.exc.SQLAlchemyError, ArithmeticError, ValueError) as bad:
        _note(ctx, one, getattr(bad, "code", type(bad).__name__))
        return False
    return True


def _note(ctx: context.Context, one: renewals.Ending, reason: str) -> None:
    log.warning("renewal_failed", policy=one.policy_no, term=one.term_no, reason=reason)
    with ctx.database.unit_of_work() as session:
        audit.record(
            session,
            who=WHO,
            action=FAILED,
            subject=one.policy_no,
            now=ctx.clock.now(),
            term=one.term_no,
            reason=reason,
        )
