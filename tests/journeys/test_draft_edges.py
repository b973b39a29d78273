"""Drafts where two things meet: what is taken then is what was announced, and once."""

from __future__ import annotations

import dataclasses
import datetime

import pytest
import sqlalchemy as sa

from portal.domain.billing.operations import allocating
from portal.domain.billing.rules import paying as paying_rules
from portal.domain.payments.states import DraftKind, DraftState
from portal.journeys import (
    announce_drafts,
    arrange,
    check_books,
    collect_drafts,
    keep_method,
    pay_invoices,
    recheck_payments,
    settle_payment,
)
from tests.support import autopaying, bills, charging, debits, drafting, paying, people, planning

pytestmark = pytest.mark.usefixtures("books_hold")
DECLINES_LATER = "4000000000000341"
ASKS_ALWAYS = "4000002760003184"
DAY = datetime.timedelta(days=1)


def with_credit(ctx, database, cents: int):
    """A bill whose owner has money of theirs unapplied, and nothing else open."""
    first = bills.make_bill(database)
    for one in bills.invoices_of(database, policy_id=first.policy.id):
        bills.pay(database, one)
    paying.give(ctx, first.customer, cents)
    return bills.make_bill(database, customer=first.customer, pet_name="Miso", species="cat")


def _pay_ahead(ctx, bill, method: str, cents: int) -> None:
    """Pay a bill and so many cents more, for later bills."""
    asked = bill.invoice.open_cents + cents
    pay_invoices.start(
        ctx,
        customer_id=bill.customer.id,
        order=pay_invoices.Order(
            invoice_nos=(bill.number,),
            expected_cents=asked,
            wish=paying_rules.Wish(cents=asked, pays_ahead=True),
        ),
        once_key="a-form-of-this-test",
        method_no=method,
        save_method=False,
        who=people.owner(bill.customer),
    )


def open_cents(database, bill) -> int:
    return next(
        invoice.open_cents
        for invoice in bills.invoices_of(database, policy_id=bill.policy.id)
        if invoice.number == bill.number
    )


def test_credit_for_all_that_was_announced_leaves_the_card_alone(ctx, sandbox, database):
    bill = with_credit(ctx, database, 1000)
    before = open_cents(database, bill)
    number = drafting.plan(ctx, bill, paying.save_card(ctx, sandbox, bill.customer), cents=1000)
    assert drafting.collect(ctx) == {"credited": 1}
    assert drafting.row(ctx, number).state is DraftState.PAID
    assert open_cents(database, bill) == before - 1000
    assert paying.charges(sandbox) == []


def test_credit_that_comes_before_the_backup_is_tried_is_used_too(ctx, sandbox, database):
    bill = with_credit(ctx, database, 1000)
    bad = paying.attach_card(ctx, sandbox, bill.customer, DECLINES_LATER)
    good = paying.save_card(ctx, sandbox, bill.customer)
    before = open_cents(database, bill)
    other = bills.make_bill(database, customer=bill.customer, pet_name="Rex")
    number = drafting.plan(ctx, bill, bad, backup=good)
    collect_drafts.attempt(ctx, draft_id=drafting.row(ctx, number).id, on=ctx.clock.today())
    assert drafting.row(ctx, number).state is DraftState.RETRYING
    _pay_ahead(ctx, other, good, 500)
    assert drafting.collect(ctx) == {"charged": 1}
    assert drafting.attempts(ctx, number)[-1].amount_cents == before - 1500


def test_credit_twice_in_one_draft_whose_cards_are_both_gone_pays_it(ctx, sandbox, database):
    bill = with_credit(ctx, database, 1000)
    bad = paying.attach_card(ctx, sandbox, bill.customer, DECLINES_LATER)
    gone = paying.save_card(ctx, sandbox, bill.customer)
    other = bills.make_bill(database, customer=bill.customer, pet_name="Rex")
    number = drafting.plan(ctx, bill, bad, backup=gone)
    collect_drafts.attempt(ctx, draft_id=drafting.row(ctx, number).id, on=ctx.clock.today())
    _pay_ahead(ctx, other, gone, open_cents(database, bill))
    with database.unit_of_work() as session:
        session.execute(
            sa.text("UPDATE payment_method SET removed_at = now() WHERE number = :number"),
            {"number": gone},
        )
    assert drafting.collect(ctx) == {"credited": 1}
    assert drafting.row(ctx, number).state is DraftState.PAID
    assert open_cents(database, bill) == 0


