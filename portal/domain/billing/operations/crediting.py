"""Gives credits: corrections of what was billed, and goodwill; never a negative charge."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models
from portal.domain.billing.operations import allocating, books, earning
from portal.domain.billing.rules.charges import ChargeKind
from portal.domain.ledger import rules as ledger
from portal.domain.policies import operations as policies
from portal.kernel import errors, ids, msgids


class NothingToCredit(errors.DomainError):
    """More is to be credited than is open on the lines."""

    code = "credit_too_large"
    message = msgids.N_("This is more than is open on the bill.")


def correct(
    session: orm.Session,
    *,
    key: str,
    customer_id: int,
    parts: Mapping[int, int],
    subject: str,
    reason: str,
    now: datetime.datetime,
    today: datetime.date,
    actor: str,
    rng: ids.Bits,
) -> str:
    """Credit exact cents on exact open lines (line id → cents) that were wrongly billed.

    Money that pays such a line must be taken back first. Premium that is credited no longer
    counts as charged on its term, so the next earning entry corrects what was earned of it.
    The credit's public number. Raises NothingToCredit when a line is not open that far.
    """
    number = _credit_lines(
        session,
        kind=models.CreditKind.CORRECTION,
        event=ledger.Event.CORRECTION,
        key=key,
        customer_id=customer_id,
        parts=parts,
        subject=subject,
        reason=reason,
        now=now,
        today=today,
        actor=actor,
        rng=rng,
    )
    _correct_terms(session, parts)
    return number


def return_premium(
    session: orm.Session,
    *,
    key: str,
    customer_id: int,
    parts: Mapping[int, int],
    subject: str,
    reason: str,
    now: datetime.datetime,
    today: datetime.date,
    actor: str,
    rng: ids.Bits,
) -> str:
    """Credit exact cents on exact open lines (line id → cents): premium of days not covered.

    As `correct`, but the term itself says already what it costs now; the lines remember what was
    given back, so that it buys no cover. Raises NothingToCredit when a line is not open that far.
    """
    number = _credit_lines(
        session,
        kind=models.CreditKind.RETURN_PREMIUM,
        event=ledger.Event.RETURN_PREMIUM,
        key=key,
        customer_id=customer_id,
        parts=parts,
        subject=subject,
        reason=reason,
        now=now,
        today=today,
        actor=actor,
        rng=rng,
    )
    for line_id, cents in sorted(parts.items()):
        session.execute(
            sa.update(models.InvoiceLine)
            .where(models.InvoiceLine.id == line_id)
            .values(returned_cents=models.InvoiceLine.returned_cents + cents)
        )
    return number


def goodwill(
    session: orm.Session,
    *,
    key: str,
    customer_id: int,
    cents: int,
    subject: str,
    reason: str,
    now: datetime.datetime,
    today: datetime.date,
    actor: str,
    rng: ids.Bits,
) -> str:
    """Give `cents`; they close the customer's open charges, oldest first, the rest is unapplied.

    The credit's public number.
    """
    credit = _give(
        session,
        key=key,
        kind=models.CreditKind.GOODWILL,
        customer_id=customer_id,
        cents=cents,
        subject=subject,
        reason=reason,
        now=now,
        actor=actor,
        rng=rng,
    )
    closed, left = _close_oldest(
        session, credit=credit, customer_id=customer_id, now=now, today=today
    )
    session.execute(
        sa.update(models.Credit)
        .where(models.Credit.number == credit.number)
        .values(unapplied_cents=left)
    )
    books.post(
        session,
        key=f"credit:{credit.number}",
        event=ledger.Event.GOODWILL_CREDIT,
        booked_on=today,
        now=now,
        subject=credit.number,
        actor=actor,
        postings=ledger.goodwill_credit(amount_cents=cents, closed=closed, customer_id=customer_id),
        memo=subject,
    )
    return credit.number


def _close_oldest(
    session: orm.Session,
    *,
    credit: models.Credit,
    customer_id: int,
    now: datetime.datetime,
    today: datetime.date,
) -> tuple[tuple[ledger.Charge, ...], int]:
    """Apply the credit to the customer's open invoices; what it closed, and what is left."""
    open_ids = session.scalars(
        sa.select(models.Invoice.id).where(
            models.Invoice.customer_id == customer_id,
            models.Invoice.state == models.InvoiceState.ISSUED,
        )
    ).all()
    allocating.lock_invoices(session, invoice_ids=open_ids)
    return allocating.apply(
        session,
        source=credit.number,
        cents=credit.amount_cents,
        invoice_ids=open_ids,
        now=now,
        today=today,
    )


def _give(
    session: orm.Session,
    *,
    key: str,
    kind: models.CreditKind,
    customer_id: int,
    cents: int,
    subject: str,
    reason: str,
    now: datetime.datetime,
    actor: str,
    rng: ids.Bits,
) -> models.Credit:
    credit = models.Credit(
        number=ids.new(ids.Prefix.CREDIT, rng),
        key=key,
        customer_id=customer_id,
        kind=kind,
        amount_cents=cents,
        reason=reason,
        subject=subject,
        created_at=now,
        created_by=actor,
    )
    session.add(credit)
    session.flush()
    return credit


def _credit_lines(
    session: orm.Session,
    *,
    kind: models.CreditKind,
    event: ledger.Event,
    key: str,
    customer_id: int,
    parts: Mapping[int, int],
    subject: str,
    reason: str,
    now: datetime.datetime,
    today: datetime.date,
    actor: str,
    rng: ids.Bits,
) -> str:
    """A credit of exact cents on exact open lines, closed and posted; its public number."""
    _check_open(session, parts)
    credit = _give(
        session,
        key=key,
        kind=kind,
        customer_id=customer_id,
        cents=sum(parts.values()),
        subject=subject,
        reason=reason,
        now=now,
        actor=actor,
        rng=rng,
    )
    closed = allocating.apply_to_lines(
        session, source=credit.number, parts=parts, rule=str(kind), now=now, today=today
    )
    books.post(
        session,
        key=f"credit:{credit.number}",
        event=event,
        booked_on=today,
        now=now,
        subject=credit.number,
        actor=actor,
        postings=ledger.correction(credited=closed, closed=closed, customer_id=customer_id),
        memo=subject,
    )
    return credit.number


def _check_open(session: orm.Session, parts: Mapping[int, int]) -> None:
    rows = session.execute(
        sa.select(models.InvoiceLine.id, models.InvoiceLine.open_cents).where(
            models.InvoiceLine.id.in_(list(parts))
        )
    )
    open_by_line = dict(rows.all())
    if not parts or any(open_by_line.get(i, 0) < cents for i, cents in parts.items()):
        raise NothingToCredit()


def _correct_terms(session: orm.Session, parts: Mapping[int, int]) -> None:
    rows = session.execute(
        sa.select(models.InvoiceLine.id, models.Installment.term_id)
        .join(models.Installment, models.Installment.id == models.InvoiceLine.installment_id)
        .where(
            models.InvoiceLine.id.in_(list(parts)),
            models.InvoiceLine.kind == ChargeKind.PREMIUM,
        )
    )
    by_term: dict[int, int] = {}
    for line_id, term_id in rows:
        by_term[term_id] = by_term.get(term_id, 0) + parts[line_id]
    earning.before_change(session, term_ids=list(by_term))
    for term_id, cents in sorted(by_term.items()):
        policies.correct_premium(session, term_id=term_id, cents=cents)
