"""Whether a case may be closed, as far as money goes; changes nothing."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.payments import models, rules
from portal.domain.payments.queries import chargebacks, failed_refunds


def check(session: orm.Session, *, case_no: str) -> None:
    """Raises BankDecides while a bank decides about money of the case, RefundOwed while a refund
    that failed is worked in it: once it is closed, nobody would look for that money any more.

    The caller has locked the customer's account.
    """
    if chargebacks.is_deciding(session, case_no=case_no):
        raise rules.BankDecides(number=case_no)
    owed = sa.exists().where(models.Refund.case_no == case_no, failed_refunds.OWED)
    if session.scalar(sa.select(owed)):
        raise rules.RefundOwed(number=case_no)
