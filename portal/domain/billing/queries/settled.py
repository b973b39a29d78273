"""Bills that ask for nothing any more, newest first, in pages by key; knows no payment."""

from __future__ import annotations

import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

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
_SETTLED = (
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


def settled_page(
    session: orm.Session, *, customer_id: int, cursor: str = ""
) -> paging.Page[SettledBill]:
    """The customer's settled bills after `cursor`, latest due day first; one statement.

    A cursor that is not one of ours means the first page.
    """
    due_on, last_id = _position(cursor)
    rows = session.connection().execute(
        _SETTLED,
        {"customer_id": customer_id, "due_on": due_on, "id": last_id},
    )
    bills = [SettledBill._make(row) for row in rows.all()]
    return paging.page(bills, size=SIZE, key=lambda bill: (bill.due_on.isoformat(), bill.id))


def _position(cursor: str) -> tuple[datetime.date, int]:
    day, last_id = paging.decode(cursor, (str, int)) or FIRST
    try:
        return datetime.date.fromisoformat(day), last_id
    except ValueError:
        return datetime.date.fromisoformat(FIRST[0]), FIRST[1]
