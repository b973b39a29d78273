"""What ends autopay, and what becomes of it when its card or account is lost."""

from __future__ import annotations

import dataclasses

from sqlalchemy import orm

from portal.domain.payments import models
from portal.domain.payments.operations import drafting, standing
from portal.domain.payments.states import AutopayEnd, DraftState
from portal.domain.policies import queries as policies
from portal.domain.wallet import models as wallet
from portal.journeys import context, draft_mails, payer_news
from portal.kernel import actor, labels


@dataclasses.dataclass(frozen=True, kw_only=True)
class Left:
    """What ending did: drafts called off, and cents that are being taken right now all the same.

    What runs cannot be stopped any more.
    """

    cancelled: int
    running_cents: int


def end(
    session: orm.Session,
    ctx: context.Context,
    *,
    autopay: models.Autopay,
    policy: policies.PolicyView,
    reason: AutopayEnd,
    who: actor.Actor,
) -> Left:
    """End a (locked) autopay, call its drafts off, and write to who paid by it."""
    now = ctx.clock.now()
    standing.end(session, autopay=autopay, policy_no=policy.number, reason=reason, now=now, who=who)
    cancelled = running = 0
    for draft in standing.unfinished(session, autopay_id=autopay.id):
        if draft.state is DraftState.ATTEMPTING:
            running += draft.amount_cents
        else:
            cancelled += drafting.cancel(
                session, draft=draft, now=now, who=who, reason="autopay_ended"
            )
    if reason is AutopayEnd.PAYER_ENDED:  # told with the end of all that the payer could do
        return Left(cancelled=cancelled, running_cents=running)
    if reason is AutopayEnd.PET_DIED:  # the owner, who told us, reads one letter about all of it
        if autopay.payer_id is None:
            return Left(cancelled=cancelled, running_cents=running)
    else:
        payer_news.tell(
            session, ctx, payer_id=autopay.payer_id, what=payer_news.OFF, fact=autopay.id
        )
    draft_mails.tell(
        session,
        ctx,
        customer_id=autopay.customer_id,
        payer_id=autopay.payer_id,
        policy_no=policy.number,
        template="autopay_left" if reason is AutopayEnd.LEFT else "autopay_ended",
        key=f"autopay_ended:{autopay.id}",
        subject_no=policy.number,
        pet_name=policy.pet_name,
        reason=str(reason),
        method_label=_label(session, autopay.method_id),
        running_cents=running,
    )
    return Left(cancelled=cancelled, running_cents=running)


def stop_for(
    session: orm.Session,
    ctx: context.Context,
    *,
    method_id: int,
    reason: AutopayEnd,
    who: actor.Actor,
) -> int:
    """The method can be charged no more: autopay goes on with the backup, or ends for `reason`.

    It is told by mail. How many autopays that concerns; asking twice changes nothing. The caller
    has locked the customer whose method it is.
    """
    found = standing.using(session, method_id=method_id)
    for autopay in found:
        policy = policies.by_id(session, policy_id=autopay.policy_id, today=ctx.clock.today())
        if autopay.backup_method_id == method_id:
            _drop_backup(session, autopay)
            continue
        backup = _backup(session, ctx, autopay)
        if backup is None:
            end(session, ctx, autopay=autopay, policy=policy, reason=reason, who=who)
        else:
            _switch(session, ctx, autopay, policy=policy, backup=backup, who=who)
    return len(found)


def _backup(
    session: orm.Session, ctx: context.Context, autopay: models.Autopay
) -> wallet.PaymentMethod | None:
    if autopay.backup_method_id is None:
        return None
    method = session.get_one(wallet.PaymentMethod, autopay.backup_method_id, populate_existing=True)
    return method if standing.can_be_charged(method, today=ctx.clock.today()) else None


def _drop_backup(session: orm.Session, autopay: models.Autopay) -> None:
    lost = autopay.backup_method_id
    autopay.backup_method_id = None
    for draft in standing.unfinished(session, autopay_id=autopay.id):
        if draft.backup_method_id == lost:
            draft.backup_method_id = None
    session.flush()


def _switch(
    session: orm.Session,
    ctx: context.Context,
    autopay: models.Autopay,
    *,
    policy: policies.PolicyView,
    backup: wallet.PaymentMethod,
    who: actor.Actor,
) -> None:
    """The backup takes the method's place, by the same agreement, which names both."""
    now = ctx.clock.now()
    lost = autopay.method_id
    standing.end(
        session,
        autopay=autopay,
        policy_no=policy.number,
        reason=AutopayEnd.REPLACED,
        now=now,
        who=who,
    )
    newer = standing.begin(
        session,
        customer_id=autopay.customer_id,
        policy_id=autopay.policy_id,
        policy_no=policy.number,
        payer_id=autopay.payer_id,
        terms=standing.Terms(method_id=backup.id, days_before=autopay.days_before),
        consent_id=autopay.consent_id,
        now=now,
        who=who,
    )
    for draft in standing.unfinished(session, autopay_id=autopay.id):
        standing.hand_over(
            session,
            draft=draft,
            autopay=newer,
            invoice_no=standing.bill_of(session, draft_id=draft.id).number,
            draft_on=draft.draft_on,
            now=now,
            who=who,
        )
    draft_mails.tell(
        session,
        ctx,
        customer_id=autopay.customer_id,
        payer_id=autopay.payer_id,
        policy_no=policy.number,
        template="autopay_switched",
        key=f"autopay_joined:{newer.id}",
        subject_no=policy.number,
        pet_name=policy.pet_name,
        lost_label=_label(session, lost),
        method_label=labels.of_method(backup),
    )


def _label(session: orm.Session, method_id: int) -> str:
    return labels.of_method(session.get_one(wallet.PaymentMethod, method_id))
