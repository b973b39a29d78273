"""What a run set aside of a policy is billed by the next: somebody has mended what was wrong."""

from __future__ import annotations

from portal.domain.audit import operations as audit
from portal.domain.billing.operations import billing_runs
from portal.journeys import context
from portal.kernel import actor


def put_back(ctx: context.Context, *, policy_no: str, who: actor.Actor) -> int:
    """How many of its installments were set aside; nothing is changed where none was."""
    with ctx.database.unit_of_work() as session:
        found = billing_runs.put_back(session, policy_no=policy_no)
        for was in found:
            audit.record(
                session,
                who=who,
                action="billing.put_back",
                subject=policy_no,
                customer_id=was.customer_id,
                now=ctx.clock.now(),
                installment=was.sequence,
                reason=was.reason,
            )
    return len(found)
