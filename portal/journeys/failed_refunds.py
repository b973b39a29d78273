"""A refund that failed becomes a case for people: the running one, its own again, or a new one."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing.operations import books
from portal.domain.disputes import categories, models, rules
from portal.domain.disputes.operations import ending, stepping, writing
from portal.domain.payments import models as payments
from portal.domain.payments.queries import failed_refunds as failed
from portal.journeys import case_opening, context, foreseeing
from portal.kernel import actor, db, msgids

N_ = msgids.N_
WORDS = N_(
    "A refund of ours did not arrive. The money is still yours, and we are finding another way to "
    "pay it to you."
)
ADVICE = N_(
    "A refund failed, and its money is still owed. Open the refund: send it again, or pay it by "
    "check. Ask the customer first whether the card or account still exists, or where to send a "
    "check."
)
LEAST = categories.Priority.P2


def hand_over(
    session: orm.Session, ctx: context.Context, *, refund: payments.Refund, payment_no: str
) -> str:
    """The case in which people see to the failed refund; one a failure, however often it is told.

    The running case that it came from, else the running one about its payment, else the one that
    it came from, opened again, else a new one. The caller has locked the customer's account and
    then the refund. No mail is sent: the customer is told of the failure itself.
    """
    if refund.case_no:
        return refund.case_no
    now = ctx.clock.now()
    session.flush()
    key = f"refund_failed:{refund.number}"
    number = (
        _running(session, refund.subject)
        or _of_payment(session, ctx, refund, payment_no, now=now)
        or _open_again(session, ctx, refund.subject, now=now)
        or _open(session, ctx, refund, payment_no, once_key=key, now=now)
    )
    case_opening.make_urgent(session, ctx, case_no=number, least=LEAST, now=now)
    refund.case_no = number
    writing.add_note(
        session,
        number=number,
        body=ADVICE,
        once_key=f"{key}:{now.timestamp()}",
        who=actor.system(ctx.brand),
        hours=ctx.hours,
        now=now,
    )
    return number


def hand_over_rest(ctx: context.Context) -> int:
    """Give every failed refund a case that is owed and has none; how many there were."""
    with ctx.database.reading() as session:
        alone = failed.without_case(session)
    for refund_id, customer_id in alone:
        with ctx.database.unit_of_work() as session:
            books.lock_customer(session, customer_id=customer_id)
            refund = db.lock_row(session, payments.Refund, refund_id)
            payment = session.get_one(payments.Payment, refund.payment_id)
            if failed.is_owed(refund):
                hand_over(session, ctx, refund=refund, payment_no=payment.number)
    return len(alone)


def _running(session: orm.Session, number: str) -> str:
    """The case with this number while it runs, or ""."""
    state = session.scalar(sa.select(models.Dispute.state).where(models.Dispute.number == number))
    return number if state is not None and state not in rules.CLOSED else ""


def _of_payment(
    session: orm.Session,
    ctx: context.Context,
    refund: payments.Refund,
    payment_no: str,
    *,
    now: datetime.datetime,
) -> str:
    return _foresee(session, ctx, refund, payment_no, now=now).joins


def _open_again(
    session: orm.Session, ctx: context.Context, number: str, *, now: datetime.datetime
) -> str:
    """The closed case with this number, with a new clock, where its days for that are not over."""
    known = session.scalar(sa.select(models.Dispute.id).where(models.Dispute.number == number))
    if known is None:
        return ""
    case = stepping.lock(session, number=number)
    try:
        ending.reopen(session, case, who=actor.system(ctx.brand), hours=ctx.hours, now=now)
    except ending.TooLateToReopen:
        return ""
    return number


def _open(
    session: orm.Session,
    ctx: context.Context,
    refund: payments.Refund,
    payment_no: str,
    *,
    once_key: str,
    now: datetime.datetime,
) -> str:
    known = writing.case_with_message(session, once_key=once_key)
    if known is not None:  # owed again after a chargeback, and too late to open that case again
        once_key = f"{once_key}:{now.timestamp()}"
    seen = _foresee(session, ctx, refund, payment_no, now=now)
    return case_opening.begin(
        session,
        ctx,
        customer_id=refund.customer_id,
        about=dataclasses.replace(seen.about, disputed_cents=refund.amount_cents),
        urgency=seen.urgency,
        words=WORDS,
        once_key=once_key,
        who=actor.system(ctx.brand),
        now=now,
    )


def _foresee(
    session: orm.Session,
    ctx: context.Context,
    refund: payments.Refund,
    payment_no: str,
    *,
    now: datetime.datetime,
) -> foreseeing.Foresight:
    return foreseeing.foresee(
        session,
        customer_id=refund.customer_id,
        category=categories.Category.REFUND_NOT_RECEIVED,
        payment_no=payment_no,
        hours=ctx.hours,
        now=now,
    )
