"""The installments of a term that are not billed yet, taken, planned anew and written back."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models
from portal.domain.billing.rules import replanning
from portal.domain.billing.rules.charges import COVER, ChargeKind

_PART = tuple(getattr(models.Installment, f.name) for f in dataclasses.fields(replanning.Part))


def take(session: orm.Session, *, term_id: int) -> tuple[replanning.Part, ...]:
    """What is not billed yet, in order, locked; what was set aside is among it.

    The caller has locked the customer's account, as a billing run does before.
    """
    rows = session.execute(
        sa.select(*_PART)
        .where(models.Installment.term_id == term_id, models.Installment.invoice_id.is_(None))
        .order_by(models.Installment.sequence)
        .with_for_update()
    )
    return tuple(replanning.Part(**row._mapping) for row in rows)


def put(
    session: orm.Session, *, term_id: int, parts: Sequence[replanning.Part]
) -> tuple[replanning.Part, ...]:
    """Write `parts` in the place of all that is not billed yet; as they are written.

    They are counted on from what is billed. A part without premium, tax and policy fee is none:
    its installment fee falls away with it.
    """
    table = models.Installment
    session.execute(sa.delete(table).where(table.term_id == term_id, table.invoice_id.is_(None)))
    after = _last(session, term_id)
    kept = [part for part in parts if part.total_cents > part.installment_fee_cents]
    counted = tuple(
        dataclasses.replace(part, sequence=after + place)
        for place, part in enumerate(kept, start=1)
    )
    if counted:
        session.execute(
            sa.insert(table),
            [{"term_id": term_id, **dataclasses.asdict(part)} for part in counted],
        )
    return counted


def _last(session: orm.Session, term_id: int) -> int:
    """The highest number of an installment of the term, 0 without any."""
    return int(
        session.scalar(
            sa.select(sa.func.coalesce(sa.func.max(models.Installment.sequence), 0)).where(
                models.Installment.term_id == term_id
            )
        )
        or 0
    )


def add(
    session: orm.Session,
    *,
    term_id: int,
    period: tuple[datetime.date, datetime.date],
    due_on: datetime.date,
    today: datetime.date,
    premium_cents: int,
    tax_cents: int,
    policy_fee_cents: int = 0,
    installment_fee_cents: int = 0,
) -> int:
    """One more installment, to be billed at once; its row id."""
    row = models.Installment(
        term_id=term_id,
        sequence=_last(session, term_id) + 1,
        period_start_on=period[0],
        period_end_on=period[1],
        issue_on=today,
        due_on=due_on,
        premium_cents=premium_cents,
        tax_cents=tax_cents,
        policy_fee_cents=policy_fee_cents,
        installment_fee_cents=installment_fee_cents,
    )
    session.add(row)
    session.flush()
    return row.id


@dataclasses.dataclass(frozen=True, kw_only=True)
class Billed:
    """A line of the term that was billed: cents, less what was given back since."""

    line_id: int
    customer_id: int  # of its bill, who may have handed the policy over since
    kind: ChargeKind
    cents: int
    room_cents: int  # what could go back still: less what was corrected, too


def billed(
    session: orm.Session, *, term_id: int, kinds: Collection[ChargeKind] = COVER
) -> tuple[Billed, ...]:
    """Lines of these kinds (premium and tax) of the term on bills, the last due first."""
    corrected = (
        sa.select(sa.func.coalesce(sa.func.sum(models.Allocation.cents), 0))
        .where(
            models.Allocation.line_id == models.InvoiceLine.id,
            models.Allocation.rule == "correction",
        )
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(
            models.InvoiceLine.id,
            models.Invoice.customer_id,
            models.InvoiceLine.kind,
            (models.InvoiceLine.amount_cents - models.InvoiceLine.returned_cents).label("cents"),
            corrected.label("corrected"),
        )
        .join(models.Invoice, models.Invoice.id == models.InvoiceLine.invoice_id)
        .join(models.Installment, models.Installment.id == models.InvoiceLine.installment_id)
        .where(
            models.Installment.term_id == term_id,
            models.InvoiceLine.kind.in_(sorted(kinds)),
            models.Invoice.state != models.InvoiceState.VOIDED,
        )
        .order_by(models.Invoice.due_on.desc(), models.InvoiceLine.id)
    )
    return tuple(
        Billed(
            line_id=row.id,
            customer_id=row.customer_id,
            kind=row.kind,
            cents=row.cents,
            room_cents=row.cents - int(row.corrected),
        )
        for row in rows
    )


def to_return(lines: Sequence[Billed], *, premium_cents: int, tax_cents: int) -> dict[int, int]:
    """Which lines give up how much (line id → cents), the last due first."""
    parts: dict[int, int] = {}
    left = {ChargeKind.PREMIUM: premium_cents, ChargeKind.TAX: tax_cents}
    for line in lines:
        part = min(left[line.kind], line.room_cents)
        if part > 0:
            parts[line.line_id] = part
            left[line.kind] -= part
    if any(left.values()):
        raise ValueError(f"{left} more than was billed is to go back")
    return parts
