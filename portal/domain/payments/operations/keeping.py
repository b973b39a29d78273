"""What a bank keeps for good: off refunds still owed, off bills, or our loss; and back."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.billing.operations import allocating, books, holds
from portal.domain.ledger import queries as ledger_queries
from portal.domain.ledger import rules as ledger
from portal.domain.payments import models, rules
from portal.domain.payments.operations import refunding
from portal.domain.payments.states import IfLost, RefundState
from portal.kernel import actor


def lose(
    session: orm.Session,
    *,
    chargeback: models.Chargeback,
    payment: models.Payment,
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
) -> int:
    """Split what stands in 1030 for a lost chargeback; cents of bills that are due again.

    Refunds that were owed to the customer and never arrived come first: the bank has made them.
    Then unapplied money of the payment: nobody has been promised it. Then, unless we bear the
    loss, bills, the one due last first; they open again with their own due days. What is left is
    our loss.
    """
    owed = _settle_owed(session, payment, most=chargeback.held_cents, now=now, today=today, who=who)
    rest = chargeback.held_cents - owed
    unapplied, parts = min(rest, payment.unapplied_cents), {}
    if chargeback.if_lost is IfLost.DUE_AGAIN:
        parts = _last_due_first(session, payment.number, cents=rest - unapplied)
    session.flush()
    taken: tuple[ledger.Charge, ...] = ()
    if parts:
        rule = "chargeback"
        taken = allocating.take_back(
            session, source=payment.number, parts=parts, rule=rule, now=now, today=today
        )
    due_again = sum(parts.values())
    payment.unapplied_cents -= unapplied
    chargeback.owed_cents += owed
    chargeback.taken_cents += unapplied + due_again
    chargeback.absorbed_cents += rest - unapplied - due_again
    chargeback.held_cents = 0
    postings = ledger.chargeback_lost(
        taken=taken,
        unapplied_cents=unapplied,
        owed_cents=owed,
        absorbed_cents=rest - unapplied - due_again,
        customer_id=payment.customer_id,
    )
    _post(session, chargeback, payment, ledger.Event.CHARGEBACK_LOST, postings, now, today, who)
    session.flush()
    holds.shrink_aside(
        session, payment_no=payment.number, left_cents=payment.unapplied_cents, now=now
    )
    return due_again


def cover(
    session: orm.Session,
    *,
    refund: models.Refund,
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
) -> bool:
    """A (locked) refund that failed after a bank had kept its payment: what we bore of that loss
    was this money, given back twice. It is once now, by the bank, and not owed any more.

    Whether it is so: not where the loss that we bore is less than the refund, which is owed then.
    The caller has locked the customer's account.
    """
    chargeback = session.scalar(
        sa.select(models.Chargeback)
        .where(
            models.Chargeback.payment_id == refund.payment_id,
            models.Chargeback.state.in_(sorted(rules.KEPT_BY_THE_BANK)),
            models.Chargeback.absorbed_cents >= refund.amount_cents,
        )
        .order_by(models.Chargeback.id)
        .limit(1)
        .with_for_update()
    )
    if chargeback is None:
        return False
    chargeback.absorbed_cents -= refund.amount_cents
    chargeback.owed_cents += refund.amount_cents
    refund.failure_code = rules.PAID_BY_THE_BANK
    books.post(
        session,
        key=f"{ledger.Event.CHARGEBACK_LOST}:{chargeback.number}:{refund.number}",
        event=ledger.Event.CHARGEBACK_LOST,
        booked_on=today,
        now=now,
        subject=chargeback.number,
        actor=who.label,
        postings=ledger.chargeback_lost(
            taken=(),
            unapplied_cents=0,
            owed_cents=refund.amount_cents,
            absorbed_cents=-refund.amount_cents,
            customer_id=refund.customer_id,
        ),
        memo=refund.number,
    )
    session.flush()
    return True


def regain(
    session: orm.Session,
    *,
    chargeback: models.Chargeback,
    payment: models.Payment,
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
) -> int:
    """The bank gave the money of a lost chargeback back: what came off bills waits unapplied.

    The cents that wait; the bills that opened again stay open.
    """
    unapplied, owed = chargeback.taken_cents, chargeback.owed_cents
    absorbed = -chargeback.held_cents - unapplied - owed
    payment.unapplied_cents += unapplied
    chargeback.owed_cents = chargeback.taken_cents = chargeback.absorbed_cents = 0
    chargeback.held_cents = 0
    for refund in _owed_again(session, payment, cents=owed):
        refund.failure_code, refund.case_no = rules.CLAIMED, ""  # and so nobody's yet
    postings = ledger.chargeback_regained(
        unapplied_cents=unapplied,
        owed_cents=owed,
        absorbed_cents=absorbed,
        customer_id=payment.customer_id,
    )
    _post(session, chargeback, payment, ledger.Event.CHARGEBACK_REGAINED, postings, now, today, who)
    return unapplied


def _settle_owed(
    session: orm.Session,
    payment: models.Payment,
    *,
    most: int,
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
) -> int:
    """Refunds that are owed and fit whole into `most` cents are paid by the bank; their sum.

    One that does not fit stays owed. If it was not sent yet, Stripe would not send it any more:
    it has failed, and people pay it in another way.
    """
    rows = session.scalars(
        sa.select(models.Refund)
        .where(
            models.Refund.payment_id == payment.id,
            models.Refund.state.in_([RefundState.APPROVED, RefundState.FAILED]),
            models.Refund.failure_code != rules.PAID_BY_THE_BANK,
        )
        .order_by(models.Refund.id)
        .with_for_update()
    ).all()
    settled = 0
    for refund in rows:
        if refund.state is RefundState.APPROVED:
            refunding.move(
                session,
                refund=refund,
                event=rules.RefundEvent.FAIL,
                failure_code=rules.CLAIMED,
                now=now,
                today=today,
                who=who,
            )
        if settled + refund.amount_cents <= most:
            settled += refund.amount_cents
            refund.failure_code = rules.PAID_BY_THE_BANK
    session.flush()
    return settled


def _owed_again(
    session: orm.Session, payment: models.Payment, *, cents: int
) -> tuple[models.Refund, ...]:
    """Refunds that banks have paid, of exactly so many cents: all, unless another claim paid some.

    Where more than one choice has that sum the customer is owed the same by each.
    """
    paid = session.scalars(
        sa.select(models.Refund)
        .where(
            models.Refund.payment_id == payment.id,
            models.Refund.failure_code == rules.PAID_BY_THE_BANK,
        )
        .order_by(models.Refund.id)
        .with_for_update()
    ).all()
    every = (itertools.combinations(paid, count) for count in range(len(paid), -1, -1))
    of_sum = (
        some
        for some in itertools.chain.from_iterable(every)
        if sum(refund.amount_cents for refund in some) == cents
    )
    return next(of_sum)


def _last_due_first(session: orm.Session, payment_no: str, *, cents: int) -> dict[int, int]:
    """Which lines give up `cents` of the payment, as far as it stands on any; line id → cents."""
    rows = session.execute(
        sa.select(billing.Allocation.line_id, sa.func.sum(billing.Allocation.cents).label("cents"))
        .join(billing.InvoiceLine, billing.InvoiceLine.id == billing.Allocation.line_id)
        .join(billing.Invoice, billing.Invoice.id == billing.InvoiceLine.invoice_id)
        .where(billing.Allocation.source == payment_no)
        .group_by(billing.Allocation.line_id, billing.Invoice.due_on)
        .having(sa.func.sum(billing.Allocation.cents) > 0)
        .order_by(billing.Invoice.due_on.desc(), billing.Allocation.line_id.desc())
    )
    parts: dict[int, int] = {}
    for line_id, standing in rows:
        part = min(int(standing), cents - sum(parts.values()))
        if part > 0:
            parts[line_id] = part
    return parts


def _post(
    session: orm.Session,
    chargeback: models.Chargeback,
    payment: models.Payment,
    event: ledger.Event,
    postings: Sequence[ledger.Posting],
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
) -> None:
    """One entry for each ending: the key counts how often Stripe has moved money for it."""
    times = ledger_queries.count_about(
        session,
        subject=chargeback.number,
        events=(ledger.Event.CHARGEBACK_OPENED, ledger.Event.CHARGEBACK_WON),
    )
    books.post(
        session,
        key=f"{event}:{chargeback.number}:{times}",
        event=event,
        booked_on=today,
        now=now,
        subject=chargeback.number,
        actor=who.label,
        postings=postings,
        memo=payment.number,
    )
