"""A payment on a chosen day: planned once, moved, called off; what it may take beside others."""

from __future__ import annotations

import concurrent.futures
import datetime

import pytest
import sqlalchemy as sa

from portal.domain.billing.rules import chosen_day
from portal.domain.payments import rules
from portal.domain.payments.queries import drafts
from portal.domain.wallet import consents
from portal.journeys import keep_method, planned, schedule_payment
from tests.support import bills, paying, people, planning

pytestmark = pytest.mark.usefixtures("books_hold")


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


@pytest.fixture
def card(ctx, sandbox, bill):
    return paying.save_card(ctx, sandbox, bill.customer)


def test_it_is_planned_with_its_consent_and_a_mail_and_nothing_is_charged(ctx, sandbox, bill, card):
    number = planning.schedule(ctx, bill, card)
    (draft,) = planning.waiting(ctx, bill)
    assert (draft.number, draft.kind, draft.state) == (number, "scheduled", "planned")
    assert (draft.amount_cents, draft.draft_on, draft.method_no) == (6608, planning.DAY, card)
    assert [b.invoice_no for b in draft.bills] == [bill.number]
    with ctx.database.reading() as session:
        (agreed,) = consents.given(session, customer_id=bill.customer.id, subject=number)
    assert agreed.version == "scheduled-2026-11"
    assert "$66.08 from Visa 4242 on Friday 4 December 2026" in agreed.text
    assert paying.mails(ctx, "payment_scheduled") == 1
    assert paying.charges(sandbox) == []


def test_a_form_that_is_sent_twice_plans_once(ctx, bill, card):
    assert planning.schedule(ctx, bill, card) == planning.schedule(ctx, bill, card)
    assert len(planning.waiting(ctx, bill)) == 1
    assert paying.mails(ctx, "payment_scheduled") == 1


def test_a_form_that_was_changed_since_it_was_sent_is_refused(ctx, bill, card):
    planning.schedule(ctx, bill, card)
    with pytest.raises(rules.AmountChanged):
        planning.schedule(ctx, bill, card, day=planning.DAY + datetime.timedelta(days=1))
    with pytest.raises(rules.AmountChanged):
        planning.schedule(ctx, bill, card, cents=2000, expected=2000)


def test_a_form_that_now_names_another_card_or_bill_is_refused(ctx, sandbox, database, bill, card):
    planning.schedule(ctx, bill, card)
    other = paying.save_card(ctx, sandbox, bill.customer, "5555555555554444")
    with pytest.raises(rules.AmountChanged):
        planning.schedule(ctx, bill, other)
    twin = bills.make_bill(database, customer=bill.customer)
    with pytest.raises(rules.AmountChanged):
        planning.schedule(ctx, bill, card, numbers=(twin.number,))
    (draft,) = planning.waiting(ctx, bill)
    assert draft.method_no == card


def test_two_tabs_do_not_plan_more_than_is_open(ctx, bill, card):
    planning.schedule(ctx, bill, card)
    with pytest.raises(planned.PlannedAlready):
        planning.schedule(ctx, bill, card, key="k" * 20)
    assert len(planning.waiting(ctx, bill)) == 1


def test_two_tabs_in_the_same_moment_plan_once(ctx, bill, card):
    def press(key):
        try:
            return planning.schedule(ctx, bill, card, key=key)
        except planned.PlannedAlready:
            return ""

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        numbers = sorted(pool.map(press, ["j" * 20, "k" * 20]))
    assert numbers[0] == ""
    assert [draft.number for draft in planning.waiting(ctx, bill)] == [numbers[1]]


def test_a_part_leaves_the_rest_to_plan_and_no_more(ctx, bill, card):
    planning.schedule(ctx, bill, card, cents=2000, expected=2000)
    with pytest.raises(planned.MoreThanLeft, match="4608"):
        planning.schedule(ctx, bill, card, cents=4609, expected=4609, key="j" * 20)
    planning.schedule(ctx, bill, card, expected=4608, key="k" * 20)
    assert sum(draft.amount_cents for draft in planning.waiting(ctx, bill)) == 6608


def test_a_draft_by_autopay_gives_way_to_the_chosen_day(ctx, bill, card):
    autopay = planning.by_autopay(ctx, bill, card)
    number = planning.schedule(ctx, bill, card)
    assert [draft.number for draft in planning.waiting(ctx, bill)] == [number]
    with ctx.database.reading() as session:
        gone = drafts.one(session, customer_id=bill.customer.id, number=autopay)
    assert gone.state == "cancelled"


@pytest.mark.parametrize(
    ("ahead", "error"),
    [(0, chosen_day.DayTooSoon), (-3, chosen_day.DayTooSoon), (61, chosen_day.DayTooLate)],
)
def test_a_day_that_cannot_be_chosen_plans_nothing(ctx, bill, card, ahead, error):
    with pytest.raises(error):
        planning.schedule(ctx, bill, card, day=ctx.clock.today() + datetime.timedelta(days=ahead))
    assert planning.waiting(ctx, bill) == ()


