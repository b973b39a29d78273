"""What raising a dispute would do: what is paused, what stays due, by when a person answers."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence

from sqlalchemy import orm

from portal.domain.disputes import categories, rules
from portal.domain.disputes.operations import raising
from portal.domain.disputes.queries import subjects
from portal.kernel import business_clock, errors, msgids


class NoSuchSubject(errors.DomainError):
    """The bill, payment or policy is not the customer's."""

    code = "dispute_no_such_subject"
    message = msgids.N_("We cannot find this bill or payment.")


class LineNotOnBill(errors.DomainError):
    """A line that the bill does not have."""

    code = "dispute_line_not_on_bill"
    message = msgids.N_("Choose lines of this bill.")


@dataclasses.dataclass(frozen=True)
class LineHold:
    """What will be paused of one line, in cents."""

    line_number: int
    cents: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Foresight:
    """The consequences, in cents, days and UTC moments.

    `joins` is the number of the open case that the words will be added to, "" for a new case.
    `declined_before` says that a line was declined before, so that it is not paused again.
    """

    about: raising.About
    urgency: rules.Urgency
    priority: categories.Priority
    holds: tuple[LineHold, ...] = ()
    set_aside_cents: int = 0
    rest_due_cents: int = 0
    rest_due_on: datetime.date | None = None
    joins: str = ""
    declined_before: bool = False
    answer_by: datetime.datetime

    @property
    def paused_cents(self) -> int:
        """What is paused in all."""
        return sum(hold.cents for hold in self.holds)


def foresee(
    session: orm.Session,
    *,
    customer_id: int,
    category: categories.Category,
    invoice_no: str | None = None,
    payment_no: str | None = None,
    policy_no: str | None = None,
    line_numbers: Sequence[int] = (),
    hours: business_clock.BusinessClock,
    now: datetime.datetime,
) -> Foresight:
    """What a dispute about these would do now; no line numbers mean the whole bill.

    Raises NoSuchSubject, LineNotOnBill.
    """
    today = now.astimezone(hours.zone).date()
    mine = {"customer_id": customer_id}
    urgency = rules.Urgency()
    values: dict[str, object] = {}
    if invoice_no:
        bill = subjects.bill(session, number=invoice_no, **mine)
        if bill is None:
            raise NoSuchSubject(number=invoice_no)
        urgency = rules.Urgency(cover_ends_on=bill.cancelled_on)
        values = _about_bill(bill, category, line_numbers, today=today)
    elif payment_no:
        payment = subjects.payment(session, number=payment_no, **mine)
        if payment is None:
            raise NoSuchSubject(number=payment_no)
        values = _about_payment(payment, category)
    else:
        if policy_no and not subjects.has_policy(session, number=policy_no, **mine):
            raise NoSuchSubject(number=policy_no)
        values = {"about": raising.About(category=category, policy_no=policy_no or None)}
    priority = rules.priority(category, urgency, today=today)
    due = rules.deadlines(hours, opened_at=now, priority=priority)
    return Foresight(urgency=urgency, priority=priority, answer_by=due.first_reply_due_at, **values)


def _about_bill(
    bill: subjects.BillSubject,
    category: categories.Category,
    line_numbers: Sequence[int],
    *,
    today: datetime.date,
) -> dict[str, object]:
    chosen = [line for line in bill.lines if line.number in line_numbers or not line_numbers]
    if len(chosen) < len(set(line_numbers)):
        raise LineNotOnBill(number=bill.number)
    clocks = rules.outer_clocks(raised_on=today, first_statement_on=bill.issued_on)
    holds = tuple(
        LineHold(line.number, rules.held_cents(line.amount_cents, line.open_cents))
        for line in chosen
        if line.open_cents and not line.held_by and not line.was_declined
    )
    paused_before = sum(min(line.held_cents, line.open_cents) for line in bill.lines)
    return {
        "about": raising.About(
            category=category,
            invoice_no=bill.number,
            policy_no=bill.policy_no,
            pet_name=bill.pet_name,
            lines=tuple(
                raising.DisputedLine(bill.number, line.number, line.amount_cents) for line in chosen
            ),
            disputed_cents=sum(line.amount_cents for line in chosen),
            is_late=not clocks.in_time,
        ),
        "holds": holds,
        "rest_due_cents": bill.open_cents - paused_before - sum(hold.cents for hold in holds),
        "rest_due_on": bill.due_on,
        "joins": next((line.open_case for line in chosen if line.open_case), ""),
        "declined_before": any(line.was_declined and line.open_cents for line in chosen),
    }


def _about_payment(
    payment: subjects.PaymentSubject, category: categories.Category
) -> dict[str, object]:
    return {
        "about": raising.About(
            category=category, payment_no=payment.number, disputed_cents=payment.amount_cents
        ),
        "set_aside_cents": payment.unapplied_cents,
        "joins": payment.open_case,
    }
