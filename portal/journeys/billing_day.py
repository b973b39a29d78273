"""The day of the month that an owner chose for bills: a new term keeps it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing.operations import replan
from portal.domain.billing.queries import plans
from portal.domain.billing.rules import installments, replanning, term_premium
from portal.domain.policies import models

_FIELDS = tuple(field.name for field in dataclasses.fields(replanning.Part))


_CHOSEN = sa.text(
    """
    SELECT coalesce(
        (SELECT day FROM joint_billing WHERE customer_id = :customer_id AND left_at IS NULL),
        (SELECT CAST(facts ->> 'to_day' AS integer) FROM policy_event
            WHERE policy_id = :policy_id AND kind = 'day_moved' AND id > (
                SELECT coalesce(max(id), 0) FROM policy_event
                WHERE policy_id = :policy_id AND kind = 'owner_changed')
            ORDER BY id DESC LIMIT 1)
    )
    """
)


def chosen(session: orm.Session, *, policy_id: int, customer_id: int) -> int | None:
    """The day that all pets share, else the one its owner moved this policy to last, or None.

    What a former owner chose binds nobody else.
    """
    return session.scalar(_CHOSEN, {"policy_id": policy_id, "customer_id": customer_id})


def keep(session: orm.Session, *, term: models.Term, customer_id: int) -> None:
    """Have the bills of a term that was just planned due on the chosen day.

    A down payment is due as the term begins, and the rest is counted from it.
    """
    day = chosen(session, policy_id=term.policy_id, customer_id=customer_id)
    if day is None or term.payment_plan is models.PaymentPlan.DOWN_PAYMENT:
        return
    parts = replan.take(session, term_id=term.id)
    lead_days = plans.standard(session, on=term.effective_on).lead_days
    replan.put(session, term_id=term.id, parts=moved(parts, day=day, lead_days=lead_days))


def foreseen(
    bills: Sequence[installments.Installment], *, day: int | None, lead_days: int
) -> tuple[replanning.Part, ...]:
    """The bills of a term that is not planned yet, due on the chosen day where there is one."""
    parts = tuple(
        replanning.Part(**{name: getattr(bill, name) for name in _FIELDS}) for bill in bills
    )
    return parts if day is None else moved(parts, day=day, lead_days=lead_days)


def moved(
    parts: Sequence[replanning.Part], *, day: int, lead_days: int
) -> tuple[replanning.Part, ...]:
    """All bills of a term due on that day, the first of them later; a single bill stays."""
    if len(parts) == 1 or parts[0].due_on.day == day:
        return tuple(parts)
    term = term_premium.level(
        effective_on=parts[0].period_start_on,
        expires_on=parts[-1].period_end_on,
        premium_cents=sum(part.premium_cents for part in parts),
    )
    return replanning.move_day(
        parts,
        day=day,
        term=term,
        tax_cents=sum(part.tax_cents for part in parts),
        lead_days=lead_days,
        earliest_on=parts[0].due_on,
    ).parts
