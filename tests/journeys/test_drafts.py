"""Drafts on their day: charged once, tried again within the rules, and only what is open."""

from __future__ import annotations

import dataclasses
import datetime

import pytest
import sqlalchemy as sa

from portal.domain.billing import models as billing
from portal.domain.payments.operations import drafting
from portal.domain.payments.states import AutopayEnd, DraftKind, DraftState, PaymentState
from portal.journeys import collect_drafts, keep_method
from portal.kernel import actor
from tests.support import bills, cases, paying, people
from tests.support import drafting as drafts

pytestmark = pytest.mark.usefixtures("books_hold")
DECLINES_LATER = "4000000000000341"
ASKS_ALWAYS = "4000002760003184"
WHO = actor.system("test")


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


@pytest.fixture
def card(ctx, sandbox, bill):
    return paying.save_card(ctx, sandbox, bill.customer)


def fresh(ctx, bill):
    with ctx.database.reading() as session:
        return session.scalars(
            sa.select(billing.Invoice).where(billing.Invoice.number == bill.number)
        ).one()


def test_a_draft_is_charged_on_its_day_and_pays_its_bill(ctx, sandbox, bill, card):
    number = drafts.plan(ctx, bill, card)
    assert drafts.collect(ctx) == {"charged": 1}
    assert drafts.row(ctx, number).state is DraftState.PAID
    assert fresh(ctx, bill).open_cents == 0
    (payment,) = drafts.attempts(ctx, number)
    assert (payment.state, payment.is_off_session) == (PaymentState.SETTLED, True)
    assert paying.mails(ctx, "receipt") == 1
    assert len(paying.charges(sandbox)) == 1


def test_nothing_is_taken_before_the_day_nor_on_it_twice(ctx, sandbox, bill, card, clock):
    tomorrow = ctx.clock.today() + datetime.timedelta(days=1)
    drafts.plan(ctx, bill, card, on=tomorrow)
    assert drafts.collect(ctx) == {}
    drafts.to_day(ctx, clock, sandbox, tomorrow)
    drafts.collect(ctx)
    assert drafts.collect(ctx) == {}
    assert len(paying.charges(sandbox)) == 1


def test_a_bill_that_was_paid_in_the_meantime_is_not_taken_again(ctx, sandbox, bill, card):
    number = drafts.plan(ctx, bill, card)
    paying.begin(ctx, bill.customer, bill.number, method=card)
    assert drafts.collect(ctx) == {"nothing": 1}
    assert drafts.row(ctx, number).state is DraftState.NOTHING_LEFT
    assert len(paying.charges(sandbox)) == 1


def test_only_what_is_open_is_taken_and_never_more_than_was_announced(ctx, sandbox, bill, card):
    number = drafts.plan(ctx, bill, card, cents=1000)
    drafts.collect(ctx)
    assert drafts.attempts(ctx, number)[0].amount_cents == 1000
    other = drafts.plan(ctx, bill, card, kind=DraftKind.SCHEDULED, cents=999_999)
    left = fresh(ctx, bill).open_cents
    drafts.collect(ctx)
    assert drafts.attempts(ctx, other)[0].amount_cents == left


def test_what_is_in_dispute_is_left_out(ctx, sandbox, bill, card):
    cases.raise_case(ctx, bill.customer, invoice_no=bill.number, line_numbers=[2])
    number = drafts.plan(ctx, bill, card)
    before = fresh(ctx, bill).open_cents
    drafts.collect(ctx)
    taken = sum(p.amount_cents for p in drafts.attempts(ctx, number))
    assert taken < before
    assert fresh(ctx, bill).open_cents == before - taken


