"""What billing runs did, are doing and would do; what they set aside and why."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import itertools
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models
from portal.domain.billing.operations import catching_up, issuing_sql
from portal.domain.billing.rules import billable
from portal.domain.billing.rules.charges import PLANNED, ChargeKind

SHOWN = 50
AT_ONCE = 5_000  # rows of a forecast in memory


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run:
    """One run. `found` is what waited when it began; what is left is still to be done."""

    id: int
    on_date: datetime.date
    started_at: datetime.datetime
    finished_at: datetime.datetime | None
    found: int
    issued: int
    set_aside: int

    @property
    def percent(self) -> int:
        """How much of it is done; 100 only when it is over."""
        if self.finished_at is not None:
            return 100
        return min(99, 100 * (self.issued + self.set_aside) // max(self.found, 1))


@dataclasses.dataclass(frozen=True, kw_only=True)
class SetAside:
    """An installment that no run bills until somebody has looked; `said` is the database's word."""

    policy_no: str
    customer_no: str
    sequence: int
    due_on: datetime.date
    reason: str
    said: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Forecast:
    """What a run would do: bills, cents by kind of charge, reasons of what it would set aside."""

    bills: int
    cents: Mapping[str, int]
    set_aside: Mapping[str, int]


_RUN = tuple(getattr(models.BillingRun, field.name) for field in dataclasses.fields(Run))


def latest(
    session: orm.Session, *, most: int = SHOWN, on: datetime.date | None = None
) -> tuple[Run, ...]:
    """The newest runs first; of one day where `on` is given."""
    asked = sa.select(*_RUN).order_by(models.BillingRun.id.desc()).limit(most)
    if on is not None:
        asked = asked.where(models.BillingRun.on_date == on)
    return tuple(Run(**row._mapping) for row in session.execute(asked))


def by_id(session: orm.Session, *, run_id: int) -> Run | None:
    """The run, or None."""
    row = session.execute(sa.select(*_RUN).where(models.BillingRun.id == run_id)).one_or_none()
    return None if row is None else Run(**row._mapping)


def cents_by_kind(session: orm.Session, *, run_id: int) -> dict[str, int]:
    """What the bills of a run ask for, by kind of charge; those voided since left out."""
    line, invoice = models.InvoiceLine, models.Invoice
    rows = session.execute(
        sa.select(line.kind, sa.func.sum(line.amount_cents))
        .join(invoice, invoice.id == line.invoice_id)
        .where(invoice.run_id == run_id, invoice.state != models.InvoiceState.VOIDED)
        .group_by(line.kind)
    )
    found = {str(kind): int(cents) for kind, cents in rows}
    return {kind: found[kind] for kind in map(str, PLANNED) if kind in found}


def waiting(session: orm.Session, *, on: datetime.date) -> int:
    """How many installments a run of `on` would find now."""
    return int(session.scalar(issuing_sql.WAITING, {"on": on}) or 0)


_SET_ASIDE = sa.text(
    """
    SELECT p.number AS policy_no, c.number AS customer_no, i.sequence, i.due_on, i.set_aside
    FROM installment i
    JOIN term t ON t.id = i.term_id
    JOIN policy p ON p.id = t.policy_id
    JOIN customer c ON c.id = p.customer_id
    WHERE i.set_aside <> '' AND i.invoice_id IS NULL
    ORDER BY i.due_on, i.id LIMIT :most
    """
)


def set_aside(session: orm.Session, *, most: int = SHOWN) -> tuple[SetAside, ...]:
    """What waits for somebody to look at it, longest due first."""
    rows = session.execute(_SET_ASIDE, {"most": most})
    return tuple(_set_aside(row) for row in rows)


def _set_aside(row: sa.Row) -> SetAside:
    reason, _, said = row.set_aside.partition(": ")
    return SetAside(
        policy_no=row.policy_no,
        customer_no=row.customer_no,
        sequence=row.sequence,
        due_on=row.due_on,
        reason=reason,
        said=said,
    )


def foresee(session: orm.Session, *, on: datetime.date) -> Forecast:
    """What a run of `on` would do now, row by row and never all rows at once; changes nothing."""
    seen = _Foreseen()
    rows = session.execute(
        issuing_sql.FORESEE, {"on": on}, execution_options={"yield_per": AT_ONCE}
    )
    for row in rows:
        if seen.takes(row):
            seen.bills += 1
    missed = session.execute(catching_up.FORESEE, {"on": on})
    for _policy, parts in itertools.groupby(missed, key=lambda row: row.policy_id):
        taken = [row for row in parts if seen.takes(row)]
        seen.bills += bool(taken)
        fees = [row.installment_fee_cents for row in taken if row.installment_fee_cents]
        seen.cents[str(ChargeKind.INSTALLMENT_FEE)] -= sum(fees[1:])  # it stands on a bill once
    return Forecast(
        bills=seen.bills,
        cents={kind: cents for kind, cents in seen.cents.items() if cents},
        set_aside=dict(seen.set_aside),
    )


class _Foreseen:
    """What has been counted so far."""

    def __init__(self) -> None:
        self.bills = 0
        self.cents: collections.Counter[str] = collections.Counter()
        self.set_aside: collections.Counter[str] = collections.Counter()

    def takes(self, row: sa.Row) -> bool:
        """Count an installment in; False where it would be set aside."""
        reason = billable.trouble(row)
        if reason:
            self.set_aside[reason] += 1
            return False
        for kind in PLANNED:
            self.cents[str(kind)] += getattr(row, f"{kind}_cents")
        return True