def test_a_part_that_comes_back_after_its_arrangement_ended_is_not_tried_again(
    ctx, sandbox, clock, database
):
    bill = bills.make_bill(
        database,
        effective_on=datetime.date(2026, 10, 28),
        through=datetime.date(2026, 10, 30),
    )
    account = debits.save(ctx, sandbox, bill.customer, debits.NO_MONEY)
    number = planning.propose(ctx, bill, account).number
    first = planning.waiting(ctx, bill)[0]
    drafting.to_day(ctx, clock, sandbox, first.draft_on)
    assert drafting.collect(ctx) == {"charged": 1}
    arrange.cancel(
        ctx, customer_id=bill.customer.id, number=number, who=people.owner(bill.customer)
    )
    (payment,) = drafting.attempts(ctx, first.number)
    debits.answer(ctx, sandbox, payment.number)
    assert drafting.row(ctx, first.number).state is DraftState.FAILED


def test_the_last_day_to_confirm_is_the_payers_too(ctx, sandbox, clock, database):
    bill = bills.make_bill(database)
    card = paying.save_card(ctx, sandbox, bill.customer, ASKS_ALWAYS)
    number = drafting.plan(ctx, bill, card)
    drafting.collect(ctx)
    last = drafting.row(ctx, number).due_on
    drafting.to_day(ctx, clock, sandbox, last)
    assert drafting.collect(ctx) == {}
    drafting.to_day(ctx, clock, sandbox, last + DAY)
    assert drafting.collect(ctx) == {"over": 1}


def test_the_notice_runs_from_the_day_it_is_written(quiet_ctx, database):
    today = quiet_ctx.clock.today()
    bill = bills.make_bill(database, effective_on=today + 5 * DAY, through=today)
    drafting.join(quiet_ctx, bill, autopaying.card(database, bill.customer))
    announce_drafts.run(quiet_ctx, on=today - 3 * DAY)
    (draft,) = autopaying.drafts(quiet_ctx, bill)
    assert draft.draft_on >= today + 10 * DAY


@pytest.mark.parametrize("state", [DraftState.FAILED, DraftState.CANCELLED])
def test_a_bill_that_waits_for_its_payer_is_not_taken_from_the_second_card_instead(
    quiet_ctx, database, state
):
    bill = bills.make_bill(database)
    first = autopaying.card(database, bill.customer)
    second = autopaying.card(database, bill.customer, last4="4444")
    autopaying.join(quiet_ctx, bill, first, backup=second)
    with database.unit_of_work() as session:
        session.execute(
            sa.text("UPDATE draft SET state = :s, due_on = NULL, ended_at = now()"), {"s": state}
        )
    keep_method.remove(
        quiet_ctx, customer_id=bill.customer.id, number=first, who=people.owner(bill.customer)
    )
    assert autopaying.running(quiet_ctx, bill).method_no == second
    assert announce_drafts.run(quiet_ctx, on=quiet_ctx.clock.today()) == 0


def test_a_debit_that_its_bank_took_back_is_not_taken_from_the_second_method(
    ctx, sandbox, clock, database
):
    bill = bills.make_bill(database)
    account = debits.save(ctx, sandbox, bill.customer, debits.CLAIMED)
    card = paying.save_card(ctx, sandbox, bill.customer)
    number = drafting.plan(ctx, bill, account, backup=card)
    drafting.collect(ctx)
    (payment,) = drafting.attempts(ctx, number)
    debits.answer(ctx, sandbox, payment.number)
    charging.hear(ctx, sandbox)
    assert open_cents(database, bill) > 0
    assert announce_drafts.run(ctx, on=ctx.clock.today()) == 0