def test_a_hold_on_autopay_alone_keeps_a_draft_from_its_bill(ctx, sandbox, bill, card, database):
    number = drafts.plan(ctx, bill, card)
    with database.unit_of_work() as session:
        session.add(
            billing.Hold(
                kind=billing.HoldKind.AUTOPAY,
                customer_id=bill.customer.id,
                subject=bill.number,
                amount_cents=fresh(ctx, bill).open_cents,
                reason="a pet died",
                owner="test",
                placed_at=ctx.clock.now(),
            )
        )
    assert drafts.collect(ctx) == {"nothing": 1}
    assert drafts.row(ctx, number).state is DraftState.NOTHING_LEFT


def test_credit_goes_first_and_only_the_rest_is_charged(ctx, sandbox, database):
    first = bills.make_bill(database)
    for one in bills.invoices_of(database, policy_id=first.policy.id):
        bills.pay(database, one)
    paying.give(ctx, first.customer, 1000)
    bill = bills.make_bill(database, customer=first.customer, pet_name="Miso", species="cat")
    card = paying.save_card(ctx, sandbox, bill.customer)
    before = fresh(ctx, bill).open_cents
    number = drafts.plan(ctx, bill, card)
    drafts.collect(ctx)
    assert drafts.attempts(ctx, number)[0].amount_cents == before - 1000
    assert fresh(ctx, bill).open_cents == 0


def test_credit_alone_pays_and_no_card_is_charged(ctx, sandbox, database):
    first = bills.make_bill(database)
    for one in bills.invoices_of(database, policy_id=first.policy.id):
        bills.pay(database, one)
    paying.give(ctx, first.customer, 900_00)
    bill = bills.make_bill(database, customer=first.customer, pet_name="Miso", species="cat")
    number = drafts.plan(ctx, bill, paying.save_card(ctx, sandbox, bill.customer))
    assert drafts.collect(ctx) == {"credited": 1}
    row = drafts.row(ctx, number)
    assert (row.state, row.outcome) == (DraftState.PAID, "credit")
    assert paying.charges(sandbox) == []


def test_a_decline_is_tried_again_three_times_and_then_given_up(ctx, sandbox, bill, clock):
    card = paying.attach_card(ctx, sandbox, bill.customer, DECLINES_LATER)
    number = drafts.plan(ctx, bill, card)
    start = ctx.clock.today()
    for passed, left in ((0, 3), (3, 5), (5, 7)):
        drafts.to_day(ctx, clock, sandbox, start + datetime.timedelta(days=passed))
        assert drafts.collect(ctx) == {"charged": 1}
        row = drafts.row(ctx, number)
        assert row.state is DraftState.RETRYING
        assert row.due_on == start + datetime.timedelta(days=left)
    drafts.to_day(ctx, clock, sandbox, start + datetime.timedelta(days=7))
    drafts.collect(ctx)
    row = drafts.row(ctx, number)
    assert (row.state, row.attempts) == (DraftState.FAILED, 4)
    keys = {payment.once_key for payment in drafts.attempts(ctx, number)}
    assert len(keys) == 4
    assert paying.mails(ctx, "draft_refused") == 4
    assert fresh(ctx, bill).open_cents > 0


def test_a_hard_decline_is_never_tried_again_and_ends_autopay(ctx, sandbox, bill, monkeypatch):
    card = paying.attach_card(ctx, sandbox, bill.customer, DECLINES_LATER)
    number = drafts.plan(ctx, bill, card)
    real = ctx.payments.read_intent

    def stolen(ref):
        view = real(ref)
        return dataclasses.replace(view, decline_code=view.decline_code and "stolen_card")

    monkeypatch.setattr(ctx.payments, "read_intent", stolen)
    drafts.collect(ctx)
    row = drafts.row(ctx, number)
    assert (row.state, row.outcome) == (DraftState.FAILED, "stolen_card")
    with ctx.database.reading() as session:
        ended = session.scalar(sa.text("SELECT end_reason FROM autopay"))
    assert ended == AutopayEnd.REFUSED


