"""The mails that follow a payment: to whoever paid, and a word to the owner where that is another.

A payer reads nothing of the owner but the first name; the owner reads nothing of a payer's card.
"""

from __future__ import annotations

from sqlalchemy import orm

from portal.domain.payments import models
from portal.domain.payments.operations import settling
from portal.domain.payments.queries import payers, receipts, silenced
from portal.journeys import context, payer_links, telling


def received(
    session: orm.Session, ctx: context.Context, *, payment: models.Payment, moved: settling.Moved
) -> None:
    """The receipt of a payment that has just settled."""
    receipt = receipts.receipt(session, payment_id=payment.id)
    paid_ahead = payment.amount_cents - sum(cents for _, cents in payment.planned)
    facts = {
        "amount_cents": receipt.amount_cents,
        "bills": receipt.bills,
        "unapplied_cents": max(moved.unapplied_cents - paid_ahead, 0),
        "paid_at": payment.settled_at,
    }
    if payment.payer_id is None:
        telling.tell_customer(
            session,
            ctx,
            customer_id=payment.customer_id,
            template="receipt",
            key=f"receipt:{payment.number}",
            subject_no=payment.number,
            method_label=receipt.method_label,
            ahead_cents=min(moved.unapplied_cents, paid_ahead),
            **facts,
        )
        return
    payer = payers.by_id(session, payer_id=payment.payer_id)
    telling.tell_payer(
        session,
        ctx,
        payer=payer,
        template="payer_receipt",
        key=f"receipt:{payment.number}",
        subject_no=payment.number,
        method_label=receipt.method_label,
        owner_name=payer.owner_name,
        pet_name=payer.pet_name,
        **facts,
    )
    telling.tell_customer(
        session,
        ctx,
        customer_id=payment.customer_id,
        template="payer_paid",
        key=f"payer_paid:{payment.number}",
        subject_no=payment.number,
        payer_name=payer.name,
        pet_name=payer.pet_name,
        **facts,
    )


def not_received(session: orm.Session, ctx: context.Context, *, payment: models.Payment) -> None:
    """Nothing was taken after all, for a payment that was not certain at first.

    Not told where all its bills are held: nothing is asked for any more.
    """
    if silenced.payment(session, payment_id=payment.id):
        return
    key = f"payment_not_received:{payment.number}"
    if payment.payer_id is None:
        telling.tell_customer(
            session,
            ctx,
            customer_id=payment.customer_id,
            template="payment_not_received",
            key=key,
            subject_no=payment.number,
            amount_cents=payment.amount_cents,
        )
        return
    payer = payers.by_id(session, payer_id=payment.payer_id)
    telling.tell_payer(
        session,
        ctx,
        payer=payer,
        template="payer_not_received",
        key=key,
        subject_no=payment.number,
        secret=payer.ended_at is None,
        amount_cents=payment.amount_cents,
        pet_name=payer.pet_name,
        link="" if payer.ended_at else payer_links.page(ctx, payer=payer),
    )
