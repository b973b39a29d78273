"""Moves a payment along by what Stripe says; settles it exactly once, in one transaction."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.audit import operations as audit
from portal.domain.billing.operations import allocating, books, holds
from portal.domain.ledger import rules as ledger
from portal.domain.payments import models, rules
from portal.domain.payments.operations import starting
from portal.domain.payments.states import PaymentState
from portal.kernel import actor, db

DEBIT = "us_bank_account"  # the kind of method whose payments take days


@dataclasses.dataclass(frozen=True, kw_only=True)
class Moved:
    """What became of a payment: the states before and after, and what found no open charge."""

    payment_id: int
    number: str
    customer_id: int
    before: PaymentState
    after: PaymentState
    unapplied_cents: int = 0
    waited: bool = False  # for two small deposits to be told, before this step
    waits: bool = False  # for them, since it

    @property
    def settled_now(self) -> bool:
        """Whether this very step settled it."""
        return self.after is PaymentState.SETTLED and self.before is not PaymentState.SETTLED

    @property
    def is_step(self) -> bool:
        """Whether this very step changed its state."""
        return self.before is not self.after


@dataclasses.dataclass(frozen=True, kw_only=True)
class Debit:
    """What Stripe says of the debit of a bank account behind a payment."""

    verify_url: str = ""  # where two small deposits are told, while it waits for them
    was_sent: bool = False  # to the bank
    expected_on: datetime.date  # when it usually arrives, if it is sent today


class WrongAmount(Exception):
    """Stripe received another amount than the payment asks for: never posted, always looked at."""


_BILLS = sa.select(models.Reservation.invoice_id).where(
    models.Reservation.payment_id == sa.bindparam("payment_id")
)
_LOCK_BILLS = allocating.locking(_BILLS)
_OWNER = books.Owner(
    sa.select(models.Payment.customer_id).where(models.Payment.id == sa.bindparam("payment_id"))
)


def lock(session: orm.Session, *, payment_id: int) -> models.Payment:
    """Lock in the one order: customer, invoices, payment; the payment as it is now."""
    of_payment = {"payment_id": payment_id}
    _OWNER.lock(session, **of_payment)
    session.execute(_LOCK_BILLS, of_payment).all()
    return db.lock_row(session, models.Payment, payment_id)


def move(
    session: orm.Session,
    *,
    payment: models.Payment,
    event: rules.PaymentEvent,
    received_cents: int = 0,
    charge_ref: str = "",
    method_label: str = "",
    failure_code: str = "",
    debit: Debit | None = None,
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
) -> Moved:
    """Take the (locked) payment along `event`; a settled payment changes no more.

    An event that has no place in the payment's state is an older word, and changes nothing.

    Settling applies the money to the invoices it was reserved for, posts one entry under the
    payment's number, and leaves what found no open charge unapplied. Raises WrongAmount.
    """
    before, waited = payment.state, bool(payment.verify_url)
    payment.checked_at = now
    if not rules.PAYMENTS.allows(before, event):
        return _moved(payment, before)  # told again, or read before what is known already
    payment.state = rules.PAYMENTS.next(before, event)
    payment.method_label = method_label or payment.method_label
    payment.charge_ref = charge_ref or payment.charge_ref
    _note_debit(payment, debit)
    if payment.state is PaymentState.SETTLED:
        if received_cents != payment.amount_cents:
            raise WrongAmount(f"{payment.number}: {received_cents} of {payment.amount_cents}")
        payment.settled_at = now
        payment.failure_code = ""
        _settle(session, payment=payment, now=now, today=today, who=who)
    elif payment.state is PaymentState.FAILED:
        payment.failure_code = failure_code or payment.failure_code or "declined"
    if payment.state not in rules.OPEN_STATES:
        starting.release(session, payment_id=payment.id, now=now)
    if payment.state is not before:
        audit.record(
            session,
            who=who,
            action=f"payments.{payment.state}",
            subject=payment.number,
            now=now,
            customer_id=payment.customer_id,
            amount_cents=payment.amount_cents,
            before=str(before),
        )
    session.flush()
    return _moved(payment, before, waited=waited)


def _note_debit(payment: models.Payment, debit: Debit | None) -> None:
    """Keep what the payer's pages tell of a debit: what it waits for, when it usually arrives."""
    asks = payment.state is PaymentState.REQUIRES_ACTION
    payment.verify_url = debit.verify_url if debit is not None and asks else ""
    if debit is None:
        return
    payment.method_kind = DEBIT
    if debit.was_sent and payment.expected_on is None:
        payment.expected_on = debit.expected_on


def _settle(
    session: orm.Session,
    *,
    payment: models.Payment,
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
) -> None:
    applied, left = allocating.apply(
        session,
        source=payment.number,
        cents=payment.amount_cents,
        invoice_ids=sorted(session.scalars(_BILLS, {"payment_id": payment.id})),
        now=now,
        today=today,
    )
    payment.unapplied_cents = left
    posted = books.post(
        session,
        key=f"settled:{payment.number}",
        event=ledger.Event.PAYMENT_SETTLED,
        booked_on=today,
        now=now,
        subject=payment.number,
        actor=who.label,
        postings=ledger.payment_settled(
            amount_cents=payment.amount_cents, applied=applied, customer_id=payment.customer_id
        ),
    )
    if not posted:
        raise RuntimeError(f"{payment.number} was posted before it settled")
    holds.shrink_to_open(session, customer_id=payment.customer_id, now=now)


def post_fee(
    session: orm.Session,
    *,
    payment: models.Payment,
    money_ref: str,
    fee_cents: int,
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
) -> bool:
    """Post the fee that Stripe reports, once per balance transaction; whether it was posted now."""
    payment.fee_cents = fee_cents
    if fee_cents == 0:
        return False
    return books.post(
        session,
        key=f"fee:{money_ref}",
        event=ledger.Event.STRIPE_FEE,
        booked_on=today,
        now=now,
        subject=payment.number,
        actor=who.label,
        postings=ledger.stripe_fee(fee_cents=fee_cents),
    )


def _moved(payment: models.Payment, before: PaymentState, *, waited: bool = False) -> Moved:
    return Moved(
        payment_id=payment.id,
        number=payment.number,
        customer_id=payment.customer_id,
        before=before,
        after=payment.state,
        unapplied_cents=payment.unapplied_cents,
        waited=waited,
        waits=bool(payment.verify_url),
    )
