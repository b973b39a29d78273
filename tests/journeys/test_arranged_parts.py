"""The parts of an arrangement on their days: charged, paid sooner, refused, and what follows."""

from __future__ import annotations

import datetime

import pytest

from portal.domain.payments.states import DraftState
from portal.journeys import collect_drafts, recheck_payments
from tests.support import bills, cases, charging, paying, planning
from tests.support import drafting as drafts

pytestmark = pytest.mark.usefixtures("books_hold")
DECLINES_LATER = "4000000000000341"


@pytest.fixture
def bill(database):
    return planning.late_bill(database)


@pytest.fixture
def card(ctx, sandbox, bill):
    return paying.save_card(ctx, sandbox, bill.customer)


def on_its_day(ctx, clock, sandbox, draft):
    drafts.to_day(ctx, clock, sandbox, draft.due_on)
    return drafts.collect(ctx)


def state(ctx, number):
    return planning.found(ctx, number).state


def test_every_part_is_taken_on_its_day_and_the_arrangement_is_kept(
    ctx, sandbox, clock, bill, card
):
    number = planning.propose(ctx, bill, card).number
    for draft in planning.waiting(ctx, bill):
        assert state(ctx, number) == "active"
        on_its_day(ctx, clock, sandbox, draft)
    assert state(ctx, number) == "kept"
    assert sorted(charge.amount for charge in paying.charges(sandbox)) == [2202, 2203, 2203]
    assert paying.mails(ctx, "arrangement_ended") == 1


def test_paying_sooner_keeps_it_at_once_and_takes_no_further_part(ctx, sandbox, clock, bill, card):
    number = planning.propose(ctx, bill, card).number
    first, second, third = planning.waiting(ctx, bill)
    on_its_day(ctx, clock, sandbox, first)
    paying.begin(ctx, bill.customer, bill.number, method=card)
    assert state(ctx, number) == "kept"
    for draft in (second, third):
        assert on_its_day(ctx, clock, sandbox, draft) == {}
    assert sum(charge.amount for charge in paying.charges(sandbox)) == 6608


def test_a_part_that_was_paid_sooner_lessens_the_last_ones(
    ctx, sandbox, clock, database, bill, card
):
    number = planning.propose(ctx, bill, card).number
    parts = planning.waiting(ctx, bill)
    bills.pay(database, bill.invoice, cents=3000)
    for draft in parts:
        on_its_day(ctx, clock, sandbox, draft)
    assert sum(charge.amount for charge in paying.charges(sandbox)) == 3608
    assert state(ctx, number) == "kept"


def test_two_parts_that_are_refused_for_good_break_it(ctx, sandbox, clock, bill):
    bad = paying.attach_card(ctx, sandbox, bill.customer, DECLINES_LATER)
    number = planning.propose(ctx, bill, bad).number
    for _ in range(40):
        waiting = [draft for draft in planning.waiting(ctx, bill) if draft.due_on]
        if not waiting:
            break
        on_its_day(ctx, clock, sandbox, min(waiting, key=lambda draft: draft.due_on))
    assert state(ctx, number) == "broken"
    assert paying.charges(sandbox) == []
    assert paying.mails(ctx, "arrangement_ended") == 1
    again = planning.propose(
        ctx,
        bill,
        bad,
        key="k" * 20,
        first_on=ctx.clock.today() + datetime.timedelta(days=3),
    )
    assert again.state == "proposed"


def test_ended_after_a_refusal_it_counts_as_broken_and_the_next_one_is_for_a_person(
    ctx, sandbox, clock, bill
):
    bad = paying.attach_card(ctx, sandbox, bill.customer, DECLINES_LATER)
    number = planning.propose(ctx, bill, bad).number
    first, *_ = planning.waiting(ctx, bill)
    on_its_day(ctx, clock, sandbox, first)
    for _ in "ab":
        planning.end(ctx, bill, number)
    assert state(ctx, number) == "broken"
    good = paying.save_card(ctx, sandbox, bill.customer)
    later = first.due_on + datetime.timedelta(days=3)
    again = planning.propose(ctx, bill, good, key="another-form-of-this-test", first_on=later)
    assert again.state == "proposed"


def test_a_part_that_its_bank_takes_back_has_failed_after_all(ctx, sandbox, clock, bill, card):
    number = planning.propose(ctx, bill, card).number
    first, second, third = planning.waiting(ctx, bill)
    on_its_day(ctx, clock, sandbox, first)
    (payment,) = drafts.attempts(ctx, first.number)
    charging.claim(ctx, sandbox, payment.number, final=True)
    assert state(ctx, number) == "active"
    on_its_day(ctx, clock, sandbox, second)
    on_its_day(ctx, clock, sandbox, third)
    assert state(ctx, number) == "broken"


def test_what_is_in_dispute_does_not_count_as_kept(ctx, sandbox, clock, bill, card):
    number = planning.propose(ctx, bill, card).number
    first, *_ = planning.waiting(ctx, bill)
    cases.raise_case(ctx, bill.customer, invoice_no=bill.number)
    assert on_its_day(ctx, clock, sandbox, first) == {"nothing": 1}
    assert state(ctx, number) == "active"
    assert paying.charges(sandbox) == []


class Killed(BaseException):
    """Stands for SIGKILL."""


@pytest.mark.parametrize("ends", [True, False])
def test_a_part_that_was_never_sent_is_not_taken_once_the_owner_has_ended_it_all(
    ctx, sandbox, clock, bill, card, monkeypatch, ends
):
    number = planning.propose(ctx, bill, card).number
    first = planning.waiting(ctx, bill)[0]
    drafts.to_day(ctx, clock, sandbox, first.draft_on)

    def killed(**_call):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(ctx.payments, "charge_saved", killed)
        with pytest.raises(Killed):
            collect_drafts.attempt(
                ctx, draft_id=drafts.row(ctx, first.number).id, on=ctx.clock.today()
            )
    if ends:
        planning.end(ctx, bill, number)
    clock.advance(datetime.timedelta(minutes=11))
    for _ in "ab":
        recheck_payments.run(ctx)
    assert len(paying.charges(sandbox)) == (0 if ends else 1)
    assert drafts.row(ctx, first.number).state is (DraftState.FAILED if ends else DraftState.PAID)
