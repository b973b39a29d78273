"""What follows a refusal of a draft, and what can happen to a draft in each state."""

from __future__ import annotations

import datetime

import hypothesis
import hypothesis.strategies as st
import pytest

from portal.domain.payments import declines
from portal.domain.payments.states import DraftState

Event = declines.DraftEvent
DAY = datetime.date(2026, 11, 24)
HARD = ("lost_card", "stolen_card", "pickup_card", "restricted_card", declines.METHOD_GONE)


def after(code, *, attempts=1, passed=0, has_backup=False, **more):
    return declines.after_refusal(
        declines.of_card(code),
        first_on=DAY,
        attempts=attempts,
        today=DAY + datetime.timedelta(days=passed),
        has_backup=has_backup,
        **more,
    )


def test_a_soft_decline_is_tried_again_3_5_and_7_days_after_the_first_attempt_and_then_never():
    days = [after("insufficient_funds", attempts=n, passed=d) for n, d in ((1, 0), (2, 3), (3, 5))]
    assert [(step.due_on - DAY).days for step in days] == [3, 5, 7]
    assert {step.event for step in days} == {Event.WAIT}
    assert after("insufficient_funds", attempts=4, passed=7).event is Event.FAIL


@pytest.mark.parametrize("code", [*HARD, "expired_card", "incorrect_cvc", "do_not_try_again"])
def test_what_cannot_work_is_never_tried_again(code):
    assert after(code) == declines.Step(event=Event.FAIL)


@pytest.mark.parametrize("code", HARD)
def test_a_card_that_the_bank_takes_away_ends_the_method_and_an_expired_one_does_not(code):
    assert declines.of_card(code).ends_method
    assert not declines.of_card("expired_card").ends_method


@pytest.mark.parametrize("code", ["lost_card", "insufficient_funds", "authentication_required"])
def test_a_backup_is_tried_at_once_whatever_the_first_method_said(code):
    assert after(code, has_backup=True) == declines.Step(event=Event.WAIT, due_on=DAY)


def test_a_bank_that_asks_gives_the_payer_a_week():
    step = after("authentication_required")
    assert step == declines.Step(event=Event.ASK, due_on=DAY + datetime.timedelta(days=7))


def test_a_refusal_that_comes_late_is_tried_again_on_the_next_day_at_the_earliest():
    assert after("insufficient_funds", passed=5).due_on == DAY + datetime.timedelta(days=6)


def test_a_bank_debit_is_tried_again_twice_at_most():
    assert after("insufficient_funds", attempts=2, most_attempts=3).event is Event.WAIT
    assert after("insufficient_funds", attempts=3, most_attempts=3).event is Event.FAIL


@hypothesis.given(
    code=st.sampled_from(
        ["generic_decline", "processing_error", "lost_card", "authentication_required", "no_such"]
    ),
    attempts=st.integers(0, 9),
    passed=st.integers(0, 40),
    has_backup=st.booleans(),
)
def test_every_step_is_in_the_future_or_the_backups_today_and_ends_after_four_attempts(
    code, attempts, passed, has_backup
):
    step = after(code, attempts=attempts, passed=passed, has_backup=has_backup)
    today = DAY + datetime.timedelta(days=passed)
    if step.event is Event.FAIL:
        assert step.due_on is None
    else:
        assert step.due_on > today or (has_backup and step.due_on == today)
    if attempts >= 4 and not has_backup and code != "authentication_required":
        assert step.event is Event.FAIL


def test_every_state_of_a_draft_is_reached_from_planned():
    reached = {DraftState.PLANNED}
    for _ in DraftState:
        reached |= {to for frm, _, to in declines.DRAFTS.full_product() if frm in reached and to}
    assert reached == set(DraftState)


@pytest.mark.parametrize("state", sorted(declines.ENDED))
def test_what_is_over_takes_no_money_any_more_but_money_that_came_is_told(state):
    after_it = {
        event: to for frm, event, to in declines.DRAFTS.full_product() if frm is state and to
    }
    assert after_it in ({}, {Event.PAY: DraftState.PAID})


def test_an_attempt_that_runs_cannot_be_called_off():
    assert not declines.DRAFTS.allows(DraftState.ATTEMPTING, Event.CANCEL)
    assert DraftState.ATTEMPTING not in declines.WAITING | declines.ENDED
