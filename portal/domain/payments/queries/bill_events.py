"""What happened to one bill: money that came, went back or was tried, and what was paused."""

from __future__ import annotations

import datetime
import enum
from typing import NamedTuple

import sqlalchemy as sa

from portal.domain.billing import models as billing
from portal.domain.ledger import models as ledger
from portal.domain.payments import models
from portal.domain.payments.queries import shown_method
from portal.domain.payments.states import PaymentState
from portal.kernel import answers, types


class Happened(enum.StrEnum):
    """The kinds of event; a refund's and an attempt's own state stands in `state`."""

    RECEIVED = "received"
    TAKEN_BACK = "taken_back"
    CREDITED = "credited"
    ATTEMPT = "attempt"
    REFUND = "refund"
    PAUSED = "paused"
    RESUMED = "resumed"
    VOIDED = "invoice_voided"
    WRITTEN_OFF = "invoice_written_off"
    WRITTEN_BACK = "invoice_written_back"


class BillEvent(NamedTuple):
    """One event; `cents` is above zero but for what was taken back.

    `number` is the payment, credit, refund or dispute; `payment_no` the payment behind a refund;
    `label` the method ("visa 4242") or the kind of credit; `on` the expected day of a refund or of
    a debit.
    """

    what: str
    at: datetime.datetime
    number: str
    payment_no: str
    cents: int
    label: str
    state: str
    on: datetime.date | None

    @property
    def is_under_way(self) -> bool:
        """Whether it is a payment that may still come."""
        return self.what == Happened.ATTEMPT and self.state in UNDER_WAY


CLOSED = (Happened.VOIDED, Happened.WRITTEN_OFF, Happened.WRITTEN_BACK)  # as the books name it
UNDER_WAY = (PaymentState.PROCESSING.value, PaymentState.UNKNOWN.value)
VERIFYING = "verifying"  # the state of a payment that waits for two small deposits to be told
TOLD = (PaymentState.PROCESSING, PaymentState.UNKNOWN, PaymentState.FAILED)

_invoice = billing.Invoice.__table__
_line = billing.InvoiceLine.__table__
_allocation = billing.Allocation.__table__
_credit = billing.Credit.__table__
_hold = billing.Hold.__table__
_payment = models.Payment.__table__
_refund = models.Refund.__table__
_reservation = models.Reservation.__table__
_entry = ledger.Entry.__table__
_side = ledger.Line.__table__

_text = types.constant("")
_no_day = sa.null().cast(sa.Date)
_mine = (
    sa.select(_invoice.c.id, _invoice.c.number)
    .where(
        _invoice.c.number == sa.bindparam("number"),
        _invoice.c.customer_id == sa.bindparam("customer_id"),
    )
    .cte("mine")
)
# what one step placed on, or took off, this bill: all lines together
_moved = (
    sa.select(
        _allocation.c.source,
        _allocation.c.at,
        sa.cast(sa.func.sum(_allocation.c.cents), sa.BigInteger).label("cents"),
    )
    .join(_line, _line.c.id == _allocation.c.line_id)
    .join(_mine, _mine.c.id == _line.c.invoice_id)
    .group_by(_allocation.c.source, _allocation.c.at, _allocation.c.cents > types.constant(0))
    .cte("moved")
)


def _what(happened: Happened) -> sa.ColumnElement[str]:
    return types.constant(happened)


_MONEY = sa.select(
    sa.case(
        (_moved.c.cents > types.constant(0), _what(Happened.RECEIVED)),
        else_=_what(Happened.TAKEN_BACK),
    ).label("what"),
    _moved.c.at,
    _payment.c.number,
    _payment.c.number.label("payment_no"),
    _moved.c.cents,
    shown_method.LABEL.label("label"),
    _text.label("state"),
    _no_day.label("on"),
).join(_payment, _payment.c.number == _moved.c.source)
_CREDITS = sa.select(
    _what(Happened.CREDITED),
    _moved.c.at,
    _credit.c.number,
    _text,
    _moved.c.cents,
    sa.type_coerce(_credit.c.kind, sa.Text),
    _text,
    _no_day,
).join(_credit, _credit.c.number == _moved.c.source)
_ATTEMPTS = (
    sa.select(
        _what(Happened.ATTEMPT),
        sa.func.coalesce(_payment.c.checked_at, _payment.c.created_at),
        _payment.c.number,
        _payment.c.number,
        _reservation.c.cents,
        shown_method.LABEL,
        sa.case(
            (_payment.c.verify_url != _text, types.constant(VERIFYING)),
            else_=sa.type_coerce(_payment.c.state, sa.Text),
        ),
        _payment.c.expected_on,
    )
    .join(_reservation, _reservation.c.payment_id == _payment.c.id)
    .join(_mine, _mine.c.id == _reservation.c.invoice_id)
    .where(
        _payment.c.state.in_([types.constant(state) for state in TOLD])
        | (_payment.c.verify_url != _text),
        shown_method.NEWS,
    )
)
_REFUNDS = (
    sa.select(
        _what(Happened.REFUND),
        _refund.c.created_at,
        _refund.c.number,
        _payment.c.number,
        _refund.c.amount_cents,
        shown_method.LABEL,
        sa.type_coerce(_refund.c.state, sa.Text),
        _refund.c.expected_on,
    )
    .join(_payment, _payment.c.id == _refund.c.payment_id)
    .where(_payment.c.number.in_(sa.select(_moved.c.source)))
)
_held = (
    sa.select(
        _hold.c.owner,
        _hold.c.placed_at,
        _hold.c.lifted_at,
        sa.cast(sa.func.sum(_hold.c.amount_cents), sa.BigInteger).label("cents"),
    )
    .join(_mine, _mine.c.number == _hold.c.subject)
    .where(
        _hold.c.customer_id == sa.bindparam("customer_id"),
        _hold.c.kind == types.constant(billing.HoldKind.OVERDUE),
    )
    .group_by(_hold.c.owner, _hold.c.placed_at, _hold.c.lifted_at)
    .cte("held")
)


def _pauses(what: Happened, moment: sa.ColumnElement) -> sa.Select:
    columns = (_what(what), moment, _held.c.owner, _text, _held.c.cents, _text, _text, _no_day)
    return sa.select(*columns).where(moment.is_not(None))


_CLOSED = (
    sa.select(
        _entry.c.event,
        _entry.c.posted_at,
        _text,
        _text,
        sa.cast(sa.func.sum(_side.c.amount_cents), sa.BigInteger),
        _text,
        _text,
        _no_day,
    )
    .join(_mine, _mine.c.number == _entry.c.subject)
    .join(_side, sa.and_(_side.c.entry_id == _entry.c.id, _side.c.invoice_id == _mine.c.id))
    .where(_entry.c.event.in_([types.constant(happened) for happened in CLOSED]))
    .group_by(_entry.c.id, _entry.c.event, _entry.c.posted_at)
)
# everything that happened to the customer's bill since it was issued, newest first
EVENTS = sa.union_all(
    _MONEY,
    _CREDITS,
    _ATTEMPTS,
    _REFUNDS,
    _pauses(Happened.PAUSED, _held.c.placed_at),
    _pauses(Happened.RESUMED, _held.c.lifted_at),
    _CLOSED,
).order_by(sa.desc("at"), sa.desc("number"))


def of_rows(rows: list[list]) -> tuple[BillEvent, ...]:
    """The events that `kernel.answers` gives for `EVENTS`, newest first."""
    return tuple(
        BillEvent(
            what, answers.moment(at), number, payment_no, cents, label, state, answers.day(on)
        )
        for what, at, number, payment_no, cents, label, state, on in rows
    )
