"""Open bills that no draft waits for, as autopay would take them; changes nothing.

Left out: bills below what any payment can be, bills wholly under a hold, and bills that a payment
on its way may pay already.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.billing.queries import held
from portal.domain.billing.rules import paying
from portal.domain.payments import declines, models
from portal.domain.payments.states import ChargebackState, DraftState, PaymentState
from portal.domain.policies import models as policies
from portal.domain.wallet import models as wallet
from portal.domain.wallet import queries as wallet_queries
from portal.kernel import types


class UndraftedBill(NamedTuple):
    """An open bill and what of it can be taken, in cents."""

    customer_id: int
    policy_id: int
    policy_no: str
    pet_name: str
    invoice_id: int
    number: str
    due_on: datetime.date
    cents: int


class Unannounced(NamedTuple):
    """A bill that a running autopay has to announce; `earlier` drafts of it are over.

    `payer_id` is who pays in the owner's place, if anybody.
    """

    bill: UndraftedBill
    autopay_id: int
    payer_id: int | None
    method_id: int
    method_label: str
    backup_method_id: int | None
    days_before: int
    earlier: int


_invoice = billing.Invoice.__table__
_policy = policies.Policy.__table__
_pet = policies.Pet.__table__
_autopay = models.Autopay.__table__
_draft = models.Draft.__table__
_bill = models.DraftBill.__table__
_payment = models.Payment.__table__
_reservation = models.Reservation.__table__
_chargeback = models.Chargeback.__table__

_cents = sa.cast(_invoice.c.open_cents - held.of_invoice(billing.HoldKind.AUTOPAY), sa.BigInteger)


def _drafts(
    states: Sequence[DraftState],
    *where: sa.ColumnElement[bool],
    what: sa.ColumnElement = _draft.c.id,
) -> sa.Select:
    """Drafts of the bill (and the autopay) of the enclosing statement in one of these states."""
    return (
        sa.select(what)
        .join_from(_draft, _bill, _bill.c.draft_id == _draft.c.id)
        .where(
            _bill.c.invoice_id == _invoice.c.id,
            _draft.c.state.in_([types.constant(state) for state in states]),
            *where,
        )
        .correlate(_invoice, _autopay)
    )


_waits = sa.exists(_drafts(sorted({*declines.WAITING, DraftState.ATTEMPTING})))
_under_way = sa.exists(
    sa.select(_reservation.c.id)
    .join(_payment, _payment.c.id == _reservation.c.payment_id)
    .where(
        _reservation.c.invoice_id == _invoice.c.id,
        _reservation.c.released_at.is_(None),
        _payment.c.state.in_(
            [types.constant(PaymentState.PROCESSING), types.constant(PaymentState.UNKNOWN)]
        ),
    )
)
_UNDRAFTED = (
    sa.select(
        _invoice.c.customer_id,
        _invoice.c.policy_id,
        _policy.c.number,
        _pet.c.name,
        _invoice.c.id,
        _invoice.c.number,
        _invoice.c.due_on,
        _cents,
    )
    .select_from(
        _invoice.join(_policy, _policy.c.id == _invoice.c.policy_id).join(
            _pet, _pet.c.id == _policy.c.pet_id
        )
    )
    .where(
        _invoice.c.state == types.constant(billing.InvoiceState.ISSUED),
        _cents >= types.constant(paying.LEAST_CENTS),
        ~_waits,
        ~_under_way,
    )
    .order_by(_invoice.c.customer_id, _invoice.c.due_on, _invoice.c.id)
)
# What the agreement's autopay did, also before its second method took the place of a lost one.
_sibling = models.Autopay.__table__.alias("sibling")
_agreed = (  # by its key: each draft is looked up, no table of agreements is searched
    sa.select(_sibling.c.consent_id)
    .where(_sibling.c.id == _draft.c.autopay_id)
    .correlate(_draft)
    .scalar_subquery()
)
_mine = _agreed == _autopay.c.consent_id
_gave_up = sa.exists(
    _drafts(
        (DraftState.FAILED, DraftState.CANCELLED),
        _mine,
        _draft.c.outcome != types.constant(declines.ANEW),
    )
)
_taken_back = sa.exists(
    _drafts((DraftState.PAID,), _mine)
    .join(_payment, _payment.c.draft_id == _draft.c.id)
    .join(_chargeback, _chargeback.c.payment_id == _payment.c.id)
    .where(_chargeback.c.state != types.constant(ChargebackState.WON))
)
_earlier = _drafts(
    (DraftState.PAID, DraftState.NOTHING_LEFT), _mine, what=sa.func.count()
).scalar_subquery()
_method = wallet.PaymentMethod.__table__
_UNANNOUNCED = (
    _UNDRAFTED.add_columns(
        _autopay.c.id,
        _autopay.c.payer_id,
        _autopay.c.method_id,
        wallet_queries.label(_method),
        _autopay.c.backup_method_id,
        _autopay.c.days_before,
        _earlier,
    )
    .join(
        _autopay,
        sa.and_(_autopay.c.policy_id == _invoice.c.policy_id, _autopay.c.ended_at.is_(None)),
    )
    .join(_method, _method.c.id == _autopay.c.method_id)
    .where(~_gave_up, ~_taken_back)
)
_BILL_COLUMNS = len(UndraftedBill._fields)


def of_policy(session: orm.Session, *, policy_id: int) -> tuple[UndraftedBill, ...]:
    """The bills of a policy that autopay could take, oldest due first."""
    rows = session.connection().execute(_UNDRAFTED.where(_invoice.c.policy_id == policy_id))
    return tuple(UndraftedBill._make(row) for row in rows)


def unannounced(
    session: orm.Session, *, customer_ids: Sequence[int], autopay_id: int | None = None
) -> tuple[Unannounced, ...]:
    """The bills that these customers' autopay (or that one) has yet to announce.

    A bill whose draft failed or was called off, or whose money a bank took back, waits for its
    payer.
    """
    found = _UNANNOUNCED.where(_invoice.c.customer_id.in_(customer_ids))
    if autopay_id is not None:
        found = found.where(_autopay.c.id == autopay_id)
    rows = session.connection().execute(found)
    return tuple(
        Unannounced(UndraftedBill._make(row[:_BILL_COLUMNS]), *row[_BILL_COLUMNS:]) for row in rows
    )


def customers(session: orm.Session) -> tuple[int, ...]:
    """Every customer with a bill to announce, in order of id; one statement for the whole night."""
    found = _UNANNOUNCED.with_only_columns(_invoice.c.customer_id).order_by(None)
    rows = session.connection().execute(found.distinct().order_by(_invoice.c.customer_id))
    return tuple(row.customer_id for row in rows)
