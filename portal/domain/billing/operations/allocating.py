"""Applies money to invoice lines and takes it back; keeps lines and invoices in step."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models
from portal.domain.billing.queries import held, plans
from portal.domain.billing.rules import allocation
from portal.domain.ledger import rules as ledger
from portal.domain.policies import models as policies

# Statements of the way of every payment are made once: to build one costs as much as to run it.
_IDS = sa.bindparam("invoice_ids", expanding=True)


def locking(invoice_ids: sa.BindParameter | sa.Select[tuple[int]]) -> sa.Select:
    """The statement that locks invoices in order of id: after the customer, before the payment."""
    return (
        sa.select(models.Invoice.id, models.Invoice.number, models.Invoice.open_cents)
        .where(models.Invoice.id.in_(invoice_ids))
        .order_by(models.Invoice.id)
        .with_for_update()
    )


_LOCK = locking(_IDS)


def lock_invoices(session: orm.Session, *, invoice_ids: Sequence[int]) -> Sequence[sa.Row]:
    """Lock invoices in order of id: id, number and open cents of each."""
    return session.execute(_LOCK, {"invoice_ids": list(invoice_ids)}).all()


def apply(
    session: orm.Session,
    *,
    source: str,
    cents: int,
    invoice_ids: Sequence[int],
    named_lines: frozenset[tuple[int, int]] = frozenset(),
    now: datetime.datetime,
    today: datetime.date,
) -> tuple[tuple[ledger.Charge, ...], int]:
    """Apply `cents` of the payment or credit `source` to open lines of the locked invoices.

    Returns what was applied as charges for the ledger, and what is left unapplied. Lines in
    `named_lines` (invoice id, line number) are paid although they are disputed.
    """
    rule = rule_in_force(session, on=today)
    rows = _open_lines(session, invoice_ids)
    placed = allocation.allocate(_for_rule(rows, named_lines), cents, rule)
    by_line = {part.line_id: part.cents for part in placed.allocated}
    _write(session, source=source, moves=by_line, rule=str(rule), now=now)
    _refresh(session, invoice_ids=invoice_ids, today=today)
    return _charges(rows, by_line), placed.unapplied_cents


_RULE = (
    sa.select(models.BillingPlan.allocation_rule)
    .where(
        models.BillingPlan.code == plans.STANDARD,
        models.BillingPlan.valid_from <= sa.bindparam("on"),
    )
    .order_by(models.BillingPlan.valid_from.desc())
    .limit(1)
)


def rule_in_force(session: orm.Session, *, on: datetime.date) -> allocation.AllocationRule:
    """The rule of the billing plan as it holds on `on`, a day of the insurer's calendar."""
    return allocation.AllocationRule(session.scalars(_RULE, {"on": on}).one())


def open_lines(
    session: orm.Session, *, invoice_ids: Sequence[int]
) -> tuple[allocation.OpenLine, ...]:
    """What is open on the invoices, as the rule sees it."""
    return _for_rule(_open_lines(session, invoice_ids))


def apply_to_lines(
    session: orm.Session,
    *,
    source: str,
    parts: Mapping[int, int],
    rule: str,
    now: datetime.datetime,
    today: datetime.date,
) -> tuple[ledger.Charge, ...]:
    """Apply exact cents to exact lines (line id → cents above zero), all of them open enough."""
    rows = _lines(session, list(parts))
    _write(session, source=source, moves=parts, rule=rule, now=now)
    _refresh(session, invoice_ids=sorted({row.invoice_id for row in rows}), today=today)
    return _charges(rows, parts)


def take_back(
    session: orm.Session,
    *,
    source: str,
    parts: Mapping[int, int],
    rule: str,
    now: datetime.datetime,
    today: datetime.date,
) -> tuple[ledger.Charge, ...]:
    """Take exact cents of `source` off lines; they open again with their original due days."""
    rows = _lines(session, list(parts))
    moves = {line_id: -cents for line_id, cents in parts.items()}
    _write(session, source=source, moves=moves, rule=rule, now=now)
    _refresh(session, invoice_ids=sorted({row.invoice_id for row in rows}), today=today)
    return _charges(rows, parts)


def applied_by_line(session: orm.Session, *, source: str) -> dict[int, int]:
    """What stands of `source` on each line, in cents; lines with nothing left are absent."""
    rows = session.execute(
        sa.select(models.Allocation.line_id, sa.func.sum(models.Allocation.cents))
        .where(models.Allocation.source == source)
        .group_by(models.Allocation.line_id)
        .having(sa.func.sum(models.Allocation.cents) > 0)
        .order_by(models.Allocation.line_id)
    )
    return {line_id: int(cents) for line_id, cents in rows}


