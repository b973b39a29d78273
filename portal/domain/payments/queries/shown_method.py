"""What an owner reads as the method of a payment: the payer's name where somebody else paid.

Whose card it was, and why their bank refused it, is nobody's business but the payer's.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.payments import models
from portal.domain.payments.states import PaymentState
from portal.kernel import labels, types

_payer = models.Payer.__table__
_payment = models.Payment.__table__
_name = (
    sa.select(sa.func.concat(types.constant(labels.PAYER), _payer.c.name))
    .where(_payer.c.id == _payment.c.payer_id)
    .correlate(_payment)
    .scalar_subquery()
)
# in the place of payment.method_label
LABEL = sa.case((_payment.c.payer_id.is_(None), _payment.c.method_label), else_=_name)
# in the place of payment.failure_code
FAILURE = sa.case(
    (_payment.c.payer_id.is_(None), _payment.c.failure_code), else_=types.constant("")
)
# what a payer tried and did not finish, and why a bank refused them, is no news for the owner
NEWS = sa.or_(
    _payment.c.payer_id.is_(None),
    _payment.c.state.not_in(
        [types.constant(PaymentState.FAILED), types.constant(PaymentState.REQUIRES_ACTION)]
    ),
)


def of_payment(session: orm.Session, *, payment: models.Payment) -> str:
    """The label for the owner of one payment."""
    if payment.payer_id is None:
        return payment.method_label
    return labels.PAYER + session.get_one(models.Payer, payment.payer_id).name
