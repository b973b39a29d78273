"""Disputes: their states, urgency, clocks and the limits of one person."""

from __future__ import annotations

import datetime
import zoneinfo
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.disputes import categories, rules
from portal.domain.disputes.categories import Category, Priority
from portal.domain.disputes.rules import CaseEvent, CaseState, MoneyAction, Outcome, Reason, Urgency
from portal.kernel import business_clock, transitions

ZONE = zoneinfo.ZoneInfo("America/New_York")
CLOCK = business_clock.BusinessClock(ZONE)
TODAY = date(2026, 6, 22)
CALM = Urgency()

# Every state with the events it takes and where they lead; all that is left out is refused.
EXPECTED = {
    "new": "take>open assign>open note>new customer_replied>new withdraw>withdrawn",
    "open": "assign>open reply>open note>open ask_customer>waiting_customer customer_replied>open"
    " propose>awaiting_approval resolve>resolved withdraw>withdrawn",
    "waiting_customer": "take>open assign>waiting_customer reply>waiting_customer"
    " note>waiting_customer ask_customer>waiting_customer customer_replied>open"
    " propose>awaiting_approval resolve>resolved withdraw>withdrawn",
    "awaiting_approval": "assign>awaiting_approval reply>awaiting_approval"
    " note>awaiting_approval customer_replied>awaiting_approval approve>resolved return>open"
    " withdraw>withdrawn",
    "resolved": "reply>resolved note>resolved reopen>reopened",
    "withdrawn": "note>withdrawn reopen>reopened",
    "reopened": "take>open assign>open note>reopened customer_replied>reopened withdraw>withdrawn",
}


