"""What an owner reads of their disputes: stage, thread, money; internal notes are out of reach."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.audit import models as audit
from portal.domain.billing import models as billing
from portal.domain.billing.queries import held
from portal.domain.disputes import models, rules
from portal.domain.disputes.queries import thread
from portal.domain.identity import models as identity
from portal.domain.payments import models as payments
from portal.domain.payments.queries import failed_refunds, shown_method
from portal.domain.policies import models as policies
from portal.kernel import paging

TAKEN = ("disputes.taken", "disputes.assigned")  # a person has read the case


@dataclasses.dataclass(frozen=True, kw_only=True)
class OwnRow:
    """One dispute in the owner's list; amounts in cents."""

    id: int
    number: str
    category: str
    state: str
    outcome: str
    pet_name: str
    invoice_no: str | None
    payment_no: str | None
    disputed_cents: int
    raised_at: datetime.datetime
    resolve_due_at: datetime.datetime
    closed_at: datetime.datetime | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class OwnLine:
    """A disputed line: what it is, how much of it is disputed, paused and open, in cents."""

    invoice_no: str
    line_number: int
    kind: str
    cents: int
    open_cents: int
    paused_cents: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class OwnAnswer:
    """What was decided; `moved` is the refund behind it, where there is one."""

    outcome: str
    action: str
    amount_cents: int
    answer: str
    at: datetime.datetime
    refund_no: str | None = None
    refund_state: str = ""
    refund_expected_on: datetime.date | None = None
    refund_to: str = ""
    payment_no: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class OwnBill:
    """The bill behind a dispute; amounts in cents."""

    number: str
    us_state: str
    due_on: datetime.date
    total_cents: int
    open_cents: int
    paused_cents: int

    @property
    def still_due_cents(self) -> int:
        """What is open and not paused."""
        return self.open_cents - self.paused_cents


@dataclasses.dataclass(frozen=True, kw_only=True)
class OwnCase:
    """One dispute as its owner reads it; no query here knows of notes."""

    id: int
    number: str
    version: int
    category: str
    state: str
    outcome: str
    pet_name: str
    policy_no: str | None
    payment_no: str | None
    words: str
    disputed_cents: int
    set_aside_cents: int
    raised_at: datetime.datetime
    is_late: bool
    handler_name: str
    taken_at: datetime.datetime | None
    first_replied_at: datetime.datetime | None
    first_reply_due_at: datetime.datetime
    resolve_due_at: datetime.datetime
    limit_on: datetime.date
    closed_at: datetime.datetime | None
    reopened: int
    bill: OwnBill | None
    lines: tuple[OwnLine, ...]
    messages: tuple[thread.MessageView, ...]
    answer: OwnAnswer | None


_ROW = tuple(getattr(models.Dispute, field.name) for field in dataclasses.fields(OwnRow))


def own_cases(
    session: orm.Session, *, customer_id: int, cursor: str = "", size: int = 20
) -> paging.Page[OwnRow]:
    """The customer's disputes, newest first, by key; one statement."""
    chosen = (
        sa.select(*_ROW)
        .where(models.Dispute.customer_id == customer_id)
        .order_by(models.Dispute.id.desc())
        .limit(size + 1)
    )
    after = paging.decode(cursor, (int,))
    if after:
        chosen = chosen.where(models.Dispute.id < after[0])
    rows = [OwnRow(**row._mapping) for row in session.execute(chosen)]
    return paging.page(rows, size=size, key=lambda row: (row.id,))


def raised_with(session: orm.Session, *, customer_id: int, once_key: str) -> str | None:
    """The number of the dispute that a form with this key opened, or None."""
    return session.scalar(
        sa.select(models.Dispute.number).where(
            models.Dispute.customer_id == customer_id, models.Dispute.once_key == once_key
        )
    )


def own_case(session: orm.Session, *, customer_id: int, number: str) -> OwnCase | None:
    """The customer's own case, or None for a stranger's; at most eight statements."""
    found = session.execute(
        sa.select(models.Dispute, identity.Staff.name)
        .outerjoin(identity.Staff, identity.Staff.id == models.Dispute.owner_id)
        .where(models.Dispute.number == number, models.Dispute.customer_id == customer_id)
    ).one_or_none()
    if found is None:
        return None
    case, handler = found
    holds = _holds(session, case)
    lines = _lines(session, case, holds)
    return OwnCase(
        id=case.id,
        number=case.number,
        version=case.version,
        category=str(case.category),
        state=str(case.state),
        outcome=case.outcome,
        pet_name=case.pet_name,
        policy_no=case.policy_no,
        payment_no=case.payment_no,
        words=case.words,
        disputed_cents=case.disputed_cents,
        set_aside_cents=holds.get((billing.HoldKind.ALLOCATION, case.payment_no, None), 0),
        raised_at=case.raised_at,
        is_late=case.is_late,
        handler_name=handler or "",
        taken_at=None if case.state in rules.UNTAKEN else _taken_at(session, case.number),
        first_replied_at=case.first_replied_at,
        first_reply_due_at=case.first_reply_due_at,
        resolve_due_at=case.resolve_due_at,
        limit_on=case.limit_on,
        closed_at=case.closed_at,
        reopened=case.reopened,
        bill=_bill(session, case),
        lines=lines,
        messages=thread.messages(session, dispute_id=case.id),
        answer=_answer(session, case) if case.closed_at else None,
    )


