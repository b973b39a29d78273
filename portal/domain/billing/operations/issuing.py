"""Turns installments that are due for billing into invoices with lines and their entries."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models
from portal.domain.billing.operations import books
from portal.domain.billing.rules.charges import ChargeKind
from portal.domain.ledger import rules as ledger
from portal.domain.policies import models as policies
from portal.kernel import ids

# the order of lines on an invoice, and the installment's column each comes from
LINES = (
    (ChargeKind.PREMIUM, "premium_cents"),
    (ChargeKind.TAX, "tax_cents"),
    (ChargeKind.POLICY_FEE, "policy_fee_cents"),
    (ChargeKind.INSTALLMENT_FEE, "installment_fee_cents"),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Issued:
    """An invoice just issued."""

    invoice_id: int
    number: str
    customer_id: int
    policy_id: int
    due_on: datetime.date
    total_cents: int


def start_run(session: orm.Session, *, on: datetime.date, now: datetime.datetime) -> int:
    """Begin a billing run; its id."""
    run = models.BillingRun(on_date=on, started_at=now)
    session.add(run)
    session.flush()
    return run.id


def finish_run(session: orm.Session, *, run_id: int, issued: int, now: datetime.datetime) -> None:
    """Write down that a run is over and how many invoices it issued."""
    session.execute(
        sa.update(models.BillingRun)
        .where(models.BillingRun.id == run_id)
        .values(finished_at=now, issued=issued)
    )


def issue_batch(
    session: orm.Session,
    *,
    on: datetime.date,
    now: datetime.datetime,
    run_id: int,
    rng: ids.Bits,
    actor: str,
    limit: int = 200,
) -> tuple[Issued, ...]:
    """Issue up to `limit` installments whose issue day is `on` or before; empty when none is left.

    Each installment is billed exactly once: its row is locked, others skip it, and it carries
    its invoice from then on. A period that begins when its policy is already cancelled is
    never billed.
    """
    rows = session.execute(_waiting(on, limit)).all()
    # accounts are locked in order of customer, so that two runs at once never wait in a ring
    found = sorted(rows, key=lambda row: (row.customer_id, row.id))
    if not found:
        return ()
    values = [_invoice_row(row, on=on, now=now, run_id=run_id, rng=rng) for row in found]
    made = session.execute(
        sa.insert(models.Invoice).returning(
            models.Invoice.id, models.Invoice.number, sort_by_parameter_order=True
        ),
        values,
    ).all()
    _write_lines(session, found, made, on=on, now=now, actor=actor)
    return tuple(
        Issued(
            invoice_id=invoice_id,
            number=number,
            customer_id=row.customer_id,
            policy_id=row.policy_id,
            due_on=row.due_on,
            total_cents=_total(row),
        )
        for row, (invoice_id, number) in zip(found, made, strict=True)
    )


def _write_lines(
    session: orm.Session,
    found: Sequence[sa.Row],
    made: Sequence[sa.Row],
    *,
    on: datetime.date,
    now: datetime.datetime,
    actor: str,
) -> None:
    """The lines and the entry of each new invoice; its installment is billed from then on."""
    lines: list[dict] = []
    for row, (invoice_id, number) in zip(found, made, strict=True):
        charges = _charges(row, invoice_id)
        lines += [
            {
                "invoice_id": invoice_id,
                "number": place,
                "kind": charge.kind,
                "amount_cents": charge.cents,
                "open_cents": charge.cents,
                "rule": f"installment-{row.sequence}",
            }
            for place, charge in enumerate(charges, start=1)
        ]
        books.post(
            session,
            key=f"issued:{number}",
            event=ledger.Event.INVOICE_ISSUED,
            booked_on=on,
            now=now,
            subject=number,
            actor=actor,
            postings=ledger.invoice_issued(charges),
        )
    session.execute(sa.insert(models.InvoiceLine), lines)
    session.execute(
        sa.update(models.Installment)
        .where(models.Installment.id.in_([row.id for row in found]))
        .values(billed_at=now)
    )


def _waiting(on: datetime.date, limit: int) -> sa.Select:
    table = models.Installment
    return (
        sa.select(
            table.id,
            table.sequence,
            table.period_start_on,
            table.period_end_on,
            table.due_on,
            *(getattr(table, column) for _, column in LINES),
            policies.Policy.customer_id,
            policies.Policy.id.label("policy_id"),
        )
        .join(policies.Term, policies.Term.id == table.term_id)
        .join(policies.Policy, policies.Policy.id == policies.Term.policy_id)
        .where(
            table.billed_at.is_(None),
            table.issue_on <= on,
            sa.or_(
                policies.Policy.cancelled_on.is_(None),
                policies.Policy.cancelled_on > table.period_start_on,
            ),
        )
        .order_by(table.issue_on, table.id)
        .limit(limit)
        .with_for_update(of=table, skip_locked=True)
    )


def _invoice_row(
    row: sa.Row, *, on: datetime.date, now: datetime.datetime, run_id: int, rng: ids.Bits
) -> dict:
    return {
        "number": ids.new(ids.Prefix.INVOICE, rng),
        "customer_id": row.customer_id,
        "policy_id": row.policy_id,
        "installment_id": row.id,
        "run_id": run_id,
        "state": models.InvoiceState.ISSUED,
        "issued_on": on,
        "due_on": row.due_on,
        "period_start_on": row.period_start_on,
        "period_end_on": row.period_end_on,
        "total_cents": _total(row),
        "open_cents": _total(row),
        "created_at": now,
    }


def _charges(row: sa.Row, invoice_id: int) -> Sequence[ledger.Charge]:
    return [
        ledger.Charge(
            kind=str(kind),
            cents=getattr(row, column),
            customer_id=row.customer_id,
            invoice_id=invoice_id,
        )
        for kind, column in LINES
        if getattr(row, column)
    ]


def _total(row: sa.Row) -> int:
    return sum(getattr(row, column) for _, column in LINES)
