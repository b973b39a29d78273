"""Disputes for tests, raised and worked by the real journeys."""

from __future__ import annotations

import itertools

import sqlalchemy as sa

from portal.domain.billing import models as billing
from portal.domain.disputes import categories, models
from portal.domain.disputes.operations import deciding
from portal.domain.disputes.rules import MoneyAction, Outcome
from portal.domain.notifications import models as notifications
from portal.journeys import open_dispute, resolve_dispute, work_dispute
from portal.kernel import actor
from tests.support import people

Category = categories.Category
_count = itertools.count(1)


def staff(person) -> actor.Actor:
    """The member of staff as a doer."""
    return actor.Actor(
        kind=actor.ActorKind.STAFF, label=person.name, id=person.id, role=str(person.role)
    )


def key() -> str:
    """A once-key that no form had before."""
    return f"key-{next(_count)}"


def raise_case(ctx, customer, **given) -> str:
    """A dispute of `customer`; its number."""
    values = {
        "category": Category.WRONG_AMOUNT,
        "words": "This does not look right.",
        "once_key": key(),
        "who": people.owner(customer),
    } | given
    return open_dispute.raise_dispute(ctx, customer_id=customer.id, **values)


def decision(**given) -> deciding.Decision:
    """A decision: declined without money, unless `given` says otherwise."""
    values = {
        "outcome": Outcome.DECLINED,
        "action": MoneyAction.NONE,
        "amount_cents": 0,
        "answer": "We looked at it, and the bill is right.",
        "reason": "The bill is right.",
    } | given
    return deciding.Decision(**values)


def refund(payment_no: str, cents: int, **given) -> deciding.Decision:
    """Upheld, with money back."""
    return decision(
        outcome=Outcome.UPHELD,
        action=MoneyAction.REFUND,
        amount_cents=cents,
        payment_no=payment_no,
        answer="You were right. The money is on its way.",
        reason="Paid twice.",
        **given,
    )


def resolve(ctx, number: str, person, given: deciding.Decision) -> resolve_dispute.Resolved:
    """Preview and carry out, as a specialist does on two pages."""
    who = staff(person)
    seen = resolve_dispute.preview(ctx, number=number, decision=given)
    return resolve_dispute.resolve(
        ctx,
        number=number,
        version=seen.version,
        decision=given,
        plan_version=seen.plan_version,
        who=who,
    )


def take(ctx, number: str, person) -> None:
    """Make the case the person's."""
    work_dispute.take(ctx, number=number, version=None, who=staff(person))


def row(database, number: str) -> models.Dispute:
    """The case as it stands."""
    with database.reading() as session:
        return session.scalars(
            sa.select(models.Dispute).where(models.Dispute.number == number)
        ).one()


def holds(database, number: str) -> list[tuple[str, str, int | None, int]]:
    """The active holds of a case: kind, subject, line, cents."""
    with database.reading() as session:
        rows = session.scalars(
            sa.select(billing.Hold)
            .where(billing.Hold.owner == number, billing.Hold.lifted_at.is_(None))
            .order_by(billing.Hold.line_number, billing.Hold.kind)
        )
        return [(str(h.kind), h.subject, h.line_number, h.amount_cents) for h in rows]


def mails(database, number: str) -> list[notifications.Mail]:
    """The mails about a case, oldest first."""
    with database.reading() as session:
        return list(
            session.scalars(
                sa.select(notifications.Mail)
                .where(notifications.Mail.subject_no == number)
                .order_by(notifications.Mail.id)
            )
        )
