"""The billing of a policy is paused for a while by the desk, and goes on."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.approvals import rules as approval_rules
from portal.domain.audit import operations as audit
from portal.domain.billing import models as billing
from portal.domain.billing.operations import books, holds
from portal.domain.policies import models as policies
from portal.journeys import context
from portal.kernel import actor, errors, msgids

OWNER = "desk"  # whose hold it is; one that a case placed ends with its case
LONGEST = datetime.timedelta(days=180)
DAY = datetime.timedelta(days=1)


class NoSuchPolicy(errors.DomainError):
    """Nobody's policy has this number."""

    code = "no_such_policy_to_hold"
    message = msgids.N_("There is no such policy.")


class HeldOtherwise(errors.DomainError):
    """Its billing is paused already."""

    code = "invoicing_held"
    message = msgids.N_("Billing of this policy is paused already.")


class NotHeld(errors.DomainError):
    """The desk paused nothing here."""

    code = "invoicing_not_held"
    message = msgids.N_("The desk has not paused the billing of this policy.")


class LastDayWrong(errors.DomainError):
    """A pause ends on a day ahead."""

    code = "invoicing_hold_day"
    message = msgids.N_("Choose a day from %(first_on)s to %(last_on)s.")


def days(ctx: context.Context) -> tuple[datetime.date, datetime.date]:
    """The first and the last day on which a pause may end."""
    today = ctx.clock.today()
    return today + DAY, today + LONGEST


def place(
    ctx: context.Context,
    *,
    policy_no: str,
    last_on: datetime.date,
    reason: str,
    who: actor.Actor,
) -> None:
    """Have no run bill the policy before the day after `last_on`.

    Raises ReasonMissing, ReasonTooLong, LastDayWrong, NoSuchPolicy, HeldOtherwise.
    """
    kept = approval_rules.clean_reason(reason)
    first, last = days(ctx)
    if not first <= last_on <= last:
        raise LastDayWrong(first_on=first, last_on=last)
    ends = datetime.datetime.combine(last_on + DAY, datetime.time(), tzinfo=ctx.clock.zone)
    with ctx.database.unit_of_work() as session:
        policy = _lock(session, policy_no)
        try:
            holds.place(
                session,
                kind=billing.HoldKind.INVOICING,
                customer_id=policy.customer_id,
                subject=policy_no,
                line_number=None,
                amount_cents=0,
                reason=kept,
                owner=OWNER,
                now=ctx.clock.now(),
                expires_at=ends,
            )
        except holds.HeldAlready:
            raise HeldOtherwise() from None
        audit.record(
            session,
            who=who,
            action="billing.invoicing_held",
            subject=policy_no,
            now=ctx.clock.now(),
            customer_id=policy.customer_id,
            last_on=last_on.isoformat(),
            reason=kept,
        )


def end(ctx: context.Context, *, policy_no: str, reason: str, who: actor.Actor) -> None:
    """Have it billed again; the next run catches up on one bill what it missed.

    Raises ReasonMissing, ReasonTooLong, NoSuchPolicy, NotHeld.
    """
    kept = approval_rules.clean_reason(reason)
    with ctx.database.unit_of_work() as session:
        policy = _lock(session, policy_no)
        lifted = session.execute(
            sa.update(billing.Hold)
            .where(
                billing.Hold.kind == billing.HoldKind.INVOICING,
                billing.Hold.subject == policy_no,
                billing.Hold.owner == OWNER,
                billing.Hold.lifted_at.is_(None),
            )
            .values(lifted_at=ctx.clock.now())
        ).rowcount
        if not lifted:
            raise NotHeld()
        audit.record(
            session,
            who=who,
            action="billing.invoicing_resumed",
            subject=policy_no,
            now=ctx.clock.now(),
            customer_id=policy.customer_id,
            reason=kept,
        )


def standing(session: orm.Session, *, policy_no: str) -> billing.Hold | None:
    """The hold that pauses the billing of the policy, whoever placed it."""
    return session.scalar(
        sa.select(billing.Hold).where(
            billing.Hold.kind == billing.HoldKind.INVOICING,
            billing.Hold.subject == policy_no,
            billing.Hold.lifted_at.is_(None),
        )
    )


def _lock(session: orm.Session, policy_no: str) -> policies.Policy:
    found = session.scalar(sa.select(policies.Policy).where(policies.Policy.number == policy_no))
    if found is None:
        raise NoSuchPolicy()
    books.lock_customer(session, customer_id=found.customer_id)
    return found