def local(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize("state", CaseState)
@pytest.mark.parametrize("event", CaseEvent)
def test_every_state_takes_exactly_the_events_that_are_expected(state, event):
    leads = dict(pair.split(">") for pair in EXPECTED[state].split())
    if event in leads:
        assert rules.CASES.next(state, event) is CaseState(leads[event])
    else:
        with pytest.raises(transitions.NotAllowed):
            rules.CASES.next(state, event)


def test_every_open_case_can_be_brought_to_an_end():
    reached = set(rules.CLOSED)
    for _ in CaseState:
        reached |= {s for s, _, to in rules.CASES.full_product() if to in reached}
    assert reached == set(CaseState)


def test_money_never_moves_on_a_case_that_nobody_has_taken():
    deciding = {CaseEvent.PROPOSE, CaseEvent.APPROVE, CaseEvent.RESOLVE}
    for state in rules.UNTAKEN | rules.CLOSED:
        assert not deciding & set(rules.CASES.allowed(state))


def test_our_clock_stops_only_while_we_wait_and_when_the_case_is_closed():
    stopped = {s for s in CaseState if not rules.clock_runs(s)}
    assert stopped == {CaseState.WAITING_CUSTOMER, CaseState.RESOLVED, CaseState.WITHDRAWN}


def test_every_category_is_described_in_the_order_it_is_offered():
    assert list(categories.DESCRIPTIONS) == list(Category)
    assert len({d.words for d in categories.DESCRIPTIONS.values()}) == len(Category)
    assert all(d.label and d.words for d in categories.DESCRIPTIONS.values())


def test_a_death_is_told_in_a_way_of_its_own_and_never_chosen_as_a_dispute():
    told = [Category(d.category) for d in categories.OFFERED]
    assert told == [c for c in Category if c is not Category.BEREAVEMENT]
    assert categories.describe(Category.BEREAVEMENT).priority is Priority.P2


@pytest.mark.parametrize(
    ("priority", "expected"),
    [
        (Priority.P1, {"charged_twice", "charged_after_cancellation", "autopay_not_recognised"}),
        (Priority.P3, {"rate_increase", "fee", "claim_offset"}),
    ],
)
def test_the_categories_have_the_priorities_of_the_domain(priority, expected):
    assert {c for c in Category if categories.describe(c).priority is priority} == expected


@pytest.mark.parametrize("category", Category)
def test_without_urgent_facts_the_category_decides(category):
    given_ = rules.priority(category, CALM, today=TODAY)
    assert given_ is categories.describe(category).priority


@pytest.mark.parametrize(
    ("urgency", "reason"),
    [
        (Urgency(cover_ends_on=TODAY), Reason.COVER_ENDS_SOON),
        (Urgency(cover_ends_on=TODAY + timedelta(10)), Reason.COVER_ENDS_SOON),
        (Urgency(debit_on=TODAY), Reason.DEBIT_SOON),
        (Urgency(debit_on=date(2026, 6, 25)), Reason.DEBIT_SOON),
        (Urgency(fraud=True), Reason.FRAUD),
        (Urgency(regulator=True), Reason.REGULATOR),
        (Urgency(chargeback=True), Reason.CHARGEBACK),
    ],
)
def test_an_urgent_fact_makes_any_case_p1(urgency, reason):
    assert rules.urgent_reasons(Category.FEE, urgency, today=TODAY) == (reason,)
    assert rules.priority(Category.FEE, urgency, today=TODAY) is Priority.P1


@pytest.mark.parametrize(
    "urgency",
    [
        Urgency(cover_ends_on=TODAY + timedelta(11)),
        Urgency(cover_ends_on=TODAY - timedelta(1)),
        Urgency(debit_on=date(2026, 6, 26)),
        Urgency(debit_on=TODAY - timedelta(1)),
        Urgency(notice_runs=True),
    ],
)
def test_what_is_far_off_or_over_makes_no_case_urgent(urgency):
    assert rules.priority(Category.FEE, urgency, today=TODAY) is Priority.P3


def test_a_payment_not_credited_is_p1_while_a_notice_of_cancellation_runs():
    notice = Urgency(notice_runs=True)
    assert rules.priority(Category.PAYMENT_NOT_CREDITED, notice, today=TODAY) is Priority.P1


def test_a_debit_after_a_long_weekend_is_near_in_business_days():
    next_tuesday = Urgency(debit_on=date(2026, 7, 7))
    assert rules.priority(Category.FEE, next_tuesday, today=date(2026, 7, 1)) is Priority.P1


@pytest.mark.parametrize(
    ("priority", "resolve"),
    [("P1", "2026-06-23T17:00"), ("P2", "2026-06-26T17:00"), ("P3", "2026-07-06T17:00")],
)
def test_a_case_is_answered_in_a_day_and_decided_by_its_priority(priority, resolve):
    found = rules.deadlines(CLOCK, opened_at=local("2026-06-20T03:00"), priority=Priority(priority))
    assert found.first_reply_due_at == local("2026-06-22T17:00")
    assert found.resolve_due_at == local(resolve)
    assert found.limit_on == date(2026, 7, 20)


def test_a_change_of_priority_keeps_the_time_used():
    due = rules.resolve_due_at(
        CLOCK, now=local("2026-06-24T09:00"), priority=Priority.P1, used=timedelta(hours=10)
    )
    assert due == local("2026-06-24T15:00")


def test_the_outer_clocks_count_calendar_days_after_the_notice():
    clocks = rules.outer_clocks(raised_on=TODAY, first_statement_on=date(2026, 4, 23))
    assert clocks.in_time
    assert clocks.acknowledge_by == date(2026, 7, 22)
    assert clocks.resolve_by == date(2026, 9, 20)


def test_a_notice_on_day_sixty_one_is_late():
    late = rules.outer_clocks(raised_on=TODAY, first_statement_on=date(2026, 4, 22))
    assert not late.in_time


@pytest.mark.parametrize(
    ("cycle_end", "resolve_by"),
    [(date(2026, 8, 31), date(2026, 8, 31)), (date(2026, 10, 31), date(2026, 9, 20))],
)
def test_two_billing_cycles_end_the_outer_clock_but_never_after_ninety_days(cycle_end, resolve_by):
    clocks = rules.outer_clocks(
        raised_on=TODAY, first_statement_on=TODAY, second_cycle_ends_on=cycle_end
    )
    assert clocks.resolve_by == resolve_by


def test_a_closed_case_can_be_reopened_up_to_day_thirty():
    assert rules.may_reopen(closed_on=TODAY, today=TODAY + timedelta(30))
    assert not rules.may_reopen(closed_on=TODAY, today=TODAY + timedelta(31))


def test_a_california_refund_is_tendered_within_twenty_five_office_days():
    assert rules.refund_tender_by(date(2026, 6, 22)) == date(2026, 7, 28)


@pytest.mark.parametrize(
    ("amount", "case", "customer", "second"),
    [
        (25000, 0, 0, False),
        (25001, 0, 0, True),
        (6606, 0, 19840, True),
        (6606, 18394, 18394, False),
        (6607, 18394, 0, True),
        (1, 0, 25000, True),
        (0, 30000, 30000, False),
    ],
)
def test_above_the_limit_in_thirty_days_a_second_person_decides(amount, case, customer, second):
    assert rules.needs_second_person(amount, case, customer, 25000) is second


def test_moving_money_between_customers_always_takes_two():
    assert rules.needs_second_person(1, 0, 0, between_customers=True)


@given(*[st.integers(0, 10**6)] * 4)
def test_more_money_never_needs_fewer_people(amount, more, case, customer):
    if rules.needs_second_person(amount, case, customer):
        assert rules.needs_second_person(amount + more, case, customer)


@pytest.mark.parametrize(
    ("outcome", "action", "amount"),
    [
        (Outcome.UPHELD, MoneyAction.REFUND, 6606),
        (Outcome.PARTLY_UPHELD, MoneyAction.CREDIT, 1),
        (Outcome.UPHELD, MoneyAction.NONE, 0),
        (Outcome.DECLINED, MoneyAction.NONE, 0),
        (Outcome.DUPLICATE, MoneyAction.NONE, 0),
    ],
)
def test_a_sound_decision_passes(outcome, action, amount):
    assert rules.check_decision(outcome, action, amount) is None


@pytest.mark.parametrize(
    ("outcome", "action", "amount", "refusal"),
    [
        (Outcome.WITHDRAWN, MoneyAction.NONE, 0, rules.OutcomeNotDecidable),
        (Outcome.UPHELD, MoneyAction.FEE_WAIVER, 500, rules.ActionNotOffered),
        (Outcome.UPHELD, MoneyAction.REFUND, 0, rules.AmountDoesNotFit),
        (Outcome.UPHELD, MoneyAction.REFUND, -1, rules.AmountDoesNotFit),
        (Outcome.UPHELD, MoneyAction.NONE, 500, rules.AmountDoesNotFit),
        (Outcome.DECLINED, MoneyAction.REFUND, 500, rules.MoneyNeedsUpheld),
        (Outcome.DUPLICATE, MoneyAction.CREDIT, 500, rules.MoneyNeedsUpheld),
    ],
)
def test_a_decision_that_contradicts_itself_is_refused(outcome, action, amount, refusal):
    with pytest.raises(refusal):
        rules.check_decision(outcome, action, amount)


@pytest.mark.parametrize(("disputed", "open_", "held"), [(457, 4010, 457), (6606, 0, 0), (9, 5, 5)])
def test_a_dispute_holds_no_more_than_is_open(disputed, open_, held):
    assert rules.held_cents(disputed, open_) == held
