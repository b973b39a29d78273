"""What is allowed in a billing dispute, and by when; refuses to know rows, people and pages.

The numbers are the defaults that ship; a caller with settings of its own passes them.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
from collections.abc import Mapping
from types import MappingProxyType

from portal.domain.disputes import categories
from portal.domain.disputes.categories import Category, Priority
from portal.kernel import business_clock, calendars, errors, msgids
from portal.kernel.transitions import Table, Transition

FIRST_REPLY_HOURS = 8
RESOLVE_HOURS: Mapping[Priority, int] = MappingProxyType(
    {Priority.P1: 16, Priority.P2: 40, Priority.P3: 80}
)
LIMIT_DAYS = 30
REOPEN_DAYS = 30
COVER_ENDS_SOON_DAYS = 10
DEBIT_SOON_BUSINESS_DAYS = 3
NOTICE_DAYS = 60
ACKNOWLEDGE_DAYS = 30
OUTER_LIMIT_DAYS = 90
CALIFORNIA_REFUND_BUSINESS_DAYS = 25
SECOND_PERSON_ABOVE_CENTS = 250_00
MOST_IN_HAND = 12  # running cases a specialist may have when taking the next


class CaseState(enum.StrEnum):
    """Where a case stands."""

    NEW = "new"
    OPEN = "open"
    WAITING_CUSTOMER = "waiting_customer"
    AWAITING_APPROVAL = "awaiting_approval"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"
    REOPENED = "reopened"


class CaseEvent(enum.StrEnum):
    """What happens to a case."""

    TAKE = "take"
    ASSIGN = "assign"
    REPLY = "reply"
    NOTE = "note"
    ASK_CUSTOMER = "ask_customer"
    CUSTOMER_REPLIED = "customer_replied"
    PROPOSE = "propose"
    APPROVE = "approve"
    RETURN = "return"
    RESOLVE = "resolve"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"


class Outcome(enum.StrEnum):
    """How a case ended."""

    UPHELD = "upheld"
    PARTLY_UPHELD = "partly_upheld"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    DUPLICATE = "duplicate"


class MoneyAction(enum.StrEnum):
    """What a decision does with money."""

    NONE = "none"
    CREDIT = "credit"
    REFUND = "refund"
    FEE_WAIVER = "fee_waiver"
    VOID_REISSUE = "void_reissue"
    MOVE_ALLOCATION = "move_allocation"


# What the desk offers today; the other actions are known so that no table must change for them.
OFFERED = frozenset({MoneyAction.NONE, MoneyAction.CREDIT, MoneyAction.REFUND})
FAVOURABLE = frozenset({Outcome.UPHELD, Outcome.PARTLY_UPHELD})
# A specialist decides for these; a withdrawal is the customer's own.
DECIDED = FAVOURABLE | {Outcome.DECLINED, Outcome.DUPLICATE}
CLOSED = frozenset({CaseState.RESOLVED, CaseState.WITHDRAWN})
UNTAKEN = frozenset({CaseState.NEW, CaseState.REOPENED})

_S, _E, _T = CaseState, CaseEvent, Transition
CASES: Table[CaseState, CaseEvent] = Table(
    CaseState,
    CaseEvent,
    (
        _T(_S.NEW, _E.TAKE, _S.OPEN, "a specialist begins to work it"),
        _T(_S.NEW, _E.ASSIGN, _S.OPEN, "a supervisor gives it to a specialist"),
        _T(_S.NEW, _E.NOTE, _S.NEW, "staff write something down for each other"),
        _T(_S.NEW, _E.CUSTOMER_REPLIED, _S.NEW, "the customer adds something"),
        _T(_S.NEW, _E.WITHDRAW, _S.WITHDRAWN, "the customer takes it back"),
        _T(_S.OPEN, _E.ASSIGN, _S.OPEN, "it changes hands"),
        _T(_S.OPEN, _E.REPLY, _S.OPEN, "a person answers"),
        _T(_S.OPEN, _E.NOTE, _S.OPEN, "staff write something down for each other"),
        _T(_S.OPEN, _E.ASK_CUSTOMER, _S.WAITING_CUSTOMER, "we cannot go on without an answer"),
        _T(_S.OPEN, _E.CUSTOMER_REPLIED, _S.OPEN, "the customer adds something"),
        _T(_S.OPEN, _E.PROPOSE, _S.AWAITING_APPROVAL, "the amount needs a second person"),
        _T(_S.OPEN, _E.RESOLVE, _S.RESOLVED, "the specialist decides alone"),
        _T(_S.OPEN, _E.WITHDRAW, _S.WITHDRAWN, "the customer takes it back"),
        _T(_S.WAITING_CUSTOMER, _E.TAKE, _S.OPEN, "we go on without the answer"),
        _T(_S.WAITING_CUSTOMER, _E.ASSIGN, _S.WAITING_CUSTOMER, "it changes hands"),
        _T(_S.WAITING_CUSTOMER, _E.REPLY, _S.WAITING_CUSTOMER, "we explain what we asked"),
        _T(_S.WAITING_CUSTOMER, _E.NOTE, _S.WAITING_CUSTOMER, "staff write something down"),
        _T(_S.WAITING_CUSTOMER, _E.ASK_CUSTOMER, _S.WAITING_CUSTOMER, "we ask once more"),
        _T(_S.WAITING_CUSTOMER, _E.CUSTOMER_REPLIED, _S.OPEN, "the answer is here"),
        _T(_S.WAITING_CUSTOMER, _E.PROPOSE, _S.AWAITING_APPROVAL, "decided without the answer"),
        _T(_S.WAITING_CUSTOMER, _E.RESOLVE, _S.RESOLVED, "decided without the answer"),
        _T(_S.WAITING_CUSTOMER, _E.WITHDRAW, _S.WITHDRAWN, "the customer takes it back"),
        _T(_S.AWAITING_APPROVAL, _E.ASSIGN, _S.AWAITING_APPROVAL, "it changes hands"),
        _T(_S.AWAITING_APPROVAL, _E.REPLY, _S.AWAITING_APPROVAL, "we keep the customer posted"),
        _T(_S.AWAITING_APPROVAL, _E.NOTE, _S.AWAITING_APPROVAL, "staff write something down"),
        _T(
            _S.AWAITING_APPROVAL,
            _E.CUSTOMER_REPLIED,
            _S.AWAITING_APPROVAL,
            "the customer adds something; whoever approves reads it",
        ),
        _T(_S.AWAITING_APPROVAL, _E.APPROVE, _S.RESOLVED, "a second person agrees"),
        _T(_S.AWAITING_APPROVAL, _E.RETURN, _S.OPEN, "a second person does not agree"),
        _T(_S.AWAITING_APPROVAL, _E.WITHDRAW, _S.WITHDRAWN, "the customer takes it back"),
        _T(_S.RESOLVED, _E.REPLY, _S.RESOLVED, "a word after the decision, like a trace number"),
        _T(_S.RESOLVED, _E.NOTE, _S.RESOLVED, "staff write something down for each other"),
        _T(_S.RESOLVED, _E.REOPEN, _S.REOPENED, "the customer does not accept the answer"),
        _T(_S.WITHDRAWN, _E.NOTE, _S.WITHDRAWN, "staff write something down for each other"),
        _T(_S.WITHDRAWN, _E.REOPEN, _S.REOPENED, "the customer thought better of it"),
        _T(_S.REOPENED, _E.TAKE, _S.OPEN, "a specialist begins to work it again"),
        _T(_S.REOPENED, _E.ASSIGN, _S.OPEN, "a supervisor gives it to a specialist"),
        _T(_S.REOPENED, _E.NOTE, _S.REOPENED, "staff write something down for each other"),
        _T(_S.REOPENED, _E.CUSTOMER_REPLIED, _S.REOPENED, "the customer adds something"),
        _T(_S.REOPENED, _E.WITHDRAW, _S.WITHDRAWN, "the customer takes it back"),
    ),
)


class OutcomeNotDecidable(errors.DomainError):
    """Only the customer withdraws."""

    code = "dispute_outcome_not_decidable"
    message = msgids.N_("Only the customer can withdraw a dispute.")


class MoneyNeedsUpheld(errors.DomainError):
    """Money moves for a customer who was right, at least in part."""

    code = "dispute_money_needs_upheld"
    message = msgids.N_("Money can move only when the dispute is upheld, in full or in part.")


class ActionNotOffered(errors.DomainError):
    """The desk does not offer this action."""

    code = "dispute_action_not_offered"
    message = msgids.N_("Choose a credit, a refund, or no money at all.")


class AmountDoesNotFit(errors.DomainError):
    """An action without an amount, or an amount without an action."""

    code = "dispute_amount_does_not_fit"
    message = msgids.N_("Enter the amount of the credit or refund, or choose no money at all.")


def check_decision(outcome: Outcome, action: MoneyAction, amount_cents: int) -> None:
    """Refuse a decision that contradicts itself.

    Raises `OutcomeNotDecidable`, `ActionNotOffered`, `AmountDoesNotFit`, `MoneyNeedsUpheld`.
    """
    if outcome not in DECIDED:
        raise OutcomeNotDecidable(outcome=str(outcome))
    if action not in OFFERED:
        raise ActionNotOffered(action=str(action))
    if amount_cents < 0 or (action is MoneyAction.NONE) != (amount_cents == 0):
        raise AmountDoesNotFit(action=str(action), amount_cents=amount_cents)
    if amount_cents and outcome not in FAVOURABLE:
        raise MoneyNeedsUpheld(outcome=str(outcome))


def needs_second_person(
    amount_cents: int,
    case_30d_cents: int,
    customer_30d_cents: int,
    limit_cents: int = SECOND_PERSON_ABOVE_CENTS,
    *,
    between_customers: bool = False,
) -> bool:
    """Whether a second person must approve moving `amount_cents` more.

    The two sums are what was moved before, without this amount, in 30 days on this case and for
    this customer. The limit itself may still be reached alone. Moving money between customers
    always takes two.
    """
    most = max(case_30d_cents, customer_30d_cents) + amount_cents
    return between_customers or (amount_cents > 0 and most > limit_cents)


def held_cents(disputed_cents: int, open_cents: int) -> int:
    """What a dispute holds of a line: never more than is open on it."""
    return min(disputed_cents, open_cents)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Urgency:
    """The facts that can make a case urgent. Days are in the insurer's zone."""

    cover_ends_on: datetime.date | None = None
    debit_on: datetime.date | None = None
    notice_runs: bool = False
    fraud: bool = False
    regulator: bool = False
    chargeback: bool = False


