"""A mandate that ended at Stripe ends here: its account may be debited no more."""

from __future__ import annotations

from sqlalchemy import orm

from portal.domain.billing.operations import books
from portal.domain.payments.queries import payers
from portal.domain.payments.states import AutopayEnd
from portal.domain.wallet import models, operations, queries
from portal.journeys import context, end_autopay, telling
from portal.kernel import actor


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
) -> bool:
    """The account may be debited no more: whoever added it is told, once; whether that is new.

    With `mandate_ref` only where it is the mandate that the account was saved with: one that was
    given for a single payment ends with it, and takes nothing else along.
    """
    with ctx.database.unit_of_work() as session:
        found = queries.mirrored(session, stripe_ref=method_ref)
        if found is None:
            return False
        books.lock_customer(session, customer_id=found.customer_id)
        method = operations.revoke_mandate(
            session,
            stripe_ref="" if mandate_ref else method_ref,
            mandate_ref=mandate_ref,
            reason=reason,
            now=ctx.clock.now(),
            who=who,
        )
        if method is not None:
            tell(session, ctx, method)
            ended = AutopayEnd.MANDATE_REVOKED
            end_autopay.stop_for(session, ctx, method_id=method.id, reason=ended, who=who)
    return method is not None


def tell(session: orm.Session, ctx: context.Context, method: models.PaymentMethod) -> None:
    """Write to whoever added the account that nothing is debited from it any more."""
    about = {
        "template": "mandate_ended",
        "key": f"mandate_ended:{method.number}",
        "subject_no": method.number,
        "method_label": f"{method.brand} {method.last4}",
        "for_payer": method.payer_id is not None,
    }
    if method.payer_id is None:
        telling.tell_customer(session, ctx, customer_id=method.customer_id, **about)
    else:
        payer = payers.by_id(session, payer_id=method.payer_id)
        telling.tell_payer(session, ctx, payer=payer, **about)
