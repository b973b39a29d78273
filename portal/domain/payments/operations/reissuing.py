"""A refund that failed, and is still owed: sent again as another one, or paid by check."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing.operations import books
from portal.domain.ledger import rules as ledger
from portal.domain.payments import models, rules
from portal.domain.payments.operations import refunding
from portal.domain.payments.queries import chargebacks, failed_refunds
from portal.kernel import actor, db, errors, ids, msgids

CHECK_NO_MOST = 20  # characters


class NoSuchRefund(errors.DomainError):
    """There is none with this number."""

    code = "no_such_refund"
    message = msgids.N_("There is no such refund.")


class NotOwed(errors.DomainError):
    """It did not fail, or was sent again or paid in another way already."""

    code = "refund_not_owed"
    message = msgids.N_("This refund is not owed any more. Nothing was done a second time.")


class OnlyByCheck(errors.DomainError):
    """A bank has kept the payment, and not for this refund: Stripe sends nothing of it back."""

    code = "refund_only_by_check"
    message = msgids.N_(
        "The bank has kept this payment, so that Stripe sends nothing of it back any more. What "
        "is still owed can be paid by check."
    )


class CheckNumberWrong(errors.DomainError):
    """A check has a number, of digits, letters and hyphens."""

    code = "refund_check_number"
    message = msgids.N_("Enter the number that is printed on the check.")


class CheckDayWrong(errors.DomainError):
    """A check that is written has a day, and none to come."""

    code = "refund_check_day"
    message = msgids.N_("Enter the day on the check: today, or one in the last 30 days.")


def clean_check(check_no: str, check_on: datetime.date | None, *, today: datetime.date) -> str:
    """The number as it is kept. Raises CheckNumberWrong, CheckDayWrong."""
    kept = check_no.strip()
    plain = kept.replace("-", "")
    if not (plain.isascii() and plain.isalnum() and len(kept) <= CHECK_NO_MOST):
        raise CheckNumberWrong()
    if check_on is None or not today - datetime.timedelta(days=30) <= check_on <= today:
        raise CheckDayWrong()
    return kept


def lock(session: orm.Session, *, number: str) -> models.Refund:
    """The refund, locked after its customer's account. Raises NoSuchRefund."""
    found = session.execute(
        sa.select(models.Refund.id, models.Refund.customer_id).where(models.Refund.number == number)
    ).one_or_none()
    if found is None:
        raise NoSuchRefund(number=number)
    books.lock_customer(session, customer_id=found.customer_id)
    return db.lock_row(session, models.Refund, found.id)


def check_owed(session: orm.Session, *, refund: models.Refund, by_stripe: bool) -> None:
    """Raises NotOwed, RefundLocked while a bank claims the payment, and where it has kept it
    OnlyByCheck for what Stripe should send.

    What the bank has kept and paid back itself is not owed any more; the rest is ours to pay.
    """
    if not failed_refunds.is_owed(refund):
        raise NotOwed(number=refund.number)
    if chargebacks.is_claimed(session, payment_id=refund.payment_id):
        raise rules.RefundLocked()
    if by_stripe and chargebacks.locks_refunds(session, payment_id=refund.payment_id):
        raise OnlyByCheck()


def send_again(
    session: orm.Session,
    *,
    refund: models.Refund,
    reason: str,
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
    rng: ids.Bits,
) -> models.Refund:
    """Another refund, of its own number and key, of the same money; the failed one is over.

    Nothing is posted: what is owed stands in refunds payable already. Raises NotOwed,
    RefundLocked, OnlyByCheck.
    """
    check_owed(session, refund=refund, by_stripe=True)
    refunding.move(
        session, refund=refund, event=rules.RefundEvent.SEND_AGAIN, now=now, today=today, who=who
    )
    return refunding.begin(
        session,
        key=f"again:{refund.number}",
        payment_id=refund.payment_id,
        customer_id=refund.customer_id,
        amount_cents=refund.amount_cents,
        subject=refund.subject,
        reason=reason,
        now=now,
        today=today,
        who=who,
        rng=rng,
    )


def pay_by_check(
    session: orm.Session,
    *,
    refund: models.Refund,
    check_no: str,
    check_on: datetime.date,
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
) -> None:
    """What is owed is paid out of our bank account. Raises NotOwed, RefundLocked."""
    check_owed(session, refund=refund, by_stripe=False)
    refund.check_no, refund.check_on, refund.ended_at = check_no, check_on, now
    refunding.move(
        session, refund=refund, event=rules.RefundEvent.PAY_OTHERWISE, now=now, today=today, who=who
    )
    books.post(
        session,
        key=f"refund_paid_otherwise:{refund.number}",
        event=ledger.Event.REFUND_PAID_OTHERWISE,
        booked_on=today,
        now=now,
        subject=refund.number,
        actor=who.label,
        postings=ledger.refund_paid_otherwise(amount_cents=refund.amount_cents),
        memo=check_no,
    )
