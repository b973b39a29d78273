"""Which saved methods a payer can choose, and which banks refused for good; changes nothing."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from portal.domain.payments import declines, models, rules
from portal.domain.payments.states import PaymentState
from portal.domain.wallet import queries as wallet
from portal.domain.wallet import rules as wallet_rules

_LAST_WORDS = (
    sa.select(models.Payment.method_id, models.Payment.failure_code)
    .ext(postgresql.distinct_on(models.Payment.method_id))
    .where(
        models.Payment.customer_id == sa.bindparam("customer_id"),
        models.Payment.method_id.in_(sa.bindparam("method_ids", expanding=True)),
        models.Payment.state.in_([PaymentState.SETTLED, PaymentState.FAILED]),
    )
    .order_by(models.Payment.method_id, models.Payment.id.desc())
)


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


def offered(
    session: orm.Session, *, customer_id: int, today: datetime.date, payer_id: int | None = None
) -> tuple[wallet.MethodView, ...]:
    """What a payer can choose from; what a bank refused for good comes last, and says so."""
    found = wallet.chargeable(session, customer_id=customer_id, today=today, payer_id=payer_id)
    refused = refused_for_good(
        session, customer_id=customer_id, method_ids=[method.id for method in found]
    )
    good = [method for method in found if method.id not in refused]
    bad = [method for method in found if method.id in refused]
    return (*good, *(dataclasses.replace(method, is_refused=True) for method in bad))


def refused_for_good(
    session: orm.Session, *, customer_id: int, method_ids: Sequence[int]
) -> frozenset[int]:
    """Those of the methods of which the last that a bank said was never to charge them again.

    A payment that went through since, its payer being present, is a newer word.
    """
    if not method_ids:
        return frozenset()
    rows = session.execute(
        _LAST_WORDS, {"customer_id": customer_id, "method_ids": list(method_ids)}
    )
    return frozenset(
        method_id for method_id, code in rows if code and declines.of_card(code).ends_method
    )
