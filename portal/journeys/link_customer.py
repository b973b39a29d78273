"""Makes sure that a customer has a counterpart in Stripe; made once, found ever after."""

from __future__ import annotations

import hashlib

from portal.domain.identity import queries as identity
from portal.domain.wallet import operations as wallet
from portal.domain.wallet import queries
from portal.journeys import context


def ensure(ctx: context.Context, *, customer_id: int) -> str:
    """The reference of the customer's counterpart. Raises GatewayUnknown, GatewayRefused."""
    with ctx.database.reading() as session:
        known = queries.stripe_customer(session, customer_id=customer_id)
        if known is not None:
            return known
        customer = identity.customer(session, customer_id=customer_id)
    # A key belongs to one body: whoever changed their address since a lost answer begins anew.
    facts = hashlib.sha256(f"{customer.name}\n{customer.email}".encode()).hexdigest()[:16]
    made = ctx.payments.create_customer(
        key=f"{customer.number}:create:{facts}",
        customer_no=customer.number,
        name=customer.name,
        email=customer.email,
    )
    with ctx.database.unit_of_work() as session:
        return wallet.link(session, customer_id=customer_id, stripe_ref=made)
