"""The charge of a saved method while nobody is present: one call, always under the same key."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.payments import models
from portal.domain.wallet import models as wallet
from portal.gateways import ports
from portal.journeys import context

# Stripe keeps keys for 24 hours at least; after that a charge is looked for, never sent again.
SAME_KEY_FOR = datetime.timedelta(hours=23)
# After it a call that was on its way has arrived at Stripe, or never will.
ON_ITS_WAY = datetime.timedelta(minutes=10)

# What the charge is made with: the method, and whose it is at Stripe.
_REFS = (
    sa.select(
        wallet.PaymentMethod.stripe_ref.label("method"),
        sa.case(
            (models.Payment.payer_id.is_not(None), models.Payer.stripe_ref),
            else_=wallet.WalletCustomer.stripe_ref,
        ).label("counterpart"),
    )
    .select_from(models.Payment)
    .outerjoin(wallet.PaymentMethod, wallet.PaymentMethod.id == models.Payment.method_id)
    .outerjoin(models.Payer, models.Payer.id == models.Payment.payer_id)
    .outerjoin(
        wallet.WalletCustomer, wallet.WalletCustomer.customer_id == models.Payment.customer_id
    )
    .where(models.Payment.id == sa.bindparam("payment_id"))
)


def may_send(session: orm.Session, payment: models.Payment, *, now: datetime.datetime) -> bool:
    """Whether sending its charge (again) cannot charge twice, and is still wanted.

    Stripe must still know the key; and whoever left autopay, or ended an arrangement or paying
    for somebody else, is not charged by a call that may never have been made before.
    """
    return (
        payment.is_off_session
        and payment.stripe_ref is None
        and now - payment.created_at < SAME_KEY_FOR
        and not _was_ended(session, payment)
    )


def is_on_its_way(payment: models.Payment, *, now: datetime.datetime) -> bool:
    """Whether its charge may still be arriving, so that Stripe's list says nothing yet."""
    return now - payment.created_at < ON_ITS_WAY


def _was_ended(session: orm.Session, payment: models.Payment) -> bool:
    """Whether the standing order, arrangement or payer behind the payment has ended since."""
    draft = session.get_one(models.Draft, payment.draft_id)
    behind = [
        (models.Payer, payment.payer_id),
        (models.Autopay, draft.autopay_id),
        (billing.Arrangement, draft.arrangement_id),
    ]
    return any(
        session.get_one(table, row_id).ended_at is not None
        for table, row_id in behind
        if row_id is not None
    )


def send(ctx: context.Context, payment: models.Payment) -> ports.IntentView:
    """Charge the payment's method; a decline is a view. Raises GatewayUnknown, GatewayRefused.

    The same payment asks for the same with the same key, however often it is sent.
    """
    with ctx.database.reading() as session:
        method_ref, counterpart = session.execute(_REFS, {"payment_id": payment.id}).one()
    if counterpart is None:
        raise ports.GatewayRefused(ports.NOT_THERE, "there is no customer at Stripe")
    return ctx.payments.charge_saved(
        key=f"{payment.number}:charge",
        amount_cents=payment.amount_cents,
        customer_ref=counterpart,
        method_ref=method_ref,
        payment_no=payment.number,
        description=f"{ctx.brand} {payment.number}",
    )


def customer_ref(session: orm.Session, payment: models.Payment) -> str | None:
    """The counterpart at Stripe whose method pays: the payer's own, else the customer's."""
    return session.execute(_REFS, {"payment_id": payment.id}).one().counterpart
