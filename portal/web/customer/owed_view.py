"""What is owed now made ready for its box: late, in parts, next; asks no database."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from portal.documents import formats
from portal.domain.billing.rules import arranging
from portal.domain.payments.queries import bills, drafts
from portal.web.shared import in_parts, language, rows

_ = language.gettext


class Together(NamedTuple):
    """Bills of several pets due on one day, demanded as one; where they stand and are paid."""

    due_on: datetime.date
    pets: int
    cents: int
    numbers: frozenset[str]
    text: str
    href: str
    pay_href: str


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
    together: tuple[Together, ...]


def together(owed: bills.OpenBills, write: rows.Writer) -> tuple[Together, ...]:
    """What is shown as one for who has one bill a month for all pets; what can be paid now."""
    by_day: dict[datetime.date, list[bills.OpenBill]] = {}
    for bill in owed.bills if owed.is_together else ():
        if bill.to_pay_cents and not bill.disputed_cents:
            by_day.setdefault(bill.due_on, []).append(bill)
    return tuple(_together(day, found, write) for day, found in by_day.items() if len(found) > 1)


def _together(day: datetime.date, found: list[bills.OpenBill], write: rows.Writer) -> Together:
    cents = sum(bill.to_pay_cents for bill in found)
    pets = len({bill.policy_no for bill in found})
    return Together(
        due_on=day,
        pets=pets,
        cents=cents,
        numbers=frozenset(bill.number for bill in found),
        text=_(
            "%(num)s pets, %(sum)s due %(day)s",
            num=pets,
            sum=formats.money(cents),
            day=write.day(day, "plain"),
        ),
        href=f"/invoices/due/{day}",
        pay_href=pay_href(found),
    )


def pay_href(found: Sequence[bills.OpenBill]) -> str:
    """Where all these bills are paid at once."""
    return "/pay?" + "&".join(f"invoice={bill.number}" for bill in found)


def rows_together(
    owed: bills.OpenBills,
    found: Sequence[Together],
    write: rows.Writer,
    planned: Mapping[str, tuple[drafts.DraftView, ...]],
) -> list[rows.Row]:
    """The open bills as a list: those of all pets as one row each day, the others by themselves."""
    inside = frozenset[str]().union(*(one.numbers for one in found))
    alone = tuple(bill for bill in owed.bills if bill.number not in inside)
    listed = rows.open_rows(alone, write, planned=planned)
    made = [(bill.due_on, row) for bill, row in zip(alone, listed, strict=True)]
    for one in found:
        is_late = one.due_on < write.today
        said = _("Overdue since %(day)s") if is_late else _("Due %(day)s")
        row = rows.Row(
            href=one.href,
            title=_("%(num)s pets, %(month)s", num=one.pets, month=write.month(one.due_on)),
            state="overdue" if is_late else "due",
            text=said % {"day": write.day(one.due_on)},
            end=formats.money(one.cents),
            strong=True,
        )
        made.append((one.due_on, row))
    return [row for _day, row in sorted(made, key=lambda pair: pair[0])]


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
        together=together(owed, write),
    )
