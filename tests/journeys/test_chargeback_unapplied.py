"""Money of a claimed payment that lies unapplied: it waits with the bank, and goes first."""

from __future__ import annotations

import pytest

from portal.domain.payments import rules
from portal.domain.payments.operations import unapplied
from portal.domain.payments.states import IfLost
from portal.journeys import answer_chargeback
from tests.support import bills, cases, charging, paying, people

AHEAD = 30_00
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
