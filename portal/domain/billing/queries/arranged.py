"""Payment arrangements as pages show them, and which bills are in one; changes nothing."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models
from portal.domain.billing.queries import held
from portal.domain.billing.rules import arranging
from portal.domain.policies import models as policies
from portal.kernel import answers, paging, types


class ArrangedBill(NamedTuple):
    """A bill of an arrangement as it stands now; amounts in cents."""

    number: str
    pet_name: str
    due_on: datetime.date
    state: str
    total_cents: int
    open_cents: int
    disputed_cents: int

    @property
    def payable_cents(self) -> int:
        """What is open and not in dispute."""
        return self.open_cents - self.disputed_cents


@dataclasses.dataclass(frozen=True, kw_only=True)
class ArrangementView:
    """An arrangement with its bills, oldest due first."""

    id: int
    number: str
    customer_id: int
    state: str
    total_cents: int
    parts: tuple[arranging.Part, ...]
    method_no: str
    proposed_at: datetime.datetime
    decided_at: datetime.datetime | None
    decided_by: str
    answer: str
    ended_at: datetime.datetime | None
    bills: tuple[ArrangedBill, ...]

    @property
    def payable_cents(self) -> int:
        """What is open on its bills and not in dispute."""
        return sum(bill.payable_cents for bill in self.bills)

    @property
    def is_running(self) -> bool:
        """Whether it waits for an answer or for its parts."""
        return self.state in ("proposed", "active")


_arrangement = models.Arrangement.__table__
_bill = models.ArrangementBill.__table__
_invoice = models.Invoice.__table__
_policy = policies.Policy.__table__
_pet = policies.Pet.__table__

_BILLS = (
    sa.select(
        _invoice.c.number,
        _pet.c.name,
        _invoice.c.due_on,
        sa.type_coerce(_invoice.c.state, sa.Text),
        _invoice.c.total_cents,
        _invoice.c.open_cents,
        sa.cast(sa.func.least(held.of_invoice(), _invoice.c.open_cents), sa.BigInteger),
    )
    .select_from(
        _bill.join(_invoice, _invoice.c.id == _bill.c.invoice_id)
        .join(_policy, _policy.c.id == _invoice.c.policy_id)
        .join(_pet, _pet.c.id == _policy.c.pet_id)
    )
    .where(_bill.c.arrangement_id == _arrangement.c.id)
    .order_by(_invoice.c.due_on, _invoice.c.id)
)
_COLUMNS = tuple(
    _arrangement.c[name]
    for name in (
        "id",
        "number",
        "customer_id",
        "state",
        "total_cents",
        "parts",
        "method_no",
        "proposed_at",
        "decided_at",
        "decided_by",
        "answer",
        "ended_at",
    )
)
_VIEWS = sa.select(*_COLUMNS, answers.rows(_BILLS).label("bills"))
_MINE = _VIEWS.where(_arrangement.c.customer_id == sa.bindparam("customer_id"))
_WAITS = _arrangement.c.state == types.constant(models.ArrangementState.PROPOSED)


def latest(session: orm.Session, *, customer_id: int) -> ArrangementView | None:
    """The customer's arrangement that was proposed last, running or over; one statement."""
    row = session.execute(
        _MINE.order_by(_arrangement.c.id.desc()).limit(1), {"customer_id": customer_id}
    ).one_or_none()
    return None if row is None else _view(row)


def of_customer(
    session: orm.Session, *, customer_id: int, limit: int = 10
) -> tuple[ArrangementView, ...]:
    """The customer's arrangements, newest first."""
    rows = session.execute(
        _MINE.order_by(_arrangement.c.id.desc()).limit(limit), {"customer_id": customer_id}
    )
    return tuple(_view(row) for row in rows)


def one(session: orm.Session, *, number: str) -> ArrangementView | None:
    """The arrangement of this number, whoever's it is."""
    row = session.execute(_VIEWS.where(_arrangement.c.number == number)).one_or_none()
    return None if row is None else _view(row)


def proposed_page(
    session: orm.Session, *, cursor: str = "", size: int = 25
) -> paging.Page[ArrangementView]:
    """Those that wait for a specialist, oldest first, by key."""
    after = paging.decode(cursor, (int,))
    chosen = _VIEWS.where(_WAITS).order_by(_arrangement.c.id).limit(size + 1)
    if after:
        chosen = chosen.where(_arrangement.c.id > after[0])
    return paging.page(
        [_view(row) for row in session.execute(chosen)], size=size, key=lambda view: (view.id,)
    )


def broken_at(session: orm.Session, *, customer_id: int) -> datetime.datetime | None:
    """When the customer's last broken arrangement ended, or None."""
    return session.scalar(
        sa.select(sa.func.max(_arrangement.c.ended_at)).where(
            _arrangement.c.customer_id == customer_id,
            _arrangement.c.state == types.constant(models.ArrangementState.BROKEN),
        )
    )


def arranged_invoice_ids(
    session: orm.Session, *, invoice_ids: Sequence[int], with_proposed: bool = False
) -> frozenset[int]:
    """Those of `invoice_ids` that an active arrangement pays; `with_proposed`: or may come to."""
    states = [models.ArrangementState.ACTIVE]
    if with_proposed:
        states.append(models.ArrangementState.PROPOSED)
    return frozenset(
        session.scalars(
            sa.select(_bill.c.invoice_id)
            .join(_arrangement, _arrangement.c.id == _bill.c.arrangement_id)
            .where(_bill.c.invoice_id.in_(invoice_ids), _arrangement.c.state.in_(states))
        )
    )


def _view(row: sa.Row) -> ArrangementView:
    values = row._asdict()
    return ArrangementView(
        **values
        | {
            "state": str(row.state),
            "parts": tuple(
                arranging.Part(datetime.date.fromisoformat(on), cents) for on, cents in row.parts
            ),
            "bills": tuple(_bill_of(*bill) for bill in row.bills),
        }
    )


def _bill_of(number: str, pet_name: str, due_on: str, *rest: object) -> ArrangedBill:
    return ArrangedBill(number, pet_name, datetime.date.fromisoformat(due_on), *rest)