class Reason(enum.StrEnum):
    """Why a case is P1 although its category is not."""

    COVER_ENDS_SOON = "cover_ends_soon"
    DEBIT_SOON = "debit_soon"
    NOTICE_RUNS = "notice_runs"
    FRAUD = "fraud"
    REGULATOR = "regulator"
    CHARGEBACK = "chargeback"


def urgent_reasons(
    category: Category, urgency: Urgency, *, today: datetime.date
) -> tuple[Reason, ...]:
    """Every fact that makes the case P1 today, beside its category.

    Business days are the office's: somebody must be there to stop the debit in time.
    """
    ends, debit = urgency.cover_ends_on, urgency.debit_on
    soon = today + datetime.timedelta(days=COVER_ENDS_SOON_DAYS)
    holds = {
        Reason.COVER_ENDS_SOON: ends is not None and today <= ends <= soon,
        Reason.DEBIT_SOON: debit is not None
        and today <= debit
        and calendars.WORK.business_days_between(today, debit) <= DEBIT_SOON_BUSINESS_DAYS,
        Reason.NOTICE_RUNS: urgency.notice_runs and category is Category.PAYMENT_NOT_CREDITED,
        Reason.FRAUD: urgency.fraud,
        Reason.REGULATOR: urgency.regulator,
        Reason.CHARGEBACK: urgency.chargeback,
    }
    return tuple(reason for reason, true in holds.items() if true)


