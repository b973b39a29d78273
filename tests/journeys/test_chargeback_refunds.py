"""Refunds that Stripe has and we did not hear of, on a payment that a bank takes back."""

from __future__ import annotations

import pytest

from portal.journeys import recheck_refunds
from tests.journeys import test_chargeback_troubles as troubles
from tests.support import bills, charging, jobs, paying, people

REFUNDED, CLAIMED = 20_00, 46_08


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


@pytest.fixture
def charge(ctx, sandbox, database, bill):
    """The charge of a payment with a refund that Stripe made and whose answer was lost."""
    grace = people.make_staff(database, "specialist", name="Grace Okonjo")
    payment = charging.pay(ctx, sandbox, bill.customer)
    charging.hear(ctx, sandbox)
    troubles.refund(ctx, grace, bill, payment, REFUNDED)
    sandbox.fault("drop_after", "/v1/refunds", times=5)
    jobs.run_all(ctx, only=("send_refund",))
    sandbox.clear_faults()
    assert troubles.refunds(ctx) == [("approved", "")]
    return paying.row(ctx, payment).charge_ref


@pytest.fixture
def late(sandbox, charge):
    """What Stripe says of the refund; it comes last."""
    return sandbox.take_webhooks()


@pytest.mark.parametrize("final", [True, False])
def test_a_refund_that_stripe_had_made_is_not_what_the_bank_paid(
    ctx, sandbox, database, bill, charge, late, final
):
    ref = sandbox.open_dispute(charge, amount=CLAIMED, final=final)["id"]
    troubles.events(ctx, sandbox)
    if not final:
        sandbox.settle_dispute(ref, "lost")
        troubles.events(ctx, sandbox)
    found = charging.only(ctx)
    assert (found.state, found.owed_cents, found.taken_cents) == ("lost", 0, CLAIMED)
    assert troubles.refunds(ctx) == [("succeeded", "")]
    for hook in late:
        paying.receive(ctx, hook)
    sandbox.advance(2)
    charging.hear(ctx, sandbox)
    recheck_refunds.run(ctx)
    assert paying.entries(ctx, "refund_sent") == 1
    assert charging.balance(ctx, "2300") == charging.balance(ctx, "1030") == 0
    paying.assert_books(ctx)


def test_a_refund_that_stripe_had_made_is_found_while_the_bank_claims(ctx, sandbox, charge, late):
    sandbox.open_dispute(charge, amount=CLAIMED)
    troubles.events(ctx, sandbox)
    recheck_refunds.run(ctx)
    assert troubles.refunds(ctx) == [("succeeded", "")]
    assert len(list(sandbox.client().v1.refunds.list({"limit": 5}))) == 1