# Cents of a line under an active overdue hold: of its own, or of its whole policy.
_ON_LINE = (
    sa.select(sa.func.coalesce(sa.func.sum(models.Hold.amount_cents), 0))
    .where(
        models.Hold.subject == models.Invoice.number,
        models.Hold.customer_id == models.Invoice.customer_id,
        models.Hold.kind == models.HoldKind.OVERDUE,
        models.Hold.lifted_at.is_(None),
        models.Hold.line_number == models.InvoiceLine.number,
    )
    .correlate(models.Invoice, models.InvoiceLine)
    .scalar_subquery()
)
_DISPUTED = sa.case(
    (held.is_whole(models.HoldKind.OVERDUE), models.InvoiceLine.open_cents), else_=_ON_LINE
)
_LINE_COLUMNS = (
    models.InvoiceLine.id,
    models.InvoiceLine.invoice_id,
    models.InvoiceLine.number,
    models.InvoiceLine.kind,
    models.InvoiceLine.open_cents,
    models.Invoice.number.label("invoice_no"),
    models.Invoice.customer_id,
    models.Invoice.due_on,
    policies.Policy.number.label("policy_no"),
)
_LINES = (
    sa.select(*_LINE_COLUMNS)
    .join(models.Invoice, models.Invoice.id == models.InvoiceLine.invoice_id)
    .join(policies.Policy, policies.Policy.id == models.Invoice.policy_id)
    .order_by(models.InvoiceLine.id)
)
_OPEN_LINES = _LINES.add_columns(_DISPUTED.label("disputed_cents")).where(
    models.InvoiceLine.invoice_id.in_(_IDS),
    models.InvoiceLine.open_cents > 0,
    models.Invoice.state == models.InvoiceState.ISSUED,
)
_CHOSEN_LINES = _LINES.where(
    models.InvoiceLine.id.in_(sa.bindparam("line_ids", expanding=True)),
)


def _for_rule(
    rows: Sequence[sa.Row], named_lines: frozenset[tuple[int, int]] = frozenset()
) -> tuple[allocation.OpenLine, ...]:
    return tuple(
        allocation.OpenLine(
            line_id=row.id,
            invoice_no=row.invoice_no,
            policy_no=row.policy_no,
            due_on=row.due_on,
            kind=row.kind,
            line_number=row.number,
            open_cents=row.open_cents,
            disputed_cents=min(int(row.disputed_cents), row.open_cents),
            chosen=True,
            named=(row.invoice_id, row.number) in named_lines,
        )
        for row in rows
    )


def _open_lines(session: orm.Session, invoice_ids: Sequence[int]) -> list[sa.Row]:
    return list(session.execute(_OPEN_LINES, {"invoice_ids": list(invoice_ids)}))


def _lines(session: orm.Session, line_ids: Sequence[int]) -> list[sa.Row]:
    return list(session.execute(_CHOSEN_LINES, {"line_ids": list(line_ids)}))


_ALLOCATE = sa.insert(models.Allocation.__table__)
_TABLE = models.InvoiceLine.__table__
_MOVE = (
    sa.update(_TABLE)
    .where(_TABLE.c.id == sa.bindparam("line"))
    .values(open_cents=_TABLE.c.open_cents - sa.bindparam("moved"))
)


def _write(
    session: orm.Session,
    *,
    source: str,
    moves: Mapping[int, int],
    rule: str,
    now: datetime.datetime,
) -> None:
    """Insert allocation rows and move the open amounts of their lines."""
    if not moves:
        return
    session.execute(
        _ALLOCATE,
        [
            {"line_id": line_id, "source": source, "cents": cents, "rule": rule, "at": now}
            for line_id, cents in moves.items()
        ],
    )
    session.execute(
        _MOVE, [{"line": line_id, "moved": cents} for line_id, cents in sorted(moves.items())]
    )


def _refreshing() -> sa.Update:
    lines = (
        sa.select(
            models.InvoiceLine.invoice_id,
            sa.func.sum(models.InvoiceLine.open_cents).label("open_cents"),
        )
        .where(models.InvoiceLine.invoice_id.in_(_IDS))
        .group_by(models.InvoiceLine.invoice_id)
        .subquery()
    )
    is_closed = lines.c.open_cents == 0
    table = models.Invoice.__table__
    today = sa.bindparam("today", type_=sa.Date)
    return (
        sa.update(table)
        .where(
            table.c.id == lines.c.invoice_id,
            table.c.state.in_([models.InvoiceState.ISSUED, models.InvoiceState.PAID]),
        )
        .values(
            open_cents=lines.c.open_cents,
            state=sa.case((is_closed, "paid"), else_="issued"),
            paid_on=sa.case((is_closed, sa.func.coalesce(table.c.paid_on, today)), else_=None),
        )
    )


_REFRESH = _refreshing()


def _refresh(session: orm.Session, *, invoice_ids: Sequence[int], today: datetime.date) -> None:
    """Set open amount, state and paid day of invoices from their lines."""
    if invoice_ids:
        session.execute(_REFRESH, {"invoice_ids": list(invoice_ids), "today": today})


def _charges(rows: Sequence[sa.Row], cents: Mapping[int, int]) -> tuple[ledger.Charge, ...]:
    return tuple(
        ledger.Charge(
            kind=str(row.kind),
            cents=cents[row.id],
            customer_id=row.customer_id,
            invoice_id=row.invoice_id,
        )
        for row in rows
        if cents.get(row.id)
    )
