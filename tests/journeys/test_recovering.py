"""Events of an outage, taken in after it although newer ones have come already."""

from __future__ import annotations

import sqlalchemy as sa

from portal.journeys import stripe_events
from tests.support import bills, charging, jobs, paying


def chargebacks(ctx):
    """How many chargebacks are known here."""
    with ctx.database.reading() as session:
        return session.scalar(sa.text("SELECT count(*) FROM chargeback"))


def test_events_of_an_outage_are_recovered_after_newer_ones_have_come(ctx, sandbox, clock):
    bill = bills.make_bill(ctx.database)
    number = charging.pay(ctx, sandbox, bill.customer)
    charging.hear(ctx, sandbox)
    sandbox.open_dispute(paying.row(ctx, number).charge_ref)
    missed = {hook.event_id for hook in sandbox.pending_webhooks()}
    sandbox.advance(days=2)
    clock.set(clock.now().replace(day=26))
    other = bills.make_bill(ctx.database)
    charging.pay(ctx, sandbox, other.customer)
    for hook in sandbox.pending_webhooks():
        if hook.event_id not in missed:
            paying.receive(ctx, hook)
    jobs.run_all(ctx)
    assert chargebacks(ctx) == 0
    assert stripe_events.recover(ctx) == len(missed)
    jobs.run_all(ctx)
    assert chargebacks(ctx) == 1
    paying.assert_books(ctx)
