"""Somebody else pays no more: the link is dead at once, autopay and kept cards end, both are told.

What is being taken in this moment goes its way; it can't be stopped.
"""

from __future__ import annotations

import structlog
from sqlalchemy import orm

from portal.domain.billing.operations import books
from portal.domain.payments import models
from portal.domain.payments.operations import inviting, standing
from portal.domain.payments.queries import payers
from portal.domain.payments.states import AutopayEnd, PayerEnd
from portal.domain.policies import queries as policies
from portal.domain.wallet import queries as wallet
from portal.journeys import context, end_autopay, keep_method, payer_links, settle_payment, telling
from portal.kernel import actor

log = structlog.get_logger("portal.payments")


def by_owner(ctx: context.Context, *, customer_id: int, number: str, who: actor.Actor) -> None:
    """The owner ends it. Raises NoSuchPayer, also for one that had ended before."""
    with ctx.database.reading() as session:
        payer = payers.one(session, customer_id=customer_id, number=number)
    if payer is None or not _end(ctx, payer, reason=PayerEnd.BY_OWNER, who=who):
        raise inviting.NoSuchPayer(number=number)


def by_payer(ctx: context.Context, *, token: str, who: actor.Actor) -> payers.PayerView:
    """The payer ends it by their own link; who it was. Raises LinkOver."""
    with ctx.database.reading() as session:
        payer = payer_links.holder(session, ctx, token=token)
    doer = payer_links.acting(payer, who)
    if not _end(ctx, payer, reason=PayerEnd.BY_PAYER, who=doer):
        raise payer_links.LinkOver()
    return payer


def _end(
    ctx: context.Context, payer: payers.PayerView, *, reason: PayerEnd, who: actor.Actor
) -> bool:
    """End it, once; whether this very call did."""
    now = ctx.clock.now()
    with ctx.database.unit_of_work() as session:
        books.lock_customer(session, customer_id=payer.customer_id)
        row = inviting.lock(session, payer_id=payer.id)
        if row.link_version != payer.link_version and reason is PayerEnd.BY_PAYER:
            return False  # a newer link took the place of theirs in this moment
        if not inviting.end(session, payer=row, reason=reason, now=now, who=who):
            return False
        _end_autopay(session, ctx, row, who=who)
        _take_methods_off(session, ctx, payer, who=who)
        _tell(session, ctx, payer, reason=reason)
        waiting = payers.open_payment_ids(session, payer_id=payer.id)
    for payment_id in waiting:
        if not settle_payment.cancel(ctx, payment_id=payment_id, who=who):
            log.info("goes_its_way", payer=payer.number, payment_id=payment_id)
    return True


def _end_autopay(
    session: orm.Session, ctx: context.Context, payer: models.Payer, *, who: actor.Actor
) -> None:
    autopay = standing.running(session, customer_id=payer.customer_id, policy_id=payer.policy_id)
    if autopay is None or autopay.payer_id != payer.id:
        return
    policy = policies.by_id(session, policy_id=payer.policy_id, today=ctx.clock.today())
    end_autopay.end(
        session, ctx, autopay=autopay, policy=policy, reason=AutopayEnd.PAYER_ENDED, who=who
    )


def _take_methods_off(
    session: orm.Session, ctx: context.Context, payer: payers.PayerView, *, who: actor.Actor
) -> None:
    for method in wallet.methods(session, customer_id=payer.customer_id, payer_id=payer.id):
        keep_method.take_off(
            session,
            ctx,
            customer_id=payer.customer_id,
            payer_id=payer.id,
            number=method.number,
            who=who,
        )


def _tell(
    session: orm.Session, ctx: context.Context, payer: payers.PayerView, *, reason: PayerEnd
) -> None:
    facts = {
        "by_owner": reason is PayerEnd.BY_OWNER,
        "pet_name": payer.pet_name,
        "payer_name": payer.name,
        "owner_name": payer.owner_name,
    }
    telling.tell_payer(
        session,
        ctx,
        payer=payer,
        template="payer_ended",
        key=f"payer_ended:{payer.number}",
        subject_no=payer.number,
        **facts,
    )
    telling.tell_customer(
        session,
        ctx,
        customer_id=payer.customer_id,
        template="payer_ended_owner",
        key=f"payer_ended_owner:{payer.number}",
        subject_no=payer.number,
        **facts,
    )
