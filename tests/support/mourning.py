"""A pet that has died in tests: told and taken back by its owner, read as it stands."""

from __future__ import annotations

import datetime

import sqlalchemy as sa

from portal.domain.billing import models as billing
from portal.domain.disputes import models as disputes
from portal.domain.policies import models as policies
from portal.journeys import bereavement, term_changes
from portal.kernel import actor
from tests.support import people

STAFF = actor.system("a specialist")


def ask(bill, key: str = "told") -> term_changes.Ask:
    """The owner's form."""
    return term_changes.Ask(
        policy_no=bill.policy.number,
        once_key=key,
        who=people.owner(bill.customer),
        customer_id=bill.customer.id,
    )


def tell(ctx, bill, died_on: datetime.date, key: str = "told"):
    """The owner tells us."""
    return bereavement.tell(ctx, ask=ask(bill, key), died_on=died_on)


def take_back(ctx, bill, key: str = "mistake"):
    """It was a mistake."""
    return bereavement.take_back(ctx, ask=ask(bill, key))


def end_cover(ctx, bill, on: datetime.date):
    """A specialist ends the cover; `on` is not covered."""
    order = term_changes.Ask(policy_no=bill.policy.number, once_key=f"end:{on}", who=STAFF)
    return term_changes.cancel(ctx, ask=order, on=on)


def case(ctx, bill) -> disputes.Dispute:
    """The newest case of the policy."""
    with ctx.database.reading() as session:
        return session.scalars(
            sa.select(disputes.Dispute)
            .where(disputes.Dispute.policy_no == bill.policy.number)
            .order_by(disputes.Dispute.id.desc())
        ).first()


def holds(ctx, bill) -> list[str]:
    """The kinds of hold that stand on the whole policy."""
    with ctx.database.reading() as session:
        found = session.scalars(
            sa.select(billing.Hold.kind).where(
                billing.Hold.subject == bill.policy.number, billing.Hold.lifted_at.is_(None)
            )
        )
        return sorted(map(str, found))


def died_on(ctx, bill) -> datetime.date | None:
    """The day that stands at the pet."""
    with ctx.database.reading() as session:
        return session.get_one(policies.Pet, bill.pet.id).died_on


def mails(ctx) -> list[str]:
    """The templates of all mails, oldest first."""
    with ctx.database.reading() as session:
        return list(session.scalars(sa.text("SELECT template FROM mail ORDER BY id")))