def test_the_backup_is_tried_once_in_the_same_run_and_pays(ctx, sandbox, bill):
    bad = paying.attach_card(ctx, sandbox, bill.customer, DECLINES_LATER)
    good = paying.save_card(ctx, sandbox, bill.customer)
    number = drafts.plan(ctx, bill, bad, backup=good)
    assert drafts.collect(ctx) == {"charged": 2}
    row = drafts.row(ctx, number)
    assert (row.state, row.attempts) == (DraftState.PAID, 1)
    assert [p.state for p in drafts.attempts(ctx, number)] == ["failed", "settled"]


def test_when_the_backup_refuses_too_the_first_method_keeps_its_days(ctx, sandbox, bill, clock):
    bad = paying.attach_card(ctx, sandbox, bill.customer, DECLINES_LATER)
    worse = paying.attach_card(ctx, sandbox, bill.customer, DECLINES_LATER)
    number = drafts.plan(ctx, bill, bad, backup=worse)
    drafts.collect(ctx)
    row = drafts.row(ctx, number)
    assert (row.state, row.attempts, row.backup_method_id) == (DraftState.RETRYING, 1, None)
    assert row.due_on == ctx.clock.today() + datetime.timedelta(days=3)
    drafts.to_day(ctx, clock, sandbox, row.due_on)
    assert drafts.collect(ctx) == {"charged": 1}
    assert drafts.row(ctx, number).attempts == 2


def test_a_bank_that_asks_gets_the_payer_a_link_and_a_week(ctx, sandbox, bill, clock):
    card = paying.save_card(ctx, sandbox, bill.customer, ASKS_ALWAYS)
    number = drafts.plan(ctx, bill, card)
    drafts.collect(ctx)
    row = drafts.row(ctx, number)
    assert row.state is DraftState.ASKING
    assert paying.mails(ctx, "confirm_needed") == 1
    assert drafts.collect(ctx) == {}
    drafts.to_day(ctx, clock, sandbox, row.due_on + datetime.timedelta(days=1))
    assert drafts.collect(ctx) == {"over": 1}
    assert drafts.row(ctx, number).state is DraftState.FAILED
    assert paying.mails(ctx, "draft_missed") == 1


def test_a_method_that_was_removed_is_not_charged_and_the_backup_takes_its_place(
    ctx, sandbox, bill
):
    first = paying.save_card(ctx, sandbox, bill.customer)
    second = paying.save_card(ctx, sandbox, bill.customer, "5555555555554444")
    number = drafts.plan(ctx, bill, first, backup=second, kind=DraftKind.SCHEDULED)
    _forget(ctx, first)
    assert drafts.collect(ctx) == {"charged": 1}
    assert drafts.attempts(ctx, number)[0].method_label == "mastercard 4444"


def test_without_any_method_left_the_draft_fails_and_takes_nothing(ctx, sandbox, bill, card):
    number = drafts.plan(ctx, bill, card, kind=DraftKind.SCHEDULED)
    _forget(ctx, card)
    assert drafts.collect(ctx) == {"over": 1}
    row = drafts.row(ctx, number)
    assert (row.state, row.outcome) == (DraftState.FAILED, "method_gone")
    assert paying.mails(ctx, "draft_missed") == 1
    assert drafts.collect(ctx) == {}
    assert paying.charges(sandbox) == []


def _forget(ctx, number):
    """As if the method had been lost in a way that no page announced."""
    with ctx.database.unit_of_work() as session:
        session.execute(
            sa.text("UPDATE payment_method SET removed_at = now() WHERE number = :n"), {"n": number}
        )


def test_a_method_that_stripe_no_longer_has_fails_once_and_for_all(ctx, sandbox, bill, card):
    number = drafts.plan(ctx, bill, card)
    ref = _ref(ctx, card)
    sandbox.client().v1.payment_methods.detach(ref)
    drafts.collect(ctx)
    assert drafts.row(ctx, number).state in (DraftState.FAILED, DraftState.RETRYING)
    assert paying.charges(sandbox) == []


