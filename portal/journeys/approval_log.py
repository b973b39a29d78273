"""What becomes of a request for a second person, in the audit log."""

from __future__ import annotations

from sqlalchemy import orm

from portal.domain.audit import operations as audit
from portal.journeys import context
from portal.kernel import actor


def record(
    session: orm.Session,
    ctx: context.Context,
    *,
    action: str,
    approval_no: str,
    customer_id: int | None,
    who: actor.Actor,
    **data: object,
) -> None:
    """The request was `action`: requested, approved, returned; `data` says about what."""
    audit.record(
        session,
        who=who,
        action=f"approvals.{action}",
        subject=approval_no,
        customer_id=customer_id,
        now=ctx.clock.now(),
        **data,
    )
