"""The coverage line: which one of four sentences is true today."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from portal.domain.billing.rules import coverage
from portal.domain.billing.rules.coverage import CoverageKind, CoverageLine, PastDue, RunningNotice

TODAY = date(2026, 3, 20)
PAID_TO = date(2026, 4, 10)
LATE = PastDue(amount_cents=4120, due_on=date(2026, 3, 14))
NOTICE = RunningNotice(amount_cents=4120, effective_on=date(2026, 4, 1))


def line(**facts) -> CoverageLine:
    return coverage.line(today=TODAY, equity_on=PAID_TO, **facts)


def test_nothing_past_due_is_covered_and_paid_to_the_equity_date():
    assert line() == CoverageLine(kind=CoverageKind.COVERED, on=PAID_TO)


def test_past_due_is_still_covered_and_names_amount_and_day():
    assert line(past_due=LATE) == CoverageLine(
        kind=CoverageKind.PAST_DUE, on=date(2026, 3, 14), amount_cents=4120
    )


@pytest.mark.parametrize(
    "past_due", [PastDue(amount_cents=4120, due_on=TODAY), PastDue(amount_cents=0, due_on=PAID_TO)]
)
def test_what_is_due_today_or_wholly_held_is_not_past_due(past_due):
    assert line(past_due=past_due).kind is CoverageKind.COVERED


def test_a_running_notice_says_when_cover_ends_and_what_stops_it():
    assert line(past_due=LATE, notice=NOTICE) == CoverageLine(
        kind=CoverageKind.NOTICE, on=date(2026, 4, 1), amount_cents=4120
    )


def test_a_notice_that_asks_for_nothing_more_is_no_notice():
    answered = RunningNotice(amount_cents=0, effective_on=date(2026, 4, 1))
    assert line(notice=answered).kind is CoverageKind.COVERED


def test_a_cancellation_that_has_come_says_when_cover_ended():
    found = line(past_due=LATE, notice=NOTICE, ended_on=TODAY)
    assert found == CoverageLine(kind=CoverageKind.CANCELLED, on=TODAY)


def test_a_cancellation_ahead_has_not_ended_cover():
    assert line(ended_on=TODAY + timedelta(1)).kind is CoverageKind.COVERED
