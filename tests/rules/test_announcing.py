"""On which day autopay takes a bill: never less than ten days after the notice."""

import datetime

import hypothesis
import pytest
from hypothesis import strategies as st

from portal.domain.payments import announcing

TODAY = datetime.date(2026, 11, 24)
DAYS = st.integers(-400, 400).map(lambda n: TODAY + datetime.timedelta(days=n))
WISHES = st.sampled_from(announcing.DAYS_BEFORE)


def day(month: int, number: int) -> datetime.date:
    return datetime.date(2026, month, number)


@pytest.mark.parametrize(
    ("due_on", "days_before", "draft_on"),
    [
        (day(12, 14), 0, day(12, 14)),
        (day(12, 14), 7, day(12, 7)),
        (day(12, 14), 10, day(12, 4)),
        (day(12, 12), 10, day(12, 4)),  # the wished day is too near: the first that is allowed
        (day(11, 28), 0, day(12, 4)),  # after the due day, because it was told too late
        (day(10, 28), 5, day(12, 4)),  # long overdue
    ],
)
def test_the_wished_day_or_the_first_that_is_allowed(due_on, days_before, draft_on):
    found = announcing.draft_day(due_on=due_on, days_before=days_before, today=TODAY)
    assert found == draft_on


@hypothesis.given(due_on=DAYS, days_before=WISHES, today=DAYS)
def test_there_are_always_ten_days_between_the_notice_and_the_debit(due_on, days_before, today):
    found = announcing.draft_day(due_on=due_on, days_before=days_before, today=today)
    assert (found - today).days >= 10
    assert found <= max(due_on, announcing.first_day(today))


@hypothesis.given(due_on=DAYS, before=WISHES, after=WISHES, today=DAYS, later=st.integers(0, 40))
def test_another_wish_keeps_the_announced_day_or_gives_ten_days_again(
    due_on, before, after, today, later
):
    announced_on = announcing.draft_day(due_on=due_on, days_before=before, today=today)
    then = today + datetime.timedelta(days=later)
    moved = announcing.moved_day(
        announced_on=announced_on, due_on=due_on, days_before=after, today=then
    )
    assert moved == announced_on or (moved - then).days >= 10


def test_a_wish_for_an_earlier_day_that_is_too_near_changes_nothing():
    moved = announcing.moved_day(
        announced_on=day(12, 1), due_on=day(12, 1), days_before=5, today=TODAY
    )
    assert moved == day(12, 1)


@pytest.mark.parametrize(
    ("announced_on", "days_before", "moved_to"),
    [
        (day(12, 14), 5, day(12, 9)),  # earlier, in time
        (day(12, 14), 10, day(12, 4)),  # earlier, the wished day is the first that is allowed
        (day(12, 11), 10, day(12, 4)),
        (day(12, 4), 0, day(12, 14)),  # later
    ],
)
def test_a_draft_moves_to_the_wished_day_as_far_as_it_may(announced_on, days_before, moved_to):
    moved = announcing.moved_day(
        announced_on=announced_on, due_on=day(12, 14), days_before=days_before, today=TODAY
    )
    assert moved == moved_to
