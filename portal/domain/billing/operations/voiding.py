"""Voids a bill: the mirror of its issue, and its installments free again; frees no money itself."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.audit import operations as audit
from portal.domain.billing import models
from portal.domain.billing.operations import books, holds
from portal.domain.billing.rules.charges import PLANNED
from portal.domain.ledger import rules as ledger
from portal.domain.policies import models as policies
from portal.kernel import actor, db, errors, msgids


class VoidedAlready(errors.DomainError):
    """A bill is withdrawn once."""

    code = "invoice_voided"
    message = msgids.N_("This bill is withdrawn already.")


class WrittenOff(errors.DomainError):
    """What is written off is written back first."""

    code = "invoice_written_off"
    message = msgids.N_("This bill is written off. Write it back first.")


class StillPaid(Exception):
    """Money stands on the bill: whoever voids it frees that first."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Voided:
    """What was withdrawn: cents asked for no more, and the installments that are free again."""

    invoice_id: int
    number: str
    cents: int
    installment_ids: tuple[int, ...]
    freed: Mapping[str, int] = dataclasses.field(default_factory=dict)  # by payment or credit


def lock(session: orm.Session, *, invoice_id: int) -> models.Invoice:
    """The bill, locked, if it can be withdrawn. Raises VoidedAlready, WrittenOff."""
    invoice = db.lock_row(session, models.Invoice, invoice_id)
    if invoice.state is models.InvoiceState.VOIDED:
        raise VoidedAlready()
    if invoice.state is models.InvoiceState.WRITTEN_OFF:
        raise WrittenOff()
    return invoice


def void(
    session: orm.Session,
    *,
    invoice: models.Invoice,
    reason: str,
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
) -> Voided:
    """Withdraw the (locked) bill, on which no money stands any more.

    Premium that went back before stays gone: only the rest is withdrawn and planned again. The
    caller has locked the customer. Raises StillPaid.
    """
    lines = session.scalars(
        sa.select(models.InvoiceLine)
        .where(models.InvoiceLine.invoice_id == invoice.id)
        .order_by(models.InvoiceLine.number)
        .execution_options(populate_existing=True)
    ).all()
    if any(line.open_cents + line.returned_cents != line.amount_cents for line in lines):
        raise StillPaid(invoice.number)
    charges = _charges(invoice, lines)
    freed = _free_installments(session, lines)
    for line in lines:
        line.closed_cents, line.open_cents, line.installment_id = line.open_cents, 0, None
    invoice.state, invoice.open_cents = models.InvoiceState.VOIDED, 0
    invoice.paid_on = None
    holds.lift_all(session, customer_id=invoice.customer_id, subject=invoice.number, now=now)
    session.flush()
    cents = _post(session, invoice, charges, now=now, today=today, who=who)
    audit.record(
        session,
        who=who,
        action="billing.voided",
        subject=invoice.number,
        now=now,
        customer_id=invoice.customer_id,
        amount_cents=cents,
        reason=reason,
        installments=list(freed),
    )
    return Voided(
        invoice_id=invoice.id, number=invoice.number, cents=cents, installment_ids=tuple(freed)
    )


def _charges(invoice: models.Invoice, lines: Sequence[models.InvoiceLine]) -> list[ledger.Charge]:
    """What is still asked for, by line."""
    return [
        ledger.Charge(
            kind=str(line.kind),
            cents=line.open_cents,
            customer_id=invoice.customer_id,
            invoice_id=invoice.id,
        )
        for line in lines
        if line.open_cents
    ]


def _post(
    session: orm.Session,
    invoice: models.Invoice,
    charges: Sequence[ledger.Charge],
    *,
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
) -> int:
    """The mirror of what was still asked for; its cents."""
    if charges:
        books.post(
            session,
            key=f"voided:{invoice.number}",
            event=ledger.Event.INVOICE_VOIDED,
            booked_on=today,
            now=now,
            subject=invoice.number,
            actor=who.label,
            postings=ledger.invoice_voided(charges),
        )
    return sum(charge.cents for charge in charges)


def _free_installments(session: orm.Session, lines: Sequence[models.InvoiceLine]) -> list[int]:
    """Plan what the bill had again, less what went back; the ids of those that are still wanted.

    One of which nothing but its fee is left is dropped, as wherever a term is planned.
    """
    by_id: dict[int, models.Installment] = {}
    for part, effective_on, ended_on in session.execute(
        sa.select(models.Installment, policies.Term.effective_on, policies.Term.ended_on)
        .join(policies.Term, policies.Term.id == models.Installment.term_id)
        .where(models.Installment.invoice_id == lines[0].invoice_id)
        .order_by(models.Installment.sequence)
        .with_for_update(of=models.Installment)
        .execution_options(populate_existing=True)
    ):
        by_id[part.id] = part
        if ended_on is not None:  # what stays owed is for days before the end
            last_day = ended_on - datetime.timedelta(days=1)
            part.period_start_on = max(effective_on, min(part.period_start_on, last_day))
    for line in lines:
        if line.installment_id in by_id and line.returned_cents and line.kind in PLANNED:
            part, name = by_id[line.installment_id], f"{line.kind}_cents"
            setattr(part, name, getattr(part, name) - line.returned_cents)
    free = []
    for part in by_id.values():
        part.invoice_id = None
        if part.premium_cents + part.tax_cents + part.policy_fee_cents > 0:
            free.append(part.id)
    session.execute(
        sa.update(models.InvoiceLine)
        .where(models.InvoiceLine.invoice_id == lines[0].invoice_id)
        .values(installment_id=None)
    )
    session.flush()
    dropped = set(by_id) - set(free)
    if dropped:
        session.execute(sa.delete(models.Installment).where(models.Installment.id.in_(dropped)))
    return free
