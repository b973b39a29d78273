"""What follows when a debit of a bank account begins, waits, or comes back; runs in its step.

Runs inside the transaction that moves the payment; only `post_return_fee` asks Stripe.
"""

from __future__ import annotations

from typing import Any

import structlog
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.billing.operations import charging_fee
from portal.domain.billing.queries import held
from portal.domain.payments import models, returns
from portal.domain.payments.operations import settling
from portal.domain.payments.queries import returned, silenced
from portal.domain.payments.states import AutopayEnd, PaymentState
from portal.domain.wallet import consents
from portal.domain.wallet import models as wallet
from portal.domain.wallet import queries as wallet_queries
from portal.gateways import ports
from portal.journeys import (
    bank_cases,
    context,
    end_autopay,
    follow_mandate,
    keep_method,
    telling,
)
from portal.kernel import actor

log = structlog.get_logger("portal.payments")
_UNDER_WAY = frozenset({PaymentState.PROCESSING, PaymentState.SETTLED})


def facts(ctx: context.Context, view: ports.IntentView) -> settling.Debit | None:
    """What the intent says of a debit; None when it is none."""
    if view.card is None or view.card.kind != settling.DEBIT:
        return None
    return settling.Debit(
        verify_url=view.verify_url,
        was_sent=bool(view.charge_ref),
        expected_on=returns.arrives_on(ctx.clock.today()),
    )


def code(view: ports.IntentView) -> str:
    """Why a payment failed: of a debit that was sent the network's code, where it is known."""
    if view.card is None or view.card.kind != settling.DEBIT or not view.charge_ref:
        return view.decline_code
    return view.network_code or view.card.blocked_code or view.decline_code


def follow(
    session: orm.Session,
    ctx: context.Context,
    *,
    payment: models.Payment,
    moved: settling.Moved,
    view: ports.IntentView,
    who: actor.Actor,
) -> bool:
    """Do what this step of a payment asks for; whether the payer was told of a failure.

    A guest has no address: the owner, whose account it is not, reads of the outcome only.
    The customer and the payment are locked.
    """
    if moved.after in _UNDER_WAY and moved.is_step:
        _keep(session, ctx, payment=payment, view=view, who=who)
    if payment.method_kind != settling.DEBIT or not (moved.is_step or moved.waits):
        return False
    if moved.after is PaymentState.PROCESSING:
        _tell_started(session, ctx, payment)
    elif moved.after is PaymentState.FAILED and payment.expected_on is not None:
        _sent_back(session, ctx, payment=payment, view=view, who=who)
        return not payment.by_guest
    elif moved.after is PaymentState.FAILED and moved.waited:
        gave_up(session, ctx, payment=payment)
        return True
    elif moved.waits and not moved.waited and not payment.by_guest:
        _tell(session, ctx, payment, "verify_account", payment_no=payment.number)
    return False


def gave_up(session: orm.Session, ctx: context.Context, *, payment: models.Payment) -> None:
    """The two deposits were never told, and the payment was called off for that."""
    if not payment.by_guest:
        _tell(session, ctx, payment, "account_not_verified", payment_no=payment.number)


def post_return_fee(ctx: context.Context, *, payment_id: int, who: actor.Actor) -> bool:
    """Post what Stripe took for a debit that came back, once; whether it was posted now.

    What can't be read now is looked for again by a job.
    """
    with ctx.database.reading() as session:
        payment = session.get_one(models.Payment, payment_id)
    if payment.state is not PaymentState.FAILED or not payment.charge_ref:
        return False
    if payment.expected_on is None or payment.fee_cents is not None:
        return False
    try:
        fee = ctx.payments.return_fee(charge_ref=payment.charge_ref, since=payment.created_at)
    except (ports.GatewayUnknown, ports.GatewayRefused) as trouble:
        log.warning("return_fee_unread", payment=payment.number, kind=type(trouble).__name__)
        return False
    if fee is None:
        return False
    with ctx.database.unit_of_work() as session:
        return settling.post_fee(
            session,
            payment=settling.lock(session, payment_id=payment_id),
            money_ref=fee.ref,
            fee_cents=-fee.net_cents,
            now=ctx.clock.now(),
            today=ctx.clock.today(),
            who=who,
        )


def stop_debits(
    session: orm.Session,
    ctx: context.Context,
    *,
    method_ref: str,
    found: returns.Return,
    tells: bool,
    who: actor.Actor,
) -> None:
    """An account that is closed is taken off; one whose mandate ended is debited no more.

    `tells` that by a mail of its own.
    """
    mine = wallet_queries.mirrored(session, stripe_ref=method_ref)
    if mine is None:
        return  # it was never saved, or is gone
    if found.ends_method:
        gone = keep_method.take_off(
            session,
            ctx,
            customer_id=mine.customer_id,
            payer_id=mine.payer_id,
            number=mine.number,
            who=who,
        )
        reason = AutopayEnd.METHOD_GONE
        end_autopay.stop_for(session, ctx, method_id=gone.id, reason=reason, who=who)
    elif found.revokes_mandate:
        follow_mandate.end(
            session, ctx, method_ref=method_ref, reason=str(found.code), tells=tells, who=who
        )