def _ref(ctx, number):
    with ctx.database.reading() as session:
        return session.scalar(
            sa.text("SELECT stripe_ref FROM payment_method WHERE number = :n"), {"n": number}
        )


def test_while_a_payment_of_the_bill_is_under_way_the_draft_waits(ctx, sandbox, bill, card):
    number = drafts.plan(ctx, bill, card)
    begun = paying.begin(ctx, bill.customer, bill.number)
    assert drafts.collect(ctx) == {"busy": 1}
    assert drafts.row(ctx, number).state is DraftState.PLANNED
    paying.confirm(sandbox, begun.client_secret)
    for hook in sandbox.take_webhooks():
        paying.receive(ctx, hook)


def test_a_draft_that_was_called_off_takes_nothing(ctx, sandbox, bill, card):
    number = drafts.plan(ctx, bill, card)
    with ctx.database.unit_of_work() as session:
        draft = drafting.lock(session, number=number, customer_id=bill.customer.id)
        assert drafting.cancel(session, draft=draft, now=ctx.clock.now(), who=WHO)
    assert drafts.collect(ctx) == {}
    with ctx.database.unit_of_work() as session:
        draft = drafting.lock(session, number=number, customer_id=bill.customer.id)
        assert not drafting.cancel(session, draft=draft, now=ctx.clock.now(), who=WHO)


def test_a_lost_answer_is_found_again_and_nothing_is_charged_twice(ctx, sandbox, bill, card):
    number = drafts.plan(ctx, bill, card)
    sandbox.fault("drop_after", "/v1/payment_intents$", times=6)
    assert drafts.collect(ctx) == {"lost": 1}
    assert drafts.row(ctx, number).state is DraftState.ATTEMPTING
    sandbox.clear_faults()
    drafts.collect(ctx)
    assert drafts.row(ctx, number).state is DraftState.PAID
    assert len(paying.charges(sandbox)) == 1


def test_a_charge_that_never_reached_stripe_is_given_up_after_a_day_and_planned_anew(
    ctx, sandbox, bill, card, clock
):
    number = drafts.plan(ctx, bill, card)
    sandbox.fault("drop_before", "/v1/", method=None, times=99)
    drafts.collect(ctx)
    assert drafts.attempts(ctx, number)[0].state is PaymentState.UNKNOWN
    sandbox.clear_faults()
    drafts.to_day(ctx, clock, sandbox, ctx.clock.today() + datetime.timedelta(days=2))
    drafts.collect(ctx)
    row = drafts.row(ctx, number)
    assert (row.state, row.outcome) == (DraftState.RETRYING, "not_made")
    drafts.to_day(ctx, clock, sandbox, row.due_on)
    drafts.collect(ctx)
    assert drafts.row(ctx, number).state is DraftState.PAID
    assert len(paying.charges(sandbox)) == 1


def test_eight_at_once_draft_every_bill_exactly_once(ctx, sandbox, database):
    customer = people.make_customer(database)
    made = [bills.make_bill(database, customer=customer, pet_name=f"Pet {n}") for n in range(6)] + [
        bills.make_bill(database) for _ in range(6)
    ]
    for bill in made:
        drafts.plan(ctx, bill, paying.save_card(ctx, sandbox, bill.customer))
    assert drafts.collect(ctx, flights=8) == {"charged": len(made)}
    assert len(paying.charges(sandbox)) == len(made)
    assert all(fresh(ctx, bill).open_cents == 0 for bill in made)


def test_removing_the_method_in_the_middle_leaves_one_clear_end(ctx, sandbox, bill, card):
    number = drafts.plan(ctx, bill, card)
    keep_method.remove(
        ctx, customer_id=bill.customer.id, number=card, who=people.owner(bill.customer)
    )
    collect_drafts.run(ctx, on=ctx.clock.today(), flights=1, rate=1000)
    assert drafts.row(ctx, number).state in (DraftState.FAILED, DraftState.CANCELLED)
    assert paying.charges(sandbox) == []