def test_another_sum_than_was_shown_plans_nothing(ctx, database, bill, card):
    bills.pay(database, bill.invoice, cents=1000)
    with pytest.raises(rules.AmountChanged):
        planning.schedule(ctx, bill, card)
    bills.pay(database, bill.invoice, cents=5608)
    with pytest.raises(rules.NothingToPay):
        planning.schedule(ctx, bill, card)
    assert planning.waiting(ctx, bill) == ()


def test_a_bill_of_another_customer_plans_nothing(ctx, database, bill, card):
    theirs = bills.make_bill(database)
    with pytest.raises(rules.NothingToPay):
        planning.schedule(ctx, bill, card, numbers=(theirs.number,))
    with pytest.raises(rules.AmountChanged):
        planning.schedule(ctx, bill, card, numbers=(bill.number, theirs.number))
    assert planning.waiting(ctx, bill) == planning.waiting(ctx, theirs) == ()


def test_a_method_that_was_removed_or_is_anothers_plans_nothing(ctx, sandbox, database, bill, card):
    other = people.make_customer(database)
    theirs = paying.save_card(ctx, sandbox, other)
    with pytest.raises(rules.MethodGone):
        planning.schedule(ctx, bill, theirs)
    keep_method.remove(
        ctx, customer_id=bill.customer.id, number=card, who=people.owner(bill.customer)
    )
    with pytest.raises(rules.MethodGone):
        planning.schedule(ctx, bill, card)


def test_a_card_that_expires_before_the_day_is_refused(ctx, database, bill, card):
    with database.unit_of_work() as session:
        session.execute(sa.text("UPDATE payment_method SET exp_year = 2026, exp_month = 11"))
    with pytest.raises(planned.MethodExpires):
        planning.schedule(ctx, bill, card)


def test_a_bill_that_is_being_paid_is_not_planned(ctx, database, bill, card):
    bills.begin_payment(database, bill.invoice)
    with pytest.raises(rules.PaymentUnderWay):
        planning.schedule(ctx, bill, card)


def move(ctx, bill, number, day, *, who=None):
    schedule_payment.change_day(
        ctx,
        customer_id=(who or bill.customer).id,
        number=number,
        draft_on=day,
        language="en",
        who=people.owner(who or bill.customer),
    )


def test_the_day_can_be_changed_and_is_agreed_to_anew(ctx, bill, card):
    number = planning.schedule(ctx, bill, card)
    later = planning.DAY + datetime.timedelta(days=5)
    move(ctx, bill, number, later)
    move(ctx, bill, number, later)
    (draft,) = planning.waiting(ctx, bill)
    assert draft.draft_on == draft.due_on == later
    assert paying.mails(ctx, "payment_day_changed") == 1
    with ctx.database.reading() as session:
        newest, _first = consents.given(session, customer_id=bill.customer.id, subject=number)
    assert newest.version == "scheduled-moved-2026-11"


def test_nobody_else_moves_or_cancels_it(ctx, database, bill, card):
    number = planning.schedule(ctx, bill, card)
    other = people.make_customer(database)
    with pytest.raises(planned.NoSuchDraft):
        move(ctx, bill, number, planning.DAY + datetime.timedelta(days=1), who=other)
    with pytest.raises(planned.NoSuchDraft):
        planning.cancel(ctx, bill, number, who=other)


def test_it_can_be_cancelled_once_and_is_told_once(ctx, bill, card):
    number = planning.schedule(ctx, bill, card)
    planning.cancel(ctx, bill, number)
    planning.cancel(ctx, bill, number)
    assert planning.waiting(ctx, bill) == ()
    assert paying.mails(ctx, "payment_schedule_cancelled") == 1
    with pytest.raises(schedule_payment.CannotChange):
        move(ctx, bill, number, planning.DAY + datetime.timedelta(days=1))
    planning.schedule(ctx, bill, card, key="k" * 20)


def test_while_it_is_taken_it_can_not_be_changed_and_its_bill_not_planned(
    ctx, database, bill, card
):
    number = planning.schedule(ctx, bill, card)
    with database.unit_of_work() as session:
        session.execute(sa.text("UPDATE draft SET state = 'attempting', due_on = NULL"))
    for act in (planning.cancel, lambda *a: move(*a, planning.DAY + datetime.timedelta(days=1))):
        with pytest.raises(schedule_payment.CannotChange):
            act(ctx, bill, number)
    with pytest.raises(planned.BeingTaken):
        planning.schedule(ctx, bill, card, key="k" * 20)
    with database.unit_of_work() as session:  # no payment of it is under way: no such books stand
        session.execute(sa.text("UPDATE draft SET state = 'failed', ended_at = now()"))


def test_a_draft_by_autopay_is_not_changed_here(ctx, bill, card):
    number = planning.by_autopay(ctx, bill, card)
    with pytest.raises(planned.NoSuchDraft):
        planning.cancel(ctx, bill, number)
