"""Adding a member of staff, who gets a link to choose a password and never one to sign in."""

from __future__ import annotations

from portal.domain.identity import models, queries
from portal.domain.identity.operations import staff
from portal.journeys import context, reset_password
from portal.kernel import actor


def add(ctx: context.Context, *, email: str, name: str, role: str, who: actor.Actor) -> str:
    """Add them and mail the link, whose address is given back; it works once, for an hour.

    `role` is specialist, supervisor or finance. Raises EmailTaken, EmailUnreadable, NameMissing.
    """
    with ctx.database.unit_of_work() as session:
        person = staff.add_staff(
            session,
            email=email,
            name=name,
            role=models.Role(role),
            now=ctx.clock.now(),
            who=who,
        )
        account = queries.account_of(session, staff_id=person.id)
        return reset_password.send(session, ctx, account=account, template="staff_welcome")