def end_mandate(
    session: orm.Session, ctx: context.Context, *, payment: models.Payment, who: actor.Actor
) -> None:
    """The account behind a payment may be debited no more, where it is kept."""
    method_ref = wallet_queries.of_payment(
        session, method_id=payment.method_id, agreed_in=payment.number
    )
    if method_ref is not None:
        follow_mandate.end(session, ctx, method_ref=method_ref, reason="chargeback", who=who)


def charge_fee(
    session: orm.Session,
    ctx: context.Context,
    *,
    payment: models.Payment,
    found: returns.Return,
    who: actor.Actor,
) -> None:
    """Bill the fee for a returned payment, where there is one, and write to the customer.

    None for the payment of a guest or of somebody else: the customer did not make it; none while
    the policy is held. One for all attempts of a draft: trying again was our choice.
    """
    if payment.by_guest or payment.payer_id is not None:
        return
    policy_id = returned.first_policy(session, payment_id=payment.id)
    kind = billing.HoldKind.LATE_FEE
    if policy_id is None or held.policies_held(session, policy_ids=[policy_id], kind=kind):
        return
    now = ctx.clock.now()
    fact = payment.number if payment.draft_id is None else f"draft:{payment.draft_id}"
    billed = charging_fee.charge_nsf_fee(
        session,
        fact=fact,
        payment_no=payment.number,
        customer_id=payment.customer_id,
        policy_id=policy_id,
        return_code=str(found.code),
        was_fraud_victim=returned.was_victim(session, customer_id=payment.customer_id, now=now),
        now=now,
        today=ctx.clock.today(),
        who=who,
        rng=ctx.rng,
    )
    if billed is not None:
        telling.tell_customer(
            session,
            ctx,
            customer_id=payment.customer_id,
            template="returned_payment_fee",
            key=f"returned_payment_fee:{billed.number}",
            subject_no=billed.number,
            fee_cents=billed.total_cents,
            due_on=billed.due_on,
            amount_cents=payment.amount_cents,
            method_label=payment.method_label,
        )


def _keep(
    session: orm.Session,
    ctx: context.Context,
    *,
    payment: models.Payment,
    view: ports.IntentView,
    who: actor.Actor,
) -> None:
    """Keep the method that was to be kept, and what was agreed to about it; once."""
    kinds = set()
    if payment.save_method and view.card is not None and view.card.customer_ref:
        kinds.add(wallet.ConsentKind.STORE)
        keep_method.keep(
            session,
            ctx,
            customer_id=payment.customer_id,
            payer_id=payment.payer_id,
            card=view.card,
            mandate_ref=view.mandate_ref,
            agreed_in=payment.number,
            who=who,
        )
    if view.card is not None and view.card.kind == settling.DEBIT:
        kinds.add(wallet.ConsentKind.DEBIT)
    consents.record_noted(
        session,
        payment.agreed,
        kinds=kinds,
        customer_id=payment.customer_id,
        payer_id=payment.payer_id,
        subject=payment.number,
        method_label=payment.method_label,
        who=who,
    )
    payment.agreed = None
    session.flush()


def _sent_back(
    session: orm.Session,
    ctx: context.Context,
    *,
    payment: models.Payment,
    view: ports.IntentView,
    who: actor.Actor,
) -> None:
    """The bank sent the debit back before it was ours: nothing was posted."""
    found = returns.meaning(payment.failure_code)
    if view.card is not None:
        tells = payment.draft_id is not None  # else the mail about the return says so
        stop_debits(session, ctx, method_ref=view.card.ref, found=found, tells=tells, who=who)
    if found.opens_case:
        bank_cases.open_or_join(
            session,
            ctx,
            payment_no=payment.number,
            customer_id=payment.customer_id,
            why=bank_cases.RETURNED,
            reason=view.decline_code,
            once_key=f"returned:{payment.number}",
            now=ctx.clock.now(),
        )
    tells = payment.draft_id is None and not payment.by_guest
    if tells and not silenced.payment(
        session, payment_id=payment.id
    ):  # a draft's own mail says what follows
        _tell(session, ctx, payment, "debit_returned", **_told(payment, found))
    charge_fee(session, ctx, payment=payment, found=found, who=who)


def _told(payment: models.Payment, found: returns.Return) -> dict[str, Any]:
    return {
        "code": payment.failure_code,
        "is_off": found.ends_method,
        "is_stopped": found.revokes_mandate and not found.ends_method,
    }


def _tell_started(session: orm.Session, ctx: context.Context, payment: models.Payment) -> None:
    """The payer is at ease for days; one whose draft was announced knows, a guest has the page."""
    if payment.draft_id is None and not payment.by_guest:
        _tell(session, ctx, payment, "debit_started", expected_on=payment.expected_on)


def _tell(
    session: orm.Session,
    ctx: context.Context,
    payment: models.Payment,
    template: str,
    **view: Any,
) -> None:
    telling.tell_who_pays(
        session,
        ctx,
        customer_id=payment.customer_id,
        payer_id=payment.payer_id,
        template=template,
        key=f"{template}:{payment.number}",
        subject_no=payment.number,
        amount_cents=payment.amount_cents,
        method_label=payment.method_label,
        **view,
    )