def priority(category: Category, urgency: Urgency, *, today: datetime.date) -> Priority:
    """P1 for any urgent reason, else what the category says."""
    if urgent_reasons(category, urgency, today=today):
        return Priority.P1
    return categories.describe(category).priority


@dataclasses.dataclass(frozen=True, kw_only=True)
class Deadlines:
    """By when a person answers, by when it is decided (UTC), and the last day of all."""

    first_reply_due_at: datetime.datetime
    resolve_due_at: datetime.datetime
    limit_on: datetime.date


def deadlines(
    clock: business_clock.BusinessClock, *, opened_at: datetime.datetime, priority: Priority
) -> Deadlines:
    """The clock of a case that is raised, or reopened, at `opened_at`."""
    opened_on = opened_at.astimezone(clock.zone).date()
    return Deadlines(
        first_reply_due_at=clock.due_at(opened_at, FIRST_REPLY_HOURS),
        resolve_due_at=clock.due_at(opened_at, RESOLVE_HOURS[priority]),
        limit_on=opened_on + datetime.timedelta(days=LIMIT_DAYS),
    )


def resolve_due_at(
    clock: business_clock.BusinessClock,
    *,
    now: datetime.datetime,
    priority: Priority,
    used: datetime.timedelta,
) -> datetime.datetime:
    """The deadline (UTC) after a pause or a change of priority; the time used is kept."""
    return clock.due_after_used(now, RESOLVE_HOURS[priority], used)


