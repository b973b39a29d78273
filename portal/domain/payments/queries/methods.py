"""The saved method that a payer chose, or why it cannot be charged; changes nothing."""

from __future__ import annotations

from sqlalchemy import orm

from portal.domain.payments import rules
from portal.domain.wallet import queries as wallet
from portal.domain.wallet import rules as wallet_rules


def chosen(
    session: orm.Session, *, customer_id: int, number: str, payer_id: int | None = None
) -> wallet.MethodView:
    """The customer's own method, or the payer's. Raises MethodGone, MandateOver."""
    found = wallet.method(session, customer_id=customer_id, number=number, payer_id=payer_id)
    if found is None:
        raise rules.MethodGone()
    if not found.is_chargeable:
        raise wallet_rules.MandateOver(number=found.number)
    return found
