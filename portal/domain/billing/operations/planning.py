"""Cuts a term into its installments, once."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models
from portal.domain.billing.queries import plans
from portal.domain.billing.rules import installments
from portal.domain.policies import models as policies
from portal.kernel import db


def plan_term(session: orm.Session, *, term_id: int) -> int:
    """Write the installments of a term that has none; how many there are.

    Raises installments.PlanDoesNotFit when the plan is longer than the term.
    """
    term = db.lock_row(session, policies.Term, term_id)
    known = session.scalar(sa.select(sa.func.count()).where(models.Installment.term_id == term_id))
    if known:
        return known
    plan = plans.standard(session, on=term.effective_on)
    parts = installments.schedule(
        plan=installments.named(
            str(term.payment_plan), parts=term.installments, down_cents=term.down_payment_cents
        ),
        effective_on=term.effective_on,
        expires_on=term.expires_on,
        premium_cents=term.premium_cents,
        tax_cents=term.tax_cents,
        installment_fee_cents=term.installment_fee_cents,
        policy_fee_cents=term.policy_fee_cents,
        lead_days=plan.lead_days,
    )
    session.execute(
        sa.insert(models.Installment),
        [
            {
                "term_id": term_id,
                "sequence": part.sequence,
                "period_start_on": part.period_start_on,
                "period_end_on": part.period_end_on,
                "issue_on": part.issue_on,
                "due_on": part.due_on,
                "premium_cents": part.premium_cents,
                "tax_cents": part.tax_cents,
                "policy_fee_cents": part.policy_fee_cents,
                "installment_fee_cents": part.installment_fee_cents,
            }
            for part in parts
        ],
    )
    return len(parts)