def test_a_card_that_its_bank_stopped_for_good_is_not_charged_for_the_next_part(
    ctx, sandbox, clock, database, monkeypatch
):
    bill = bills.make_bill(
        database,
        effective_on=datetime.date(2026, 10, 28),
        through=datetime.date(2026, 10, 30),
    )
    card = paying.attach_card(ctx, sandbox, bill.customer, DECLINES_LATER)
    planning.propose(ctx, bill, card)
    first, second, _ = planning.waiting(ctx, bill)
    read = ctx.payments.read_intent
    monkeypatch.setattr(
        ctx.payments,
        "read_intent",
        lambda ref: dataclasses.replace(read(ref), decline_code="stolen_card"),
    )
    for draft in (first, second):
        drafting.to_day(ctx, clock, sandbox, draft.draft_on)
        drafting.collect(ctx)
    assert len(drafting.attempts(ctx, first.number)) == 1
    assert drafting.attempts(ctx, second.number) == []
    assert drafting.row(ctx, second.number).outcome == "method_gone"


def test_a_draft_that_cannot_be_looked_at_keeps_no_other_from_its_day(
    ctx, sandbox, database, monkeypatch
):
    made = [bills.make_bill(database) for _ in range(2)]
    numbers = [
        drafting.plan(ctx, bill, paying.save_card(ctx, sandbox, bill.customer)) for bill in made
    ]
    lines = allocating.open_lines

    def odd(session, *, invoice_ids):
        if made[0].invoice.id in invoice_ids:
            raise ValueError("a line that nobody expected")
        return lines(session, invoice_ids=invoice_ids)

    monkeypatch.setattr(allocating, "open_lines", odd)
    found = drafting.collect(ctx)
    monkeypatch.undo()
    assert found["charged"] == 1
    assert drafting.row(ctx, numbers[0]).state is DraftState.PLANNED
    assert drafting.row(ctx, numbers[1]).state is DraftState.PAID


@pytest.mark.parametrize(
    ("change", "proof"),
    [
        ("UPDATE draft SET state = 'attempting', ended_at = NULL", "as far as its payments"),
        ("UPDATE draft SET state = 'failed'", "as far as its payments"),
        ("UPDATE draft SET amount_cents = amount_cents - 1", "no more than was announced"),
    ],
)
def test_a_draft_that_is_not_what_its_payments_are_is_found(
    quiet_ctx, database, owner_engine, change, proof
):
    bill = bills.make_bill(database)
    card = autopaying.card(database, bill.customer)
    number = drafting.plan(quiet_ctx, bill, card, kind=DraftKind.SCHEDULED)
    payment_no = bills.pay(database, bill.invoice)
    with owner_engine.begin() as connection:
        connection.execute(sa.text("UPDATE draft SET state = 'paid', due_on = NULL"))
        connection.execute(
            sa.text("UPDATE payment SET draft_id = (SELECT id FROM draft WHERE number = :d)"),
            {"d": number},
        )
    assert payment_no
    assert all(found.holds for found in check_books.run(quiet_ctx, with_stripe=False))
    with owner_engine.begin() as connection:
        connection.execute(sa.text(change))
    broken = [f.name for f in check_books.run(quiet_ctx, with_stripe=False) if not f.holds]
    assert [name for name in broken if proof in name]
    with owner_engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM draft_bill"))
        connection.execute(sa.text("UPDATE payment SET draft_id = NULL"))
        connection.execute(sa.text("DELETE FROM draft"))


def test_a_new_first_card_is_tried_before_the_new_second_one(ctx, sandbox, clock, database):
    bill = bills.make_bill(database)
    bad = paying.attach_card(ctx, sandbox, bill.customer, DECLINES_LATER)
    number = drafting.plan(ctx, bill, bad)
    drafting.collect(ctx)
    first = paying.save_card(ctx, sandbox, bill.customer)
    second = paying.save_card(ctx, sandbox, bill.customer, "5555555555554444")
    autopaying.change(ctx, bill, first, backup=second)
    drafting.to_day(ctx, clock, sandbox, drafting.row(ctx, number).due_on)
    assert drafting.collect(ctx) == {"charged": 1}
    assert [p.method_label for p in drafting.attempts(ctx, number)] == ["visa 0341", "visa 4242"]


