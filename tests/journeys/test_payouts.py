"""Payouts to the bank: posted once, reversed when they come back, and the books stay right."""

from __future__ import annotations

import pytest

from portal.domain.ledger import rules
from portal.gateways import ports
from portal.journeys import follow_payout, stripe_events
from tests.support import bills, charging, jobs, paying

DAYS = 7  # until the balance is available


@pytest.fixture
def taken(ctx, sandbox):
    """What one payment left in the balance, after its fee, in cents; all of it may be paid out."""
    bill = bills.make_bill(ctx.database)
    charging.pay(ctx, sandbox, bill.customer)
    sandbox.advance(days=DAYS)
    charging.hear(ctx, sandbox)
    paying.assert_books(ctx)
    return charging.balance(ctx, "1010")


def bank(ctx) -> tuple[int, int]:
    """What stands at the bank and at Stripe."""
    return charging.balance(ctx, "1000"), charging.balance(ctx, "1010")


def test_a_payout_moves_the_balance_to_the_bank_as_soon_as_it_is_made(ctx, sandbox, taken):
    sandbox.make_payout()
    charging.hear(ctx, sandbox)
    assert bank(ctx) == (taken, 0)
    paying.assert_books(ctx)
    sandbox.advance(days=DAYS)
    assert {hook.type for hook in sandbox.pending_webhooks()} >= {"payout.paid"}
    charging.hear(ctx, sandbox)
    assert bank(ctx) == (taken, 0)
    assert paying.entries(ctx, "payout") == 1
    paying.assert_books(ctx)


def test_a_payout_that_fails_after_it_was_paid_is_reversed_by_its_own_transaction(
    ctx, sandbox, taken
):
    ref = sandbox.make_payout()["id"]
    sandbox.settle_payout(ref, "paid")
    charging.hear(ctx, sandbox)
    sandbox.settle_payout(ref, "failed")
    charging.hear(ctx, sandbox)
    assert bank(ctx) == (0, taken)
    assert (paying.entries(ctx, "payout"), paying.entries(ctx, "payout_returned")) == (1, 1)
    paying.assert_books(ctx)


def test_the_next_payout_takes_along_what_came_back(ctx, sandbox, taken):
    sandbox.settle_payout(sandbox.make_payout()["id"], "failed")
    charging.hear(ctx, sandbox)
    sandbox.make_payout()
    charging.hear(ctx, sandbox)
    assert bank(ctx) == (taken, 0)
    paying.assert_books(ctx)


def test_a_payout_told_twice_and_backwards_is_posted_once(ctx, sandbox, taken):
    ref = sandbox.make_payout()["id"]
    sandbox.settle_payout(ref, "paid")
    sandbox.settle_payout(ref, "failed")
    charging.hear(ctx, sandbox, backwards=True, times=2)
    assert follow_payout.read(ctx, payout_ref=ref, who=charging.WHO) == 0
    assert (paying.entries(ctx, "payout"), paying.entries(ctx, "payout_returned")) == (1, 1)
    assert bank(ctx) == (0, taken)
    paying.assert_books(ctx)


@pytest.mark.parametrize("outcome", ["paid", "failed"])
def test_the_last_event_alone_says_all(ctx, sandbox, taken, outcome):
    sandbox.settle_payout(sandbox.make_payout()["id"], outcome)
    for hook in sandbox.take_webhooks():
        if hook.type == f"payout.{outcome}":
            paying.receive(ctx, hook)
    jobs.run_all(ctx)
    assert bank(ctx) == ((taken, 0) if outcome == "paid" else (0, taken))
    paying.assert_books(ctx)


def test_a_payout_whose_events_never_came_is_recovered(ctx, sandbox, clock, taken):
    ref = sandbox.make_payout()["id"]
    sandbox.settle_payout(ref, "paid")
    assert bank(ctx) == (0, taken)
    clock.set(clock.now().replace(day=30))
    assert stripe_events.recover(ctx) >= 2
    jobs.run_all(ctx)
    assert bank(ctx) == (taken, 0)
    paying.assert_books(ctx)


def test_a_payout_whose_money_is_not_listed_yet_is_read_again(ctx, monkeypatch):
    view = ports.PayoutView(ref="po_1", status="paid", amount_cents=500)
    monkeypatch.setattr(ctx.payments, "read_payout", lambda _ref: view)
    with pytest.raises(ports.GatewayUnknown, match="not listed"):
        follow_payout.read(ctx, payout_ref="po_1", who=charging.WHO)


def test_the_fee_of_a_payout_is_a_cost_of_ours():
    sides = {p.account: p.cents for p in rules.payout_moved(amount_cents=-6_384, fee_cents=25)}
    assert sides == {
        rules.AccountCode.BANK: 6_384,
        rules.AccountCode.PROCESSING_FEES: 25,
        rules.AccountCode.STRIPE_CLEARING: -6_409,
    }
