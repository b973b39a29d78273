"""A specialist decides on a proposed arrangement: agrees, or declines with a reason."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.approvals import rules as approvals
from portal.domain.billing import models as billing
from portal.domain.billing.operations import arranging
from portal.domain.billing.rules import arranging as limits
from portal.domain.identity import models as staff
from portal.domain.identity import queries as identity
from portal.journeys import arrange, context
from portal.kernel import actor, errors, msgids


class NotForThisRole(errors.DomainError):
    """So much a supervisor decides, and finance decides nothing."""

    code = "arrangement_role"
    message = msgids.N_("Only a supervisor can decide on more than %(most_cents)s.")


class OwnDebt(errors.DomainError):
    """Nobody decides on their own debt."""

    code = "arrangement_own"
    message = msgids.N_("This is your own account. Somebody else must decide.")


def approve(ctx: context.Context, *, number: str, who: actor.Actor) -> None:
    """Agree: the parts become planned payments and the customer is told.

    Raises arrange.NoSuchArrangement, NotForThisRole, OwnDebt, NotAllowed (decided already), and
    what arrange.activate raises; nothing is planned then.
    """
    with ctx.database.unit_of_work() as session:
        arrangement = _mine_to_decide(session, number, who)
        arrange.activate(session, ctx, arrangement=arrangement, decided_by=who.label, who=who)


def decline(ctx: context.Context, *, number: str, reason: str, who: actor.Actor) -> None:
    """Decline, saying why; the customer reads the reason.

    Raises arrange.NoSuchArrangement, NotForThisRole, OwnDebt, NotAllowed (decided already),
    approvals.ReasonMissing, approvals.ReasonTooLong.
    """
    kept = approvals.clean_reason(reason)
    with ctx.database.unit_of_work() as session:
        arrangement = _mine_to_decide(session, number, who)
        arranging.step(
            session,
            arrangement=arrangement,
            event=limits.Event.DECLINE,
            now=ctx.clock.now(),
            who=who,
            decided_by=who.label,
            answer=kept,
        )
        arrange.tell(session, ctx, arrangement, template="arrangement_declined", reason=kept)


def is_own(session: orm.Session, *, customer_id: int, email: str) -> bool:
    """Whether the member of staff with this address is the customer."""
    mine = identity.customer_by_email(session, email=email)
    return mine is not None and mine.id == customer_id


def _mine_to_decide(session: orm.Session, number: str, who: actor.Actor) -> billing.Arrangement:
    arrangement = arranging.lock(session, number=number)
    if arrangement is None:
        raise arrange.NoSuchArrangement()
    if not limits.may_decide(who.role, arrangement.total_cents):
        raise NotForThisRole(most_cents=limits.SUPERVISOR_ABOVE_CENTS)
    email = session.scalars(sa.select(staff.Staff.email).where(staff.Staff.id == who.id)).one()
    if is_own(session, customer_id=arrangement.customer_id, email=email):
        raise OwnDebt()
    return arrangement