def test_an_account_that_takes_the_place_of_one_being_debited_is_tried_when_that_fails(
    ctx, sandbox, clock, database
):
    bill = bills.make_bill(database)
    empty = debits.save(ctx, sandbox, bill.customer, debits.NO_MONEY)
    number = drafting.plan(ctx, bill, empty)
    drafting.collect(ctx)
    full = debits.save(ctx, sandbox, bill.customer)
    autopaying.change(ctx, bill, full)
    (payment,) = drafting.attempts(ctx, number)
    debits.answer(ctx, sandbox, payment.number)
    row = drafting.row(ctx, number)
    assert (row.state, row.due_on) == (DraftState.RETRYING, ctx.clock.today() + DAY)


def test_a_debit_that_is_refused_for_its_mandate_ends_it_and_the_second_method_goes_on(
    ctx, sandbox, clock, database
):
    bill = bills.make_bill(database)
    account = debits.save(ctx, sandbox, bill.customer)
    card = paying.save_card(ctx, sandbox, bill.customer)
    number = drafting.plan(ctx, bill, account, backup=card)
    sandbox.end_mandate(debits.method(ctx, account).mandate_ref)
    drafting.collect(ctx)
    assert debits.method(ctx, account).mandate_state == "revoked"
    assert paying.mails(ctx, "mandate_ended") == 1
    drafting.to_day(ctx, clock, sandbox, drafting.row(ctx, number).due_on)
    assert drafting.collect(ctx) == {"charged": 1}
    assert drafting.row(ctx, number).state is DraftState.PAID
    assert len(paying.charges(sandbox)) == 1


class Killed(BaseException):
    """Stands for SIGKILL."""


def test_a_draft_whose_run_was_killed_is_known_about_a_minute_later(
    ctx, sandbox, clock, database, monkeypatch
):
    bill = bills.make_bill(database)
    number = drafting.plan(ctx, bill, paying.save_card(ctx, sandbox, bill.customer))

    def killed(*_, **__):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(settle_payment, "absorb", killed)
        with pytest.raises(Killed):
            collect_drafts.attempt(ctx, draft_id=drafting.row(ctx, number).id, on=ctx.clock.today())
    recheck_payments.run(ctx)
    assert drafting.row(ctx, number).state is DraftState.ATTEMPTING
    clock.advance(datetime.timedelta(seconds=76))
    recheck_payments.run(ctx)
    assert drafting.row(ctx, number).state is DraftState.PAID
    assert len(paying.charges(sandbox)) == 1


@pytest.mark.parametrize("leaves", [True, False])
def test_whoever_left_after_a_run_was_killed_is_not_charged_by_the_next_one(
    ctx, sandbox, database, clock, monkeypatch, leaves
):
    bill = bills.make_bill(database)
    card = paying.save_card(ctx, sandbox, bill.customer)
    number = drafting.plan(ctx, bill, card)

    def killed(**_call):
        raise Killed

    draft_id = drafting.row(ctx, number).id
    with monkeypatch.context() as patch:
        patch.setattr(ctx.payments, "charge_saved", killed)
        with pytest.raises(Killed):
            collect_drafts.attempt(ctx, draft_id=draft_id, on=ctx.clock.today())
    if leaves:
        autopaying.leave(ctx, bill)
    recheck_payments.run(ctx)
    clock.advance(datetime.timedelta(minutes=11))
    for _ in "ab":
        recheck_payments.run(ctx)
    assert len(paying.charges(sandbox)) == (0 if leaves else 1)
    assert drafting.row(ctx, number).state is (DraftState.FAILED if leaves else DraftState.PAID)
