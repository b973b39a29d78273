"""All bills of a customer for one page, in one statement: what is open, and a page of the rest."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing.queries import settled
from portal.domain.payments.queries import bills
from portal.kernel import answers, paging

_BOTH = sa.select(answers.rows(bills.OPEN), answers.rows(settled.SETTLED))


def all_bills(
    session: orm.Session, *, customer_id: int, cursor: str = ""
) -> tuple[bills.OpenBills, paging.Page[settled.SettledBill]]:
    """The open bills, oldest due first, and the settled ones after `cursor`, latest due first.

    A cursor that is not one of ours means the first page.
    """
    values = {"customer_id": customer_id} | settled.position(cursor)
    is_open, is_settled = session.connection().execute(_BOTH, values).one()
    for row in is_open:
        row[bills.ISSUED_ON] = answers.day(row[bills.ISSUED_ON])
        row[bills.DUE_ON] = answers.day(row[bills.DUE_ON])
    for row in is_settled:
        row[settled.DUE_ON] = answers.day(row[settled.DUE_ON])
        row[settled.PAID_ON] = answers.day(row[settled.PAID_ON])
    return bills.of_rows(is_open), settled.page(is_settled)
