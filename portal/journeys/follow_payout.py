"""A payout of Stripe's becomes ours: what it moved is posted, once; matches no bank statement."""

from __future__ import annotations

from portal.domain.ledger import operations as ledger
from portal.domain.ledger import rules
from portal.gateways import ports
from portal.journeys import context
from portal.kernel import actor

_ENDS = frozenset({"paid", "failed", "canceled"})
_CAME_BACK = frozenset({"failed", "canceled"})


def read(ctx: context.Context, *, payout_ref: str, who: actor.Actor) -> int:
    """Read the payout at Stripe and post what it moved; how many entries are new.

    The order and number of its events do not matter: each movement is keyed by its balance
    transaction. Raises GatewayRefused, GatewayUnknown; GatewayUnknown also for one that has ended
    while its money is not listed yet.
    """
    view = ctx.payments.read_payout(payout_ref)
    _complete(view)
    posted = 0
    with ctx.database.unit_of_work() as session:
        for event, moved in (
            (rules.Event.PAYOUT, view.money),
            (rules.Event.PAYOUT_RETURNED, view.reversal),
        ):
            if moved is None or not (moved.amount_cents or moved.fee_cents):
                continue
            entry = ledger.post(
                session,
                key=f"payout:{moved.ref}",
                event=event,
                booked_on=ctx.clock.today(),
                now=ctx.clock.now(),
                subject=view.ref,
                actor=who.label,
                postings=rules.payout_moved(
                    amount_cents=moved.amount_cents, fee_cents=moved.fee_cents
                ),
            )
            posted += entry is not None
    return posted


def _complete(view: ports.PayoutView) -> None:
    """Raises GatewayUnknown while Stripe does not list what an ended payout moved."""
    is_listed = view.money is not None or view.status not in _ENDS
    if not is_listed or (view.status in _CAME_BACK and view.reversal is None):
        raise ports.GatewayUnknown(f"{view.ref} is {view.status}, and its money is not listed yet")
