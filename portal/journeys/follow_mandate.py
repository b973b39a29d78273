"""A mandate that ended at Stripe ends here: its account may be debited no more."""

from __future__ import annotations

from sqlalchemy import orm

from portal.domain.billing.operations import books
from portal.domain.payments.states import AutopayEnd
from portal.domain.wallet import operations, queries
from portal.journeys import context, end_autopay, telling
from portal.kernel import actor, labels


def read(ctx: context.Context, *, mandate_ref: str, who: actor.Actor) -> None:
    """Read the mandate again and take over that it ended. Raises GatewayUnknown, GatewayRefused.

    One that is active says nothing new: it is kept with the account when that is saved.
    """
    view = ctx.payments.read_mandate(mandate_ref)
    if view.status == "inactive":
        over(ctx, method_ref=view.method_ref, mandate_ref=view.ref, who=who)


def over(
    ctx: context.Context,
    *,
    method_ref: str,
    mandate_ref: str = "",
    reason: str = "mandate_updated",
    who: actor.Actor,
) -> None:
    """The account may be debited no more: as in `end`, in a transaction of its own.

    With `mandate_ref` only where it is the mandate that the account was saved with: one that was
    given for a single payment ends with it, and takes nothing else along.
    """
    with ctx.database.unit_of_work() as session:
        found = queries.mirrored(session, stripe_ref=method_ref)
        if found is None:
            return
        books.lock_customer(session, customer_id=found.customer_id)
        if mandate_ref:
            method_ref = ""
        end(session, ctx, method_ref=method_ref, mandate_ref=mandate_ref, reason=reason, who=who)


def end(
    session: orm.Session,
    ctx: context.Context,
    *,
    method_ref: str = "",
    mandate_ref: str = "",
    reason: str,
    tells: bool = True,
    who: actor.Actor,
) -> None:
    """Note that an account, found by one of its references, may be debited no more; once.

    Whoever added it is told (unless not `tells`), and autopay by it goes on otherwise or ends.
    The customer is locked.
    """
    method = operations.revoke_mandate(
        session,
        stripe_ref=method_ref,
        mandate_ref=mandate_ref,
        reason=reason,
        now=ctx.clock.now(),
        who=who,
    )
    if method is None:
        return
    if tells:
        telling.tell_who_pays(
            session,
            ctx,
            customer_id=method.customer_id,
            payer_id=method.payer_id,
            template="mandate_ended",
            key=f"mandate_ended:{method.number}",
            subject_no=method.number,
            method_label=labels.of_method(method),
        )
    ended = AutopayEnd.MANDATE_REVOKED
    end_autopay.stop_for(session, ctx, method_id=method.id, reason=ended, who=who)