def _taken_at(session: orm.Session, number: str) -> datetime.datetime | None:
    return session.scalar(
        sa.select(audit.AuditEvent.at)
        .where(audit.AuditEvent.subject == number, audit.AuditEvent.action.in_(TAKEN))
        .order_by(audit.AuditEvent.id.desc())
        .limit(1)
    )


def _holds(session: orm.Session, case: models.Dispute) -> dict[tuple, int]:
    rows = session.execute(
        sa.select(
            billing.Hold.kind,
            billing.Hold.subject,
            billing.Hold.line_number,
            billing.Hold.amount_cents,
        ).where(billing.Hold.owner == case.number, billing.Hold.lifted_at.is_(None))
    )
    return {(kind, subject, line): cents for kind, subject, line, cents in rows}


def _lines(
    session: orm.Session, case: models.Dispute, holds: dict[tuple, int]
) -> tuple[OwnLine, ...]:
    rows = session.execute(
        sa.select(
            models.DisputeLine.invoice_no,
            models.DisputeLine.line_number,
            billing.InvoiceLine.kind,
            models.DisputeLine.cents,
            billing.InvoiceLine.open_cents,
        )
        .join(billing.Invoice, billing.Invoice.number == models.DisputeLine.invoice_no)
        .join(
            billing.InvoiceLine,
            sa.and_(
                billing.InvoiceLine.invoice_id == billing.Invoice.id,
                billing.InvoiceLine.number == models.DisputeLine.line_number,
            ),
        )
        .where(models.DisputeLine.dispute_id == case.id)
        .order_by(models.DisputeLine.invoice_no, models.DisputeLine.line_number)
    )
    return tuple(
        OwnLine(
            invoice_no=row.invoice_no,
            line_number=row.line_number,
            kind=row.kind,
            cents=row.cents,
            open_cents=row.open_cents,
            paused_cents=holds.get((billing.HoldKind.OVERDUE, row.invoice_no, row.line_number), 0),
        )
        for row in rows
    )


def _bill(session: orm.Session, case: models.Dispute) -> OwnBill | None:
    if case.invoice_no is None:
        return None
    row = session.execute(
        sa.select(
            billing.Invoice.number,
            policies.Policy.us_state,
            billing.Invoice.due_on,
            billing.Invoice.total_cents,
            billing.Invoice.open_cents,
            held.of_invoice().label("paused_cents"),
        )
        .join(policies.Policy, policies.Policy.id == billing.Invoice.policy_id)
        .where(billing.Invoice.number == case.invoice_no)
    ).one()
    return OwnBill(**(row._asdict() | {"paused_cents": min(int(row.paused_cents), row.open_cents)}))


def _answer(session: orm.Session, case: models.Dispute) -> OwnAnswer | None:
    """The newest decision that was carried out since the case was last open."""
    row = session.scalar(
        sa.select(models.Resolution)
        .where(
            models.Resolution.dispute_id == case.id,
            models.Resolution.carried_out_at == case.closed_at,
        )
        .order_by(models.Resolution.id.desc())
        .limit(1)
    )
    if row is None:
        return None
    refund = None
    if row.action is rules.MoneyAction.REFUND:
        refund = session.execute(
            sa.select(
                payments.Refund.number,
                failed_refunds.SHOWN_STATE.label("state"),
                payments.Refund.expected_on,
                shown_method.LABEL.label("method_label"),
                payments.Payment.number.label("payment_no"),
            )
            .join(payments.Payment, payments.Payment.id == payments.Refund.payment_id)
            .where(payments.Refund.subject == case.number)
            .order_by(payments.Refund.id.desc())
            .limit(1)
        ).one_or_none()
    return OwnAnswer(
        outcome=row.outcome,
        action=row.action,
        amount_cents=row.amount_cents,
        answer=row.answer,
        at=row.carried_out_at,
        refund_no=refund.number if refund else None,
        refund_state=refund.state if refund else "",
        refund_expected_on=refund.expected_on if refund else None,
        refund_to=refund.method_label if refund else "",
        payment_no=refund.payment_no if refund else None,
    )
