"""All bills of a customer for one page, in one statement: what is open, and a page of the rest.

The same statement tells what they mean for cover, and whether anything is planned, so that only
who has drafts asks for them.
"""

from __future__ import annotations

import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing.queries import coverage, settled
from portal.domain.payments.queries import bills, drafts
from portal.kernel import answers, paging

_EVERYTHING = answers.Written(
    sa.select(
        answers.rows(bills.OPEN),
        answers.rows(settled.SETTLED),
        sa.exists(drafts.OF_NOW),
        coverage.ALL,
    )
)


class AllBills(NamedTuple):
    """The open bills, oldest due first, and a page of the settled ones, latest due first."""

    owed: bills.OpenBills
    settled: paging.Page[settled.SettledBill]
    has_drafts: bool  # that may still take money
    covers: tuple[coverage.Cover, ...]


def all_bills(
    session: orm.Session, *, customer_id: int, today: datetime.date, cursor: str = ""
) -> AllBills:
    """All bills, the settled ones after `cursor`, and the cover of every policy as of `today`.

    A cursor that is not one of ours means the first page.
    """
    values = {"customer_id": customer_id, "today": today} | settled.position(cursor)
    is_open, is_settled, has_drafts, covers = _EVERYTHING.row(session, values)
    for row in is_open:
        row[bills.ISSUED_ON] = answers.day(row[bills.ISSUED_ON])
        row[bills.DUE_ON] = answers.day(row[bills.DUE_ON])
    for row in is_settled:
        row[settled.DUE_ON] = answers.day(row[settled.DUE_ON])
        row[settled.PAID_ON] = answers.day(row[settled.PAID_ON])
    return AllBills(
        owed=bills.of_rows(is_open),
        settled=settled.page(is_settled),
        has_drafts=has_drafts,
        covers=coverage.of_rows(covers, today),
    )
