"""Autopay in tests: methods without Stripe, joining, changing, leaving, what is planned."""

from __future__ import annotations

import secrets

import sqlalchemy as sa

from portal.domain.payments import models
from portal.domain.payments.queries import drafts as draft_queries
from portal.domain.payments.queries import standing
from portal.domain.wallet import models as wallet
from portal.journeys import autopay
from portal.kernel import ids
from tests.support import people


def card(database, customer, **given) -> str:
    """A saved card that Stripe was never told of, unless `given` says otherwise; its number."""
    values = {
        "number": ids.new(ids.Prefix.METHOD),
        "customer_id": customer.id,
        "stripe_ref": f"pm_{secrets.token_hex(8)}",
        "kind": wallet.MethodKind.CARD,
        "brand": "visa",
        "last4": "4242",
        "exp_month": 12,
        "exp_year": 2030,
        "is_default": False,
        "added_at": people.NOW,
    } | given
    with database.unit_of_work() as session:
        session.add(wallet.PaymentMethod(**values))
    return values["number"]


def join(ctx, bill, method_no: str, *, backup: str = "", days_before: int = 0, policy_no: str = ""):
    """Join autopay for the bill's policy as its owner."""
    return autopay.join(ctx, **_asked(ctx, bill, method_no, backup, days_before, policy_no))


def change(ctx, bill, method_no: str, *, backup: str = "", days_before: int = 0):
    """Change it."""
    return autopay.change(ctx, **_asked(ctx, bill, method_no, backup, days_before))


def leave(ctx, bill):
    """Leave it."""
    return autopay.leave(
        ctx,
        customer_id=bill.customer.id,
        policy_no=bill.policy.number,
        who=people.owner(bill.customer),
    )


def running(ctx, bill) -> standing.Standing | None:
    """The autopay that runs for the bill's policy, or None."""
    with ctx.database.reading() as session:
        found = standing.of_policy(
            session, customer_id=bill.customer.id, policy_no=bill.policy.number
        )
    return found if found.is_on else None


def ended(ctx, bill) -> list:
    """Why each autopay of the policy ended that has, oldest first."""
    with ctx.database.reading() as session:
        return list(
            session.scalars(
                sa.select(models.Autopay.end_reason)
                .where(
                    models.Autopay.policy_id == bill.policy.id,
                    models.Autopay.ended_at.is_not(None),
                )
                .order_by(models.Autopay.id)
            )
        )


def drafts(ctx, bill) -> tuple[draft_queries.DraftView, ...]:
    """The drafts by autopay of the bill's policy, newest first."""
    with ctx.database.reading() as session:
        return draft_queries.of_policy(
            session, customer_id=bill.customer.id, policy_no=bill.policy.number
        )


def _asked(ctx, bill, method_no, backup, days_before, policy_no=""):
    return {
        "customer_id": bill.customer.id,
        "policy_no": policy_no or bill.policy.number,
        "method_no": method_no,
        "backup_no": backup,
        "days_before": days_before,
        "shown": autopay.shown(ctx, pet_name=bill.pet.name, language="en"),
        "who": people.owner(bill.customer),
    }
