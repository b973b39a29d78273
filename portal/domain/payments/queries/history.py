"""A customer's payments, newest first, in pages by key; attempts that moved nothing stay out."""

from __future__ import annotations

import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from portal.domain.billing import models as billing
from portal.domain.payments import models
from portal.domain.payments.queries import shown_method
from portal.domain.payments.states import PaymentState
from portal.domain.policies import models as policies
from portal.kernel import paging

SIZE = 25
# A page that was opened and left is no payment; the payer never sees it. One that waits for two
# small deposits to be told is shown beside these.
SHOWN = (
    PaymentState.SETTLED,
    PaymentState.PROCESSING,
    PaymentState.UNKNOWN,
    PaymentState.FAILED,
)


class PaymentRow(NamedTuple):
    """One payment; amounts in cents. `pets` are the names on the bills it was meant for."""

    id: int
    number: str
    state: str
    amount_cents: int
    refunded_cents: int
    method_label: str
    created_at: datetime.datetime
    settled_at: datetime.datetime | None
    pets: tuple[str, ...]
    bills: int
    first_due_on: datetime.date | None  # of those bills


_payment = models.Payment.__table__
_reservation = models.Reservation.__table__
_invoice = billing.Invoice.__table__
_policy = policies.Policy.__table__
_pet = policies.Pet.__table__

_meant = (
    sa.select(
        sa.func.array_agg(
            postgresql.aggregate_order_by(sa.distinct(_pet.c.name), _pet.c.name)
        ).label("pets"),
        sa.func.count().label("bills"),
        sa.func.min(_invoice.c.due_on).label("first_due_on"),
    )
    .select_from(
        _reservation.join(_invoice, _invoice.c.id == _reservation.c.invoice_id)
        .join(_policy, _policy.c.id == _invoice.c.policy_id)
        .join(_pet, _pet.c.id == _policy.c.pet_id)
    )
    .where(_reservation.c.payment_id == _payment.c.id)
    .lateral("meant")
)
_PAGE = (
    sa.select(
        _payment.c.id,
        _payment.c.number,
        sa.type_coerce(_payment.c.state, sa.Text),
        _payment.c.amount_cents,
        _payment.c.refunded_cents,
        shown_method.LABEL,
        _payment.c.created_at,
        _payment.c.settled_at,
        sa.func.coalesce(_meant.c.pets, sa.cast(postgresql.array([]), postgresql.ARRAY(sa.Text))),
        _meant.c.bills,
        _meant.c.first_due_on,
    )
    .select_from(_payment.join(_meant, sa.true()))
    .where(
        _payment.c.customer_id == sa.bindparam("customer_id"),
        sa.or_(
            *(_payment.c.state == state for state in SHOWN),
            sa.and_(_payment.c.state == PaymentState.REQUIRES_ACTION, _payment.c.verify_url != ""),
        ),
        shown_method.NEWS,
        sa.tuple_(_payment.c.created_at, _payment.c.id)
        < sa.tuple_(
            sa.bindparam("at", type_=sa.DateTime(timezone=True)),
            sa.bindparam("id", type_=sa.BigInteger),
        ),
    )
    .order_by(_payment.c.created_at.desc(), _payment.c.id.desc())
    .limit(sa.bindparam("size"))
)
FIRST = (datetime.datetime(9999, 1, 1, tzinfo=datetime.UTC), 2**62)


def payments_page(
    session: orm.Session, *, customer_id: int, cursor: str = "", size: int = SIZE
) -> paging.Page[PaymentRow]:
    """The customer's payments after `cursor`, newest first; one statement.

    A cursor that is not one of ours means the first page.
    """
    at, last_id = _position(cursor)
    rows = session.execute(
        _PAGE, {"customer_id": customer_id, "at": at, "id": last_id, "size": size + 1}
    )
    found = [PaymentRow._make(row) for row in rows]
    return paging.page(found, size=size, key=lambda row: (row.created_at.isoformat(), row.id))


def recent(session: orm.Session, *, customer_id: int, limit: int = 3) -> tuple[PaymentRow, ...]:
    """The customer's newest payments."""
    return payments_page(session, customer_id=customer_id, size=limit).rows


def _position(cursor: str) -> tuple[datetime.datetime, int]:
    at, last_id = paging.decode(cursor, (str, int)) or ("", 0)
    try:
        moment = datetime.datetime.fromisoformat(at)
    except ValueError:
        return FIRST
    return (moment, last_id) if moment.tzinfo else FIRST
