"""Carries a credit or a refund out: frees money, credits lines, owes it back; commits nothing."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.billing.operations import allocating, crediting, holds
from portal.domain.billing.queries import rooms
from portal.domain.billing.rules import spreading
from portal.domain.disputes.rules import MoneyAction
from portal.domain.payments import models as payments
from portal.domain.payments.operations import refunding
from portal.domain.payments.states import PaymentState
from portal.journeys import freeing
from portal.kernel import actor, db, errors, ids, msgids

BY_CREDIT = "credit"
BY_TAKING_BACK = "take_back"


class NoSuchPayment(errors.DomainError):
    """The payment is not this customer's, or never settled."""

    code = "no_such_payment"
    message = msgids.N_("Choose a payment that we received from this customer.")


class NoSuchInvoice(errors.DomainError):
    """The bill is not this customer's."""

    code = "no_such_invoice"
    message = msgids.N_("Choose a bill of this customer.")


class NotFreed(errors.DomainError):
    """The money stands on a bill; somebody must say how it is freed."""

    code = "money_not_freed"
    message = msgids.N_(
        "Part of this payment stands on a bill. Choose whether the bill is credited or opens again."
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ask:
    """What is asked for: the action, cents, whose, and what it stands on."""

    action: MoneyAction
    amount_cents: int
    customer_id: int
    payment_no: str | None
    invoice_no: str | None
    line_numbers: tuple[int, ...]
    freed_by: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Terms:
    """How it is written down: the unique key of the decision, the case, the reason, by whom."""

    key: str
    subject: str
    reason: str
    who: actor.Actor
    now: datetime.datetime
    today: datetime.date
    rng: ids.Bits

    @property
    def freed(self) -> freeing.Terms:
        """The same for what is freed first."""
        return freeing.Terms(
            key=self.key, memo=self.subject, who=self.who, now=self.now, today=self.today
        )


def perform(session: orm.Session, ask: Ask, terms: Terms) -> str:
    """Move the money inside the caller's transaction; the refund's or credit's number.

    The customer's account is locked by the caller. Raises what `moving_money.plan` names.
    """
    if ask.action is MoneyAction.REFUND:
        number = _refund(session, ask, terms)
    elif ask.action is MoneyAction.CREDIT and ask.invoice_no:
        number = _correct(session, ask, terms)
    elif ask.action is MoneyAction.CREDIT:
        number = crediting.goodwill(
            session,
            key=terms.key,
            customer_id=ask.customer_id,
            cents=ask.amount_cents,
            subject=terms.subject,
            reason=terms.reason,
            now=terms.now,
            today=terms.today,
            actor=terms.who.label,
            rng=terms.rng,
        )
    else:
        raise ValueError(f"no money moves for {ask.action}")
    holds.shrink_to_open(session, customer_id=ask.customer_id, now=terms.now)
    return number


def _refund(session: orm.Session, ask: Ask, terms: Terms) -> str:
    payment_id = session.scalar(
        sa.select(payments.Payment.id).where(
            payments.Payment.number == ask.payment_no,
            payments.Payment.customer_id == ask.customer_id,
            payments.Payment.state == PaymentState.SETTLED,
        )
    )
    if payment_id is None:
        raise NoSuchPayment()
    applied = allocating.applied_by_line(session, source=ask.payment_no or "")
    _lock_lines(session, list(applied))
    payment = db.lock_row(session, payments.Payment, payment_id)
    refunding.check_not_locked(session, payment_id=payment.id)
    aside = holds.set_aside_by_others(session, payment_no=payment.number, case_no=terms.subject)
    missing = ask.amount_cents - max(payment.unapplied_cents - aside, 0)
    if missing > 0:
        _free(session, ask, terms, applied=applied, cents=missing)
        payment = session.get_one(payments.Payment, payment_id)
    return refunding.approve(
        session,
        payment=payment,
        amount_cents=ask.amount_cents,
        key=terms.key,
        subject=terms.subject,
        reason=terms.reason,
        now=terms.now,
        today=terms.today,
        who=terms.who,
        rng=terms.rng,
    ).number


def _free(
    session: orm.Session, ask: Ask, terms: Terms, *, applied: dict[int, int], cents: int
) -> None:
    """Free money of the payment from its bills, by a credit or by opening them again."""
    if ask.freed_by not in (BY_CREDIT, BY_TAKING_BACK):
        raise NotFreed()
    by_credit = ask.freed_by == BY_CREDIT
    first = _line_ids(session, ask)
    room = rooms.of_payment(session, applied=applied, for_credit=by_credit, first=first)
    parts = spreading.spread(room, cents)
    freeing.take_back(
        session,
        customer_id=ask.customer_id,
        source=ask.payment_no or "",
        parts=parts,
        terms=terms.freed,
        is_credited=by_credit,
    )
    if by_credit:
        crediting.correct(
            session,
            key=f"{terms.key}:freed",
            customer_id=ask.customer_id,
            parts=parts,
            subject=terms.subject,
            reason=terms.reason,
            now=terms.now,
            today=terms.today,
            actor=terms.who.label,
            rng=terms.rng,
        )


def _correct(session: orm.Session, ask: Ask, terms: Terms) -> str:
    """Credit lines of a bill; what of them is paid is freed first and waits unapplied."""
    invoice_id = session.scalar(
        sa.select(billing.Invoice.id).where(
            billing.Invoice.number == ask.invoice_no,
            billing.Invoice.customer_id == ask.customer_id,
        )
    )
    if invoice_id is None:
        raise NoSuchInvoice()
    allocating.lock_invoices(session, invoice_ids=[invoice_id])
    room = rooms.of_invoice(session, invoice_id=invoice_id, line_numbers=ask.line_numbers)
    parts = spreading.spread(room, ask.amount_cents)
    freeing.open_up(session, customer_id=ask.customer_id, parts=parts, terms=terms.freed)
    return crediting.correct(
        session,
        key=terms.key,
        customer_id=ask.customer_id,
        parts=parts,
        subject=terms.subject,
        reason=terms.reason,
        now=terms.now,
        today=terms.today,
        actor=terms.who.label,
        rng=terms.rng,
    )


def _lock_lines(session: orm.Session, line_ids: list[int]) -> None:
    invoice_ids = session.scalars(
        sa.select(billing.InvoiceLine.invoice_id)
        .where(billing.InvoiceLine.id.in_(line_ids))
        .distinct()
    ).all()
    allocating.lock_invoices(session, invoice_ids=sorted(invoice_ids))


def _line_ids(session: orm.Session, ask: Ask) -> list[int]:
    if not ask.invoice_no:
        return []
    found = (
        sa.select(billing.InvoiceLine.id)
        .join(billing.Invoice, billing.Invoice.id == billing.InvoiceLine.invoice_id)
        .where(billing.Invoice.number == ask.invoice_no)
    )
    if ask.line_numbers:
        found = found.where(billing.InvoiceLine.number.in_(ask.line_numbers))
    return list(session.scalars(found))
