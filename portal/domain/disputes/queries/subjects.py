"""What a dispute can be about: a customer's bills with their lines, and payments; read only."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.disputes import models, rules
from portal.domain.payments import models as payments
from portal.domain.payments.queries import shown_method
from portal.domain.payments.states import PaymentState
from portal.domain.policies import models as policies


@dataclasses.dataclass(frozen=True, kw_only=True)
class SubjectLine:
    """A line of a bill; cents. `held_cents` is paused by whom `held_by` names, "" for nobody.

    `open_case` is the number of the open case about it, `was_declined` whether a case about it
    was declined before.
    """

    number: int
    kind: str
    amount_cents: int
    open_cents: int
    held_cents: int = 0
    held_by: str = ""
    open_case: str = ""
    was_declined: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class BillSubject:
    """A bill that can be disputed; amounts in cents."""

    number: str
    policy_no: str
    us_state: str
    pet_name: str
    species: str
    issued_on: datetime.date
    due_on: datetime.date
    period_start_on: datetime.date
    total_cents: int
    open_cents: int
    cancelled_on: datetime.date | None
    lines: tuple[SubjectLine, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class PaymentSubject:
    """A payment that can be disputed; amounts in cents."""

    number: str
    amount_cents: int
    unapplied_cents: int
    state: str
    method_label: str
    created_at: datetime.datetime
    open_case: str = ""


_BILL = (
    sa.select(
        billing.Invoice.id,
        billing.Invoice.number,
        policies.Policy.number.label("policy_no"),
        policies.Policy.us_state,
        policies.Pet.name.label("pet_name"),
        policies.Pet.species,
        billing.Invoice.issued_on,
        billing.Invoice.due_on,
        billing.Invoice.period_start_on,
        billing.Invoice.total_cents,
        billing.Invoice.open_cents,
        policies.Policy.cancelled_on,
    )
    .join(policies.Policy, policies.Policy.id == billing.Invoice.policy_id)
    .join(policies.Pet, policies.Pet.id == policies.Policy.pet_id)
)
_PAYMENT = sa.select(
    payments.Payment.number,
    payments.Payment.amount_cents,
    payments.Payment.unapplied_cents,
    payments.Payment.state,
    shown_method.LABEL.label("method_label"),
    payments.Payment.created_at,
)
SHOWN_PAYMENTS = (
    PaymentState.SETTLED,
    PaymentState.PROCESSING,
    PaymentState.UNKNOWN,
    PaymentState.FAILED,
)


def bill(session: orm.Session, *, customer_id: int, number: str) -> BillSubject | None:
    """The customer's own bill with its lines, or None; four statements."""
    row = session.execute(
        _BILL.where(billing.Invoice.customer_id == customer_id, billing.Invoice.number == number)
    ).one_or_none()
    if row is None:
        return None
    lines = session.execute(
        sa.select(
            billing.InvoiceLine.number,
            billing.InvoiceLine.kind,
            billing.InvoiceLine.amount_cents,
            billing.InvoiceLine.open_cents,
        )
        .where(billing.InvoiceLine.invoice_id == row.id)
        .order_by(billing.InvoiceLine.number)
    ).all()
    held = _held(session, number)
    cases = _cases(session, customer_id, number)
    return _bill(
        row,
        tuple(
            SubjectLine(
                number=line.number,
                kind=str(line.kind),
                amount_cents=line.amount_cents,
                open_cents=line.open_cents,
                held_cents=held.get(line.number, (0, ""))[0],
                held_by=held.get(line.number, (0, ""))[1],
                open_case=cases.get(line.number, ("", False))[0],
                was_declined=cases.get(line.number, ("", False))[1],
            )
            for line in lines
        ),
    )


def recent_bills(
    session: orm.Session, *, customer_id: int, limit: int = 12
) -> tuple[BillSubject, ...]:
    """The customer's newest bills without their lines."""
    rows = session.execute(
        _BILL.where(billing.Invoice.customer_id == customer_id)
        .order_by(billing.Invoice.due_on.desc(), billing.Invoice.id.desc())
        .limit(limit)
    )
    return tuple(_bill(row) for row in rows)


def payment(session: orm.Session, *, customer_id: int, number: str) -> PaymentSubject | None:
    """The customer's own payment, or None."""
    row = session.execute(
        _PAYMENT.where(
            payments.Payment.customer_id == customer_id, payments.Payment.number == number
        )
    ).one_or_none()
    if row is None:
        return None
    open_case = session.scalar(
        sa.select(models.Dispute.number)
        .where(
            models.Dispute.payment_no == number,
            models.Dispute.customer_id == customer_id,
            models.Dispute.closed_at.is_(None),
        )
        .order_by(models.Dispute.id)
        .limit(1)
    )
    return PaymentSubject(**(row._asdict() | {"open_case": open_case or ""}))


def recent_payments(
    session: orm.Session, *, customer_id: int, limit: int = 8
) -> tuple[PaymentSubject, ...]:
    """The customer's newest payments that Stripe has heard of."""
    rows = session.execute(
        _PAYMENT.where(
            payments.Payment.customer_id == customer_id,
            payments.Payment.state.in_(SHOWN_PAYMENTS),
            shown_method.NEWS,
        )
        .order_by(payments.Payment.created_at.desc(), payments.Payment.id.desc())
        .limit(limit)
    )
    return tuple(PaymentSubject(**row._mapping) for row in rows)


def has_policy(session: orm.Session, *, customer_id: int, number: str) -> bool:
    """Whether the policy is the customer's own."""
    found = session.scalar(
        sa.select(policies.Policy.id).where(
            policies.Policy.customer_id == customer_id, policies.Policy.number == number
        )
    )
    return found is not None


def _bill(row: sa.Row, lines: tuple[SubjectLine, ...] = ()) -> BillSubject:
    values = row._asdict() | {"lines": lines}
    values.pop("id")
    return BillSubject(**values)


def _held(session: orm.Session, invoice_no: str) -> dict[int, tuple[int, str]]:
    rows = session.execute(
        sa.select(billing.Hold.line_number, billing.Hold.amount_cents, billing.Hold.owner).where(
            billing.Hold.subject == invoice_no,
            billing.Hold.kind == billing.HoldKind.OVERDUE,
            billing.Hold.lifted_at.is_(None),
            billing.Hold.line_number.is_not(None),
        )
    )
    return {line: (cents, owner) for line, cents, owner in rows}


def _cases(session: orm.Session, customer_id: int, invoice_no: str) -> dict[int, tuple[str, bool]]:
    """By line: the open case about it, and whether one was declined before."""
    was_declined = (  # a case that is open again keeps what was decided before
        sa.select(models.Resolution.id)
        .where(
            models.Resolution.dispute_id == models.Dispute.id,
            models.Resolution.outcome == rules.Outcome.DECLINED,
            models.Resolution.carried_out_at.is_not(None),
        )
        .exists()
    )
    rows = session.execute(
        sa.select(
            models.DisputeLine.line_number,
            models.Dispute.number,
            models.Dispute.closed_at,
            was_declined.label("was_declined"),
        )
        .join(models.Dispute, models.Dispute.id == models.DisputeLine.dispute_id)
        .where(
            models.Dispute.customer_id == customer_id,
            models.DisputeLine.invoice_no == invoice_no,
        )
        .order_by(models.Dispute.id)
    )
    found: dict[int, tuple[str, bool]] = {}
    for line, number, closed_at, said_no in rows:
        open_case, declined = found.get(line, ("", False))
        found[line] = (
            number if closed_at is None else open_case,
            declined or said_no,
        )
    return found
