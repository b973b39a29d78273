"""What lies around a case: the customer's policies, payments with refunds, and holds."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from portal.domain.billing import models as billing
from portal.domain.billing.queries import segments
from portal.domain.billing.rules import charges, equity
from portal.domain.payments import models as payments
from portal.domain.payments.queries import failed_refunds
from portal.domain.policies import models as policies


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyRow:
    """A policy with its pet, its current term and the day it is paid to (None without a term)."""

    number: str
    pet_name: str
    species: str
    state: str
    us_state: str
    cancelled_on: datetime.date | None
    effective_on: datetime.date | None
    expires_on: datetime.date | None
    premium_cents: int
    paid_to_on: datetime.date | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class RefundRow:
    """A refund of a payment; cents."""

    number: str
    amount_cents: int
    state: str
    expected_on: datetime.date
    created_at: datetime.datetime
    subject: str
    owed_in: str  # the case where its failure is worked, while it is owed


@dataclasses.dataclass(frozen=True, kw_only=True)
class PaymentRow:
    """A payment with its refunds; cents."""

    number: str
    amount_cents: int
    unapplied_cents: int
    refunded_cents: int
    state: str
    method_label: str
    stripe_ref: str | None
    charge_ref: str | None
    failure_code: str
    created_at: datetime.datetime
    settled_at: datetime.datetime | None
    refunds: tuple[RefundRow, ...]


def policies_of(session: orm.Session, *, customer_id: int) -> tuple[PolicyRow, ...]:
    """The customer's policies with their newest term; one statement."""
    paid = (
        sa.select(
            billing.Installment.term_id,
            sa.func.sum(
                billing.InvoiceLine.amount_cents
                - billing.InvoiceLine.open_cents
                - billing.InvoiceLine.closed_cents
                - billing.InvoiceLine.returned_cents
            ).label("paid_cents"),
        )
        .join(billing.InvoiceLine, billing.InvoiceLine.installment_id == billing.Installment.id)
        .join(billing.Invoice, billing.Invoice.id == billing.InvoiceLine.invoice_id)
        .where(
            billing.Invoice.customer_id == customer_id,
            billing.InvoiceLine.kind == charges.ChargeKind.PREMIUM,
        )
        .group_by(billing.Installment.term_id)
        .subquery()
    )
    rows = session.execute(
        sa.select(
            policies.Policy.number,
            policies.Pet.name.label("pet_name"),
            policies.Pet.species,
            policies.Policy.state,
            policies.Policy.us_state,
            policies.Policy.cancelled_on,
            policies.Term.effective_on,
            policies.Term.expires_on,
            sa.func.coalesce(policies.Term.premium_cents, 0).label("premium_cents"),
            sa.func.coalesce(paid.c.paid_cents, 0).label("paid_cents"),
            segments.of(policies.Term.__table__.c.id).label("segments"),
        )
        .ext(postgresql.distinct_on(policies.Policy.id))
        .join(policies.Pet, policies.Pet.id == policies.Policy.pet_id)
        .outerjoin(policies.Term, policies.Term.policy_id == policies.Policy.id)
        .outerjoin(paid, paid.c.term_id == policies.Term.id)
        .where(policies.Policy.customer_id == customer_id)
        .order_by(policies.Policy.id, policies.Term.effective_on.desc())
    )
    return tuple(_policy(row) for row in rows)


def payments_of(
    session: orm.Session, *, customer_id: int, limit: int = 12
) -> tuple[PaymentRow, ...]:
    """The customer's newest payments, newest first, with their refunds; two statements.

    One whose refund failed and is owed is among them, however old.
    """
    newest = (payments.Payment.created_at.desc(), payments.Payment.id.desc())
    owes = sa.exists().where(payments.Refund.payment_id == payments.Payment.id, failed_refunds.OWED)
    chosen = (
        sa.select(payments.Payment.id)
        .where(payments.Payment.customer_id == customer_id)
        .order_by(owes.desc(), *newest)
        .limit(limit)
    )
    rows = session.scalars(
        sa.select(payments.Payment).where(payments.Payment.id.in_(chosen)).order_by(*newest)
    ).all()
    refunds: dict[int, list[RefundRow]] = {}
    for refund in session.scalars(
        sa.select(payments.Refund)
        .where(payments.Refund.payment_id.in_([row.id for row in rows]))
        .order_by(payments.Refund.id)
    ):
        refunds.setdefault(refund.payment_id, []).append(
            RefundRow(
                number=refund.number,
                amount_cents=refund.amount_cents,
                state=refund.state,
                expected_on=refund.expected_on,
                created_at=refund.created_at,
                subject=refund.subject,
                owed_in=refund.case_no if failed_refunds.is_owed(refund) else "",
            )
        )
    return tuple(
        PaymentRow(
            number=row.number,
            amount_cents=row.amount_cents,
            unapplied_cents=row.unapplied_cents,
            refunded_cents=row.refunded_cents,
            state=row.state,
            method_label=row.method_label,
            stripe_ref=row.stripe_ref,
            charge_ref=row.charge_ref,
            failure_code=row.failure_code,
            created_at=row.created_at,
            settled_at=row.settled_at,
            refunds=tuple(refunds.get(row.id, ())),
        )
        for row in rows
    )


def _policy(row: sa.Row) -> PolicyRow:
    paid_to = None
    if row.effective_on is not None:
        paid_to = equity.equity_on_by_segments(
            segments.read(row.segments, charged_cents=row.premium_cents),
            paid_cents=int(row.paid_cents),
        )
    values = row._asdict()
    values.pop("paid_cents")
    values.pop("segments")
    return PolicyRow(**values, paid_to_on=paid_to)
