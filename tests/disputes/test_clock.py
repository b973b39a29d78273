"""The clock of a case: it runs in opening hours, pauses while we ask, starts anew on reopening."""

from __future__ import annotations

import datetime

import pytest

from portal.domain.disputes.categories import Priority
from portal.domain.disputes.operations import ending
from portal.domain.disputes.rules import CaseState
from portal.journeys import answer_dispute, work_dispute
from tests import oracles
from tests.support import bills, cases, people

SLA = "sla_business_hours_holiday_and_dst"


def utc(text: str) -> datetime.datetime:
    """A moment of New York in the winter of 2026, as UTC."""
    local = datetime.datetime.fromisoformat(f"{text}-05:00")
    return local.astimezone(datetime.UTC)


pytestmark = pytest.mark.usefixtures("books_hold")


@pytest.fixture
def grace(database):
    return people.make_staff(database)


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


def ask(ctx, number: str, person) -> None:
    answer_dispute.ask(
        ctx,
        number=number,
        version=cases.row(ctx.database, number).version,
        words="Which card was it?",
        once_key=cases.key(),
        who=cases.staff(person),
    )


def answer(ctx, number: str, customer) -> None:
    answer_dispute.customer_wrote(
        ctx,
        number=number,
        customer_id=customer.id,
        words="The blue one.",
        once_key=cases.key(),
        who=people.owner(customer),
    )


def test_an_urgent_case_over_the_end_of_daylight_saving_is_due_on_the_oracles_day(
    quiet_ctx, database, bill, clock
):
    oracle = oracles.load(SLA)[1]["dst_end"]
    clock.set(datetime.datetime.fromisoformat(oracle["opened_utc"]))
    number = cases.raise_case(
        quiet_ctx, bill.customer, invoice_no=bill.number, category="charged_twice"
    )
    case = cases.row(database, number)
    assert case.resolve_due_at == datetime.datetime.fromisoformat(oracle["due_utc"])


@pytest.mark.parametrize("name", ["after_hours", "weekend_open"])
def test_a_person_answers_by_the_oracles_moment(quiet_ctx, database, bill, clock, name):
    oracle = oracles.load(SLA)[1][name]
    clock.set(datetime.datetime.fromisoformat(oracle["opened_utc"]))
    number = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number)
    case = cases.row(database, number)
    assert case.first_reply_due_at == datetime.datetime.fromisoformat(oracle["due_utc"])
    assert case.due_at == case.first_reply_due_at


def test_the_clock_pauses_while_the_customer_is_asked(quiet_ctx, database, bill, grace, clock):
    clock.set(utc("2026-11-23T10:00"))  # Monday; a P2 case has 40 hours
    number = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number)
    clock.set(utc("2026-11-23T14:00"))
    ask(quiet_ctx, number, grace)
    case = cases.row(database, number)
    assert case.state is CaseState.WAITING_CUSTOMER
    assert (case.clock_used_seconds, case.clock_started_at) == (4 * 3600, None)
    assert case.due_at == utc("2026-12-24T00:00")  # only the last day of all still runs
    clock.set(utc("2026-11-25T16:00"))  # Wednesday before Thanksgiving
    answer(quiet_ctx, number, bill.customer)
    case = cases.row(database, number)
    assert case.state is CaseState.OPEN
    assert case.clock_started_at == clock.now()
    # 36 hours are left: 1 on Wednesday, 8 on Friday, 24 from Monday to Wednesday, 3 on Thursday
    assert case.resolve_due_at == case.due_at == utc("2026-12-03T12:00")


def test_asking_is_an_answer_and_ends_the_first_clock(quiet_ctx, database, bill, grace, clock):
    number = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number)
    clock.advance(datetime.timedelta(minutes=20))
    ask(quiet_ctx, number, grace)
    case = cases.row(database, number)
    assert case.first_replied_at == clock.now()
    assert case.owner_id == grace.id


def test_a_pause_never_moves_the_last_day_of_all(quiet_ctx, database, bill, grace, clock):
    clock.set(utc("2026-11-23T10:00"))
    number = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number)
    ask(quiet_ctx, number, grace)
    clock.set(utc("2026-12-22T09:00"))
    answer(quiet_ctx, number, bill.customer)
    case = cases.row(database, number)
    assert case.limit_on == datetime.date(2026, 12, 23)
    assert case.resolve_due_at > case.due_at == utc("2026-12-24T00:00")


def test_a_change_of_priority_keeps_the_time_used(quiet_ctx, database, bill, grace, clock):
    clock.set(utc("2026-11-23T09:00"))
    number = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number)
    clock.set(utc("2026-11-23T17:00"))
    work_dispute.sort(
        quiet_ctx,
        number=number,
        version=1,
        category=cases.Category.CHARGED_TWICE,
        priority=Priority.P1,
        who=cases.staff(grace),
    )
    case = cases.row(database, number)
    assert case.clock_used_seconds == 8 * 3600
    assert case.resolve_due_at == utc("2026-11-24T17:00")  # 8 of 16 hours are left


def test_a_closed_case_has_no_running_clock(quiet_ctx, database, bill, grace, clock):
    clock.set(utc("2026-11-23T09:00"))
    number = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number)
    cases.take(quiet_ctx, number, grace)
    clock.set(utc("2026-11-23T11:30"))
    cases.resolve(quiet_ctx, number, grace, cases.decision())
    case = cases.row(database, number)
    assert (case.clock_used_seconds, case.clock_started_at) == (9000, None)


def test_reopening_starts_a_new_clock_and_frees_the_case(quiet_ctx, database, bill, grace, clock):
    number = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number)
    cases.take(quiet_ctx, number, grace)
    cases.resolve(quiet_ctx, number, grace, cases.decision())
    clock.set(utc("2026-12-21T10:00"))
    reopen(quiet_ctx, number, bill.customer)
    case = cases.row(database, number)
    assert (case.state, case.owner_id, case.reopened) == (CaseState.REOPENED, None, 1)
    assert (case.clock_used_seconds, case.clock_started_at) == (0, clock.now())
    assert case.due_at == case.first_reply_due_at == utc("2026-12-22T10:00")
    assert case.limit_on == datetime.date(2027, 1, 20)
    assert cases.mails(database, number)[-1].template == "dispute_reopened"


def test_after_thirty_days_a_case_is_not_reopened(quiet_ctx, database, bill, grace, clock):
    number = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number)
    cases.take(quiet_ctx, number, grace)
    cases.resolve(quiet_ctx, number, grace, cases.decision())
    clock.advance(datetime.timedelta(days=31))
    with pytest.raises(ending.TooLateToReopen):
        reopen(quiet_ctx, number, bill.customer)


def test_after_a_withdrawal_reopening_pauses_again_and_after_a_decision_it_does_not(
    quiet_ctx, database, bill, grace
):
    number = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number)
    work_dispute.withdraw(
        quiet_ctx, number=number, customer_id=bill.customer.id, who=people.owner(bill.customer)
    )
    assert cases.holds(database, number) == []
    reopen(quiet_ctx, number, bill.customer)
    assert len(cases.holds(database, number)) == 9
    cases.take(quiet_ctx, number, grace)
    cases.resolve(quiet_ctx, number, grace, cases.decision())
    reopen(quiet_ctx, number, bill.customer)
    assert cases.holds(database, number) == []


def reopen(ctx, number: str, customer) -> None:
    work_dispute.reopen(
        ctx,
        number=number,
        customer_id=customer.id,
        words="I do not agree.",
        once_key=cases.key(),
        who=people.owner(customer),
    )
