"""Makes sure that whoever pays has a counterpart in Stripe; made once, found ever after."""

from __future__ import annotations

import hashlib

from portal.domain.identity import queries as identity
from portal.domain.payments.operations import inviting
from portal.domain.payments.queries import payers
from portal.domain.wallet import operations as wallet
from portal.domain.wallet import queries
from portal.journeys import context


def ensure(ctx: context.Context, *, customer_id: int, payer_id: int | None = None) -> str:
    """The counterpart of the customer, or of somebody else who pays for a pet of theirs.

    Raises GatewayUnknown, GatewayRefused.
    """
    if payer_id is not None:
        return _of_payer(ctx, payer_id=payer_id)
    with ctx.database.reading() as session:
        known = queries.stripe_customer(session, customer_id=customer_id)
        if known is not None:
            return known
        customer = identity.customer(session, customer_id=customer_id)
    made = _make(ctx, number=customer.number, name=customer.name, email=customer.email)
    with ctx.database.unit_of_work() as session:
        return wallet.link(session, customer_id=customer_id, stripe_ref=made)


def _of_payer(ctx: context.Context, *, payer_id: int) -> str:
    with ctx.database.reading() as session:
        payer = payers.by_id(session, payer_id=payer_id)
    if payer.stripe_ref is not None:
        return payer.stripe_ref
    made = _make(ctx, number=payer.number, name=payer.name, email=payer.email)
    with ctx.database.unit_of_work() as session:
        return inviting.link_to_stripe(session, payer_id=payer_id, stripe_ref=made)


def _make(ctx: context.Context, *, number: str, name: str, email: str) -> str:
    """A key belongs to one body: who changed their address since a lost answer begins anew."""
    facts = hashlib.sha256(f"{name}\n{email}".encode()).hexdigest()[:16]
    return ctx.payments.create_customer(
        key=f"{number}:create:{facts}", customer_no=number, name=name, email=email
    )
