"""Writes off what is open on a bill, and back; keeps a written-off bill at nothing open."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.audit import operations as audit
from portal.domain.billing import models
from portal.domain.billing.operations import books, holds
from portal.domain.ledger import queries as ledger_queries
from portal.domain.ledger import rules as ledger
from portal.kernel import actor, errors, msgids

State = models.InvoiceState
MOVES = frozenset({ledger.Event.INVOICE_WRITTEN_OFF, ledger.Event.INVOICE_WRITTEN_BACK})


class NothingOpen(errors.DomainError):
    """Only what is open can be written off."""

    code = "invoice_nothing_open"
    message = msgids.N_("Nothing is open on this bill.")


class NotWrittenOff(errors.DomainError):
    """Only what was written off is written back."""

    code = "invoice_not_written_off"
    message = msgids.N_("Nothing of this bill is written off.")


def write_off(
    session: orm.Session,
    *,
    invoice: models.Invoice,
    reason: str,
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
) -> int:
    """Ask for nothing more of the (locked) bill; the cents. Raises NothingOpen.

    What was paid of it stays paid. The caller has locked the customer.
    """
    if invoice.state is not State.ISSUED:
        raise NothingOpen()
    invoice.state, invoice.open_cents = State.WRITTEN_OFF, 0
    lines = _lines(session, [invoice.id], models.InvoiceLine.open_cents > 0)
    moved = {line.id: line.open_cents for line in lines}
    cents = _close(session, lines, moved, now=now, today=today, who=who)
    holds.lift_all(session, customer_id=invoice.customer_id, subject=invoice.number, now=now)
    _audit(session, invoice, "billing.written_off", cents, reason=reason, now=now, who=who)
    return cents


def write_back(
    session: orm.Session,
    *,
    invoice: models.Invoice,
    reason: str,
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
) -> int:
    """Open the (locked) bill again, with its own due day; the cents. Raises NotWrittenOff."""
    lines = _lines(session, [invoice.id], models.InvoiceLine.closed_cents > 0)
    if invoice.state is not State.WRITTEN_OFF or not lines:
        raise NotWrittenOff()
    moved = {line.id: line.closed_cents for line in lines}
    cents = sum(moved.values())
    invoice.state, invoice.open_cents = State.ISSUED, cents
    _close(
        session,
        lines,
        {line_id: -part for line_id, part in moved.items()},
        now=now,
        today=today,
        who=who,
    )
    _audit(session, invoice, "billing.written_back", cents, reason=reason, now=now, who=who)
    return cents


def level(
    session: orm.Session,
    *,
    line_ids: Collection[int],
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
) -> int:
    """Write off, too, what opened of written-off bills when money was taken from these lines."""
    lines = _lines(
        session,
        None,
        models.InvoiceLine.id.in_(list(line_ids)),
        models.InvoiceLine.open_cents > 0,
        models.Invoice.state == State.WRITTEN_OFF,
    )
    moved = {line.id: line.open_cents for line in lines}
    return _close(session, lines, moved, now=now, today=today, who=who)


def lessen(
    session: orm.Session,
    *,
    parts: Mapping[int, int],
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
) -> dict[int, int]:
    """Take back the write-off of lines (line id → cents at most) that are credited at once.

    What was taken back of each; the bill itself stays written off.
    """
    lines = _lines(
        session,
        None,
        models.InvoiceLine.id.in_(list(parts)),
        models.InvoiceLine.closed_cents > 0,
        models.Invoice.state == State.WRITTEN_OFF,
    )
    moved = {line.id: min(parts[line.id], line.closed_cents) for line in lines}
    moved = {line_id: cents for line_id, cents in moved.items() if cents > 0}
    back = {line_id: -cents for line_id, cents in moved.items()}
    _close(session, [li for li in lines if li.id in moved], back, now=now, today=today, who=who)
    return moved


def _lines(
    session: orm.Session, invoice_ids: Collection[int] | None, *where: sa.ColumnElement[bool]
) -> Sequence[models.InvoiceLine]:
    found = (
        sa.select(models.InvoiceLine)
        .join(models.Invoice, models.Invoice.id == models.InvoiceLine.invoice_id)
        .where(*where)
        .order_by(models.InvoiceLine.invoice_id, models.InvoiceLine.number)
        .execution_options(populate_existing=True)
    )
    if invoice_ids is not None:
        found = found.where(models.InvoiceLine.invoice_id.in_(list(invoice_ids)))
    session.flush()
    return session.scalars(found).all()


def _close(
    session: orm.Session,
    lines: Sequence[models.InvoiceLine],
    moved: Mapping[int, int],
    *,
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
) -> int:
    """Move cents of lines from open to written off (back, below zero): one entry a bill."""
    for line in lines:
        line.open_cents -= moved[line.id]
        line.closed_cents += moved[line.id]
    session.flush()
    for invoice_id in dict.fromkeys(line.invoice_id for line in lines):
        invoice = session.get_one(models.Invoice, invoice_id)
        charges = [
            ledger.Charge(
                kind=str(line.kind),
                cents=abs(moved[line.id]),
                customer_id=invoice.customer_id,
                invoice_id=invoice_id,
            )
            for line in lines
            if line.invoice_id == invoice_id
        ]
        is_back = any(moved[line.id] < 0 for line in lines)
        _post(session, invoice, charges, is_back=is_back, now=now, today=today, who=who)
    return sum(moved[line.id] for line in lines)


def _post(
    session: orm.Session,
    invoice: models.Invoice,
    charges: Sequence[ledger.Charge],
    *,
    is_back: bool,
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
) -> None:
    event = ledger.Event.INVOICE_WRITTEN_BACK if is_back else ledger.Event.INVOICE_WRITTEN_OFF
    before = ledger_queries.count_about(session, subject=invoice.number, events=MOVES)
    recipe = ledger.invoice_written_back if is_back else ledger.invoice_written_off
    books.post(
        session,
        key=f"{event}:{invoice.number}:{before + 1}",
        event=event,
        booked_on=today,
        now=now,
        subject=invoice.number,
        actor=who.label,
        postings=recipe(charges),
    )


def _audit(
    session: orm.Session,
    invoice: models.Invoice,
    action: str,
    cents: int,
    *,
    reason: str,
    now: datetime.datetime,
    who: actor.Actor,
) -> None:
    audit.record(
        session,
        who=who,
        action=action,
        subject=invoice.number,
        now=now,
        customer_id=invoice.customer_id,
        amount_cents=cents,
        reason=reason,
    )
