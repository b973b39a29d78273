"""Money of a claimed payment that lies unapplied: it waits with the bank, and goes first."""

from __future__ import annotations

import datetime

import pytest

from portal.domain.payments import models, rules
from portal.domain.payments.operations import unapplied
from portal.domain.payments.states import IfLost
from portal.journeys import answer_chargeback, run_billing, term_changes
from tests.support import bills, cases, charging, closing, paying, people

AHEAD = 30_00
INSTALLMENT_FEE = 3_00
EVENT = rules.ChargebackEvent
pytestmark = pytest.mark.usefixtures("books_hold")


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


@pytest.fixture
def payment(database, bill):
    """A payment of the bill and of something ahead."""
    return bills.pay(database, bill.invoice, cents=bill.invoice.open_cents + AHEAD)


def told(database, payment, event, *moves, cents):
    return charging.absorb(database, payment, charging.report(event, *moves, cents=cents))


def free_cents(database, bill):
    with database.reading() as session:
        found = unapplied.free(session, customer_id=bill.customer.id)
    return sum(source.cents for source in found)


def open_cents(database, bill):
    return bills.invoices_of(database, policy_id=bill.policy.id)[0].open_cents


def bear_it(ctx, database, number):
    grace = people.make_staff(database, "specialist", name="Grace Okonjo")
    answer_chargeback.choose_if_lost(
        ctx, number=number, if_lost=IfLost.ABSORBED, who=cases.staff(grace)
    )


def test_a_loss_that_we_bear_takes_what_waits_and_leaves_the_bill_paid(
    quiet_ctx, database, bill, payment
):
    cents = bill.invoice.total_cents + AHEAD
    taken = charging.taken(cents)
    bear_it(quiet_ctx, database, told(database, payment, EVENT.CLAIM, taken, cents=cents).number)
    change = told(database, payment, EVENT.LOSE, taken, cents=cents)
    found = charging.row(quiet_ctx, change.number)
    assert (found.taken_cents, found.absorbed_cents) == (AHEAD, bill.invoice.total_cents)
    assert (found.outcome, change.due_again_cents) == ("absorbed", 0)
    assert paying.row(quiet_ctx, payment).unapplied_cents == free_cents(database, bill) == 0
    assert open_cents(database, bill) == 0


def test_hearing_of_a_loss_again_does_not_change_how_it_ended(quiet_ctx, database, bill, payment):
    cents = bill.invoice.total_cents + AHEAD
    for _ in range(2):
        told(database, payment, EVENT.LOSE, charging.taken(cents), cents=cents)
        assert charging.only(quiet_ctx).outcome == "due_again"
    assert open_cents(database, bill) == bill.invoice.total_cents


def test_what_waits_of_a_claimed_payment_cannot_be_used_until_the_bank_decides(
    database, bill, payment
):
    cents = bill.invoice.total_cents + AHEAD
    taken, back = charging.taken(cents), charging.given_back(cents)
    assert free_cents(database, bill) == AHEAD
    told(database, payment, EVENT.INQUIRE, cents=cents)
    assert free_cents(database, bill) == AHEAD
    told(database, payment, EVENT.CLAIM, taken, cents=cents)
    assert free_cents(database, bill) == 0
    told(database, payment, EVENT.WIN, taken, back, cents=cents)
    assert free_cents(database, bill) == AHEAD


def test_what_a_lost_claim_on_a_part_leaves_can_be_used_again(database, bill, payment):
    taken = charging.taken(10_00)
    told(database, payment, EVENT.CLAIM, taken, cents=10_00)
    assert free_cents(database, bill) == 0
    told(database, payment, EVENT.LOSE, taken, cents=10_00)
    assert free_cents(database, bill) == AHEAD - 10_00


@pytest.fixture
def borne(quiet_ctx, database):
    """A policy whose bills are all paid; a bank kept the payment of the newest at our loss."""
    bill = bills.make_bill(database, effective_on=datetime.date(2026, 8, 1))
    for invoice in bill.invoices:
        payment = bills.pay(database, invoice)
    lose(quiet_ctx, database, payment, cents=bill.invoice.total_cents)
    assert losses(quiet_ctx) == charging.FEE + bill.invoice.total_cents
    return bill


