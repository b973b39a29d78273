"""What a bank keeps for good: off refunds still owed, off bills, or our loss; and back."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.billing.operations import allocating, books, holds, writing_off
from portal.domain.ledger import queries as ledger_queries
from portal.domain.ledger import rules as ledger
from portal.domain.payments import models, rules
from portal.domain.payments.operations import refunding
from portal.domain.payments.states import IfLost, RefundState
from portal.kernel import actor, db


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
    owed = _settle_owed(session, chargeback, now=now, today=today, who=who)
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
    writing_off.level(session, line_ids=parts, now=now, today=today, who=who)
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
    _paid_by(refund, chargeback)
    postings = ledger.chargeback_lost(
        taken=(),
        unapplied_cents=0,
        owed_cents=refund.amount_cents,
        absorbed_cents=-refund.amount_cents,
        customer_id=refund.customer_id,
    )
    key = f"{ledger.Event.CHARGEBACK_LOST}:{chargeback.number}:{refund.number}"
    event, memo = ledger.Event.CHARGEBACK_LOST, refund.number
    _enter(session, chargeback, event, postings, now, today, who, key=key, memo=memo)
    session.flush()
    return True


def keep_freed(
    session: orm.Session,
    *,
    payment_no: str,
    cents: int,
    key: str,
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
) -> int:
    """Money of a payment came off its bills, though a bank had kept it at our loss: it is gone.

    How many of the cents; our loss is less by them. The rest lies unapplied, the customer's. `key`
    is of what freed it. The caller has locked the customer's account.
    """
    table = models.Payment
    payment_id = session.scalars(sa.select(table.id).where(table.number == payment_no)).one()
    payment, kept = db.lock_row(session, table, payment_id), 0
    chargebacks = session.scalars(
        sa.select(models.Chargeback)
        .where(
            models.Chargeback.payment_id == payment_id,
            models.Chargeback.state.in_(sorted(rules.KEPT_BY_THE_BANK)),
            models.Chargeback.absorbed_cents > 0,
        )
        .order_by(models.Chargeback.id)
        .with_for_update()
    ).all()
    for chargeback in chargebacks:
        part = min(chargeback.absorbed_cents, cents - kept, payment.unapplied_cents)
        if part <= 0:
            break
        kept += part
        payment.unapplied_cents -= part
        chargeback.absorbed_cents -= part
        chargeback.taken_cents += part
        postings = ledger.loss_lessened(cents=part, customer_id=payment.customer_id)
        event = ledger.Event.CHARGEBACK_LOST
        fact = f"{event}:{chargeback.number}:{key}"
        _enter(session, chargeback, event, postings, now, today, who, key=fact, memo=payment_no)
    session.flush()
    if kept:
        left = payment.unapplied_cents
        holds.shrink_aside(session, payment_no=payment_no, left_cents=left, now=now)
    return kept


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
    session.execute(
        sa.update(models.Refund)
        .where(models.Refund.paid_by_id == chargeback.id)
        .values(failure_code=rules.CLAIMED, paid_by_id=None, case_no="")  # nobody's yet
    )
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
    chargeback: models.Chargeback,
    *,
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
) -> int:
    """Refunds that are owed and fit whole into what the bank keeps are paid by it; their sum.

    One that does not fit stays owed. If it was not sent yet, Stripe would not send it any more:
    it has failed, and people pay it in another way.
    """
    rows = session.scalars(
        sa.select(models.Refund)
        .where(
            models.Refund.payment_id == chargeback.payment_id,
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
        if settled + refund.amount_cents <= chargeback.held_cents:
            settled += refund.amount_cents
            _paid_by(refund, chargeback)
    session.flush()
    return settled


def _paid_by(refund: models.Refund, chargeback: models.Chargeback) -> None:
    """The bank has paid the refund by this claim: it is not owed any more."""
    refund.failure_code, refund.paid_by_id = rules.PAID_BY_THE_BANK, chargeback.id


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
    key = f"{event}:{chargeback.number}:{times}"
    _enter(session, chargeback, event, postings, now, today, who, key=key, memo=payment.number)


def _enter(
    session: orm.Session,
    chargeback: models.Chargeback,
    event: ledger.Event,
    postings: Sequence[ledger.Posting],
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
    *,
    key: str,
    memo: str,
) -> None:
    books.post(
        session,
        key=key,
        event=event,
        booked_on=today,
        now=now,
        subject=chargeback.number,
        actor=who.label,
        postings=postings,
        memo=memo,
    )
