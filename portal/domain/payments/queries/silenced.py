"""Drafts and payments whose bills are all of policies that are held whole; changes nothing.

About those nobody is written to and nothing is tried again.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.billing.queries import held
from portal.domain.payments import declines, models

_KIND = billing.HoldKind.OVERDUE


def draft(session: orm.Session, *, draft_id: int) -> bool:
    """Whether the draft has bills, and each is of a held policy."""
    bills = sa.select(models.DraftBill.invoice_id).where(models.DraftBill.draft_id == draft_id)
    return _all_held(session, bills)


def payment(session: orm.Session, *, payment_id: int) -> bool:
    """Whether the payment was meant for bills, and each is of a held policy."""
    bills = sa.select(models.Reservation.invoice_id).where(
        models.Reservation.payment_id == payment_id
    )
    return _all_held(session, bills)


def drafts_of(session: orm.Session, *, policy_id: int) -> Sequence[models.Draft]:
    """The drafts that wait and are for bills of this policy alone, locked."""
    others = (
        sa.select(models.DraftBill.draft_id)
        .join(billing.Invoice, billing.Invoice.id == models.DraftBill.invoice_id)
        .where(models.DraftBill.draft_id == models.Draft.id, billing.Invoice.policy_id != policy_id)
    )
    mine = (
        sa.select(models.DraftBill.draft_id)
        .join(billing.Invoice, billing.Invoice.id == models.DraftBill.invoice_id)
        .where(billing.Invoice.policy_id == policy_id)
    )
    return session.scalars(
        sa.select(models.Draft)
        .where(
            models.Draft.id.in_(mine),
            models.Draft.state.in_(sorted(declines.WAITING)),
            ~others.exists(),
        )
        .order_by(models.Draft.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def _all_held(session: orm.Session, bills: sa.Select) -> bool:
    held_now = sa.select(
        sa.func.coalesce(sa.func.bool_and(held.is_whole(_KIND)), sa.false())
    ).select_from(billing.Invoice.__table__)
    return bool(session.scalar(held_now.where(billing.Invoice.id.in_(bills))))