def clock_runs(state: CaseState) -> bool:
    """Whether our time counts: not while the customer is asked, not once it is closed."""
    return state is not CaseState.WAITING_CUSTOMER and state not in CLOSED


@dataclasses.dataclass(frozen=True, kw_only=True)
class OuterClocks:
    """The calendar-day clocks kept beside, modelled on Regulation Z, 12 CFR 1026.13."""

    in_time: bool
    acknowledge_by: datetime.date
    resolve_by: datetime.date


def outer_clocks(
    *,
    raised_on: datetime.date,
    first_statement_on: datetime.date,
    second_cycle_ends_on: datetime.date | None = None,
) -> OuterClocks:
    """The outer clocks of a notice; the day it was raised is day 0.

    `first_statement_on` is when the first statement or invoice with the error was sent,
    `second_cycle_ends_on` the end of the second complete billing cycle after the notice. A late
    notice is still taken, and only marked.
    """
    ninety = raised_on + datetime.timedelta(days=OUTER_LIMIT_DAYS)
    return OuterClocks(
        in_time=raised_on <= first_statement_on + datetime.timedelta(days=NOTICE_DAYS),
        acknowledge_by=raised_on + datetime.timedelta(days=ACKNOWLEDGE_DAYS),
        resolve_by=min(second_cycle_ends_on or ninety, ninety),
    )


def may_reopen(*, closed_on: datetime.date, today: datetime.date) -> bool:
    """Whether a closed case can still be reopened today; day 30 is the last."""
    return today <= closed_on + datetime.timedelta(days=REOPEN_DAYS)


def refund_tender_by(
    decided_on: datetime.date, business_days: int = CALIFORNIA_REFUND_BUSINESS_DAYS
) -> datetime.date:
    """The last day to tender a refund decided on `decided_on`, on the office calendar."""
    return calendars.WORK.add_business_days(decided_on, business_days)
