"""Bills at once what no run billed while the invoicing of a policy was held: one bill for all."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.audit import operations as audit
from portal.domain.billing import models
from portal.domain.billing.operations import issuing, issuing_sql, issuing_together
from portal.domain.billing.queries import plans
from portal.domain.policies import models as policies
from portal.kernel import actor, ids

# the installments whose day passed while invoicing was held, now that it is not any more
_MISSED = f"""
    FROM hold h
    JOIN policy p ON p.number = h.subject
    JOIN term t ON t.policy_id = p.id
    JOIN installment i ON i.term_id = t.id
    WHERE h.kind = 'invoicing' AND {issuing_sql.PASSED_MEANWHILE}
    AND i.invoice_id IS NULL AND i.set_aside = '' AND i.issue_on <= :on
    AND (p.cancelled_on IS NULL OR p.cancelled_on > i.period_start_on)
    AND NOT EXISTS (
        SELECT FROM hold a
        WHERE a.kind = 'invoicing' AND a.subject = p.number AND a.lifted_at IS NULL
    )
"""
_POLICIES = sa.text(f"SELECT DISTINCT p.customer_id, p.id {_MISSED} ORDER BY 1, 2")
_PARTS = sa.text(
    f"SELECT DISTINCT i.id, i.due_on {_MISSED} AND p.id = :policy_id ORDER BY i.due_on, i.id"
)
FORESEE = sa.text(
    issuing_sql.by_kind(
        f"SELECT DISTINCT p.id AS policy_id, i.due_on, i.id, {{columns}}, i.period_start_on,"
        f" i.period_end_on, t.effective_on, t.expires_on {_MISSED} ORDER BY p.id, i.due_on, i.id"
    )
)


def waiting(session: orm.Session, *, on: datetime.date) -> Sequence[tuple[int, int]]:
    """The policies that have something to catch up: customer id and policy id of each."""
    return [(row.customer_id, row.id) for row in session.execute(_POLICIES, {"on": on})]


def issue(
    session: orm.Session,
    *,
    policy_id: int,
    on: datetime.date,
    now: datetime.datetime,
    run_id: int,
    rng: ids.Bits,
    who: actor.Actor,
) -> issuing.Issued | None:
    """One bill for all of them, due the plan's lead days after `on`; None where nothing is left.

    The installment fee stands on it once: those of the others are waived (choice), since nobody
    asked for several bills. What can't be billed is set aside. The caller has locked the account.
    """
    wanted = [row.id for row in session.execute(_PARTS, {"on": on, "policy_id": policy_id})]
    found = _set_aside(session, wanted, run_id=run_id)
    if not found:
        return None
    lead = datetime.timedelta(days=plans.standard(session, on=on).lead_days)
    waived = _waive_fees(session, found)
    made = issuing_together.issue(
        session,
        installment_ids=found,
        due_on=on + lead,
        on=on,
        now=now,
        rng=rng,
        who=who,
        run_id=run_id,
    )
    session.execute(issuing_sql.COUNT, {"run_id": run_id, "issued": 1, "set_aside": 0})
    audit.record(
        session,
        who=who,
        action="billing.caught_up",
        subject=made.number,
        now=now,
        customer_id=made.customer_id,
        installments=len(found),
        fees_waived_cents=waived,
    )
    return made


def _set_aside(session: orm.Session, wanted: Sequence[int], *, run_id: int) -> list[int]:
    """What of it can be billed; the rest waits for a person, as in a batch."""
    rows = session.execute(
        sa.select(models.Installment, policies.Term)
        .join(policies.Term, policies.Term.id == models.Installment.term_id)
        .where(models.Installment.id.in_(list(wanted)))
        .order_by(models.Installment.due_on, models.Installment.id)
    )
    good = []
    for part, term in rows:
        reason = issuing_together.trouble(part, term)
        if reason:
            session.execute(issuing_sql.SET_ASIDE, {"id": part.id, "reason": reason})
            session.execute(issuing_sql.COUNT, {"run_id": run_id, "issued": 0, "set_aside": 1})
        else:
            good.append(part.id)
    return good


def _waive_fees(session: orm.Session, installment_ids: Sequence[int]) -> int:
    """Leave the installment fee on the first that has one; the cents of the others."""
    parts = session.scalars(
        sa.select(models.Installment)
        .where(
            models.Installment.id.in_(list(installment_ids)),
            models.Installment.installment_fee_cents > 0,
        )
        .order_by(models.Installment.due_on, models.Installment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    waived = sum(part.installment_fee_cents for part in parts[1:])
    for part in parts[1:]:
        part.installment_fee_cents = 0
    session.flush()
    return waived
