"""What is owed now made ready for its box: late, in parts, next; asks no database."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping

from portal.domain.billing.rules import arranging
from portal.domain.payments.queries import bills, drafts
from portal.web.shared import in_parts, rows


@dataclasses.dataclass(frozen=True, kw_only=True)
class Due:
    """What is past due and not paid in parts, what is next, and how parts go; amounts in cents.

    `next_due` is neither late nor in parts. `may_part`: what is owed can be paid in parts, and is
    not yet.
    """

    late_cents: int
    late_on: datetime.date | None
    next_due: bills.OpenBill | None
    rest_cents: int  # what can be paid now and is not paid in parts
    parts: str
    may_part: bool


def view(
    owed: bills.OpenBills,
    planned: Mapping[str, tuple[drafts.DraftView, ...]],
    write: rows.Writer,
) -> Due:
    """The box, as of the writer's today; `planned` is by the number of the bill."""
    told = {bill.number: in_parts.of(planned.get(bill.number, ())) for bill in owed.bills}
    late = [bill for bill in owed.past_due(write.today) if told[bill.number] is None]
    parts = next((found for found in told.values() if found is not None), None)
    debt = sum(
        bill.to_pay_cents
        for bill in owed.bills
        if arranging.is_debt(bill.due_on, today=write.today)
    )
    is_enough = arranging.most_parts(debt) >= arranging.LEAST_PARTS
    return Due(
        late_cents=sum(bill.to_pay_cents for bill in late),
        late_on=late[0].due_on if late else None,
        next_due=next(
            (
                bill
                for bill in owed.bills
                if bill.to_pay_cents > 0
                and not bill.is_past_due(write.today)
                and told[bill.number] is None
            ),
            None,
        ),
        rest_cents=sum(b.to_pay_cents for b in owed.bills if told[b.number] is None),
        parts=in_parts.text(parts, write.day) if parts else "",
        may_part=parts is None and is_enough,
    )
