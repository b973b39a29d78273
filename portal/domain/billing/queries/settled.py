"""Bills that ask for nothing any more, newest first, in pages by key; knows no payment."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.domain.billing import models
from portal.domain.policies import models as policies
from portal.kernel import paging, types

SIZE = 25
FIRST = (datetime.date.max.isoformat(), 2**62)


class SettledBill(NamedTuple):
    """A bill that is paid, withdrawn or written off; `total_cents` in cents."""

    id: int
    number: str
    pet_name: str
    due_on: datetime.date
    total_cents: int
    state: str
    paid_on: datetime.date | None


_invoice = models.Invoice.__table__
_policy = policies.Policy.__table__
_pet = policies.Pet.__table__
DUE_ON, PAID_ON = 3, 6  # the places of days in a row of `SETTLED`
# the customer's settled bills after a position, latest due day first, one more than a page holds
SETTLED = (
    sa.select(
        _invoice.c.id,
        _invoice.c.number,
        _pet.c.name,
        _invoice.c.due_on,
        _invoice.c.total_cents,
        sa.type_coerce(_invoice.c.state, sa.Text),
        _invoice.c.paid_on,
    )
    .join(_policy, _policy.c.id == _invoice.c.policy_id)
    .join(_pet, _pet.c.id == _policy.c.pet_id)
    .where(
        _invoice.c.customer_id == sa.bindparam("customer_id"),
        _invoice.c.state != types.constant(models.InvoiceState.ISSUED),
        sa.tuple_(_invoice.c.due_on, _invoice.c.id)
        < sa.tuple_(sa.bindparam("due_on", type_=sa.Date), sa.bindparam("id", type_=sa.BigInteger)),
    )
    .order_by(_invoice.c.due_on.desc(), _invoice.c.id.desc())
    .limit(types.constant(SIZE + 1))
)


def page(rows: Sequence[Sequence[Any]]) -> paging.Page[SettledBill]:
    """A page of the rows that `SETTLED` found."""
    bills = [SettledBill._make(row) for row in rows]
    return paging.page(bills, size=SIZE, key=lambda bill: (bill.due_on.isoformat(), bill.id))


def position(cursor: str) -> dict[str, object]:
    """The values by which `SETTLED` begins after `cursor`; of the first page for a broken one."""
    day, last_id = paging.decode(cursor, (str, int)) or FIRST
    try:
        return {"due_on": datetime.date.fromisoformat(day), "id": last_id}
    except ValueError:
        return {"due_on": datetime.date.fromisoformat(FIRST[0]), "id": FIRST[1]}