def lose(ctx, database, payment, *, cents):
    taken = charging.taken(cents)
    bear_it(ctx, database, told(database, payment, EVENT.CLAIM, taken, cents=cents).number)
    told(database, payment, EVENT.LOSE, taken, cents=cents)


def losses(ctx):
    return charging.balance(ctx, "5200")


def split(ctx):
    found = charging.only(ctx)
    return found.taken_cents, found.absorbed_cents


def newest(database, bill):
    return max(bills.invoices_of(database, policy_id=bill.policy.id), key=lambda i: i.id)


def cancel(ctx, bill, on):
    who = people.owner(bill.customer)
    ask = term_changes.Ask(policy_no=bill.policy.number, once_key="the end", who=who)
    return term_changes.cancel(ctx, ask=ask, on=on)


def test_what_an_end_frees_of_money_we_bore_the_loss_of_is_not_given_twice(
    quiet_ctx, database, clock, borne
):
    made = cancel(quiet_ctx, borne, clock.today())
    gone = borne.invoice.total_cents - INSTALLMENT_FEE  # what of it goes back is premium and tax
    paid_before = made.facts["returned_cents"] - gone
    assert paid_before > 0
    assert (made.facts["refunded_cents"], free_cents(database, borne)) == (paid_before, 0)
    assert split(quiet_ctx) == (gone, INSTALLMENT_FEE)
    assert losses(quiet_ctx) == charging.FEE + INSTALLMENT_FEE


def test_what_is_freed_beyond_the_loss_that_we_bore_is_the_customers(
    quiet_ctx, database, clock, bill
):
    payment, kept = bills.pay(database, bill.invoice), 10_00
    lose(quiet_ctx, database, payment, cents=kept)
    closing.close(quiet_ctx, bill.number)
    assert free_cents(database, bill) == bill.invoice.total_cents - kept
    assert split(quiet_ctx) == (kept, 0)
    assert losses(quiet_ctx) == charging.FEE


def test_a_bill_withdrawn_whose_loss_we_bore_gives_nothing_free(quiet_ctx, database, clock, borne):
    closing.close(quiet_ctx, borne.number)
    assert free_cents(database, borne) == 0
    assert split(quiet_ctx) == (borne.invoice.total_cents, 0)
    assert losses(quiet_ctx) == charging.FEE
    run_billing.run(quiet_ctx, on=clock.today())
    again = newest(database, borne)
    assert again.open_cents == borne.invoice.total_cents


@pytest.mark.parametrize("leaves_unapplied", [False, True])
def test_the_bill_in_the_place_of_one_whose_loss_we_bore(
    quiet_ctx, database, borne, leaves_unapplied
):
    """It is paid as that one was, and the loss stays ours; unless the money is to lie unapplied."""
    asked = closing.ask(closing.Action.REISSUE, leaves_unapplied=leaves_unapplied)
    closing.close(quiet_ctx, borne.number, asked)
    cents = borne.invoice.total_cents
    assert free_cents(database, borne) == 0
    assert newest(database, borne).open_cents == (cents if leaves_unapplied else 0)
    assert split(quiet_ctx) == ((cents, 0) if leaves_unapplied else (0, cents))


def test_a_bank_that_changes_its_mind_gives_back_what_an_end_freed(
    quiet_ctx, database, clock, borne
):
    cents, taken = borne.invoice.total_cents, charging.taken(borne.invoice.total_cents)
    cancel(quiet_ctx, borne, clock.today())
    payment_id = charging.only(quiet_ctx).payment_id
    with database.reading() as session:
        payment = session.get_one(models.Payment, payment_id).number
    told(database, payment, EVENT.WIN, taken, charging.given_back(cents), cents=cents)
    assert free_cents(database, borne) == cents - INSTALLMENT_FEE
    assert losses(quiet_ctx) == charging.FEE
