"""Knows the parts that make one sandbox and how they start and stop; serves nothing itself."""

import pathlib

from portal.sandbox import call as calls
from portal.sandbox import clock as clocks
from portal.sandbox import deliveries, due
from portal.sandbox import store as stores
from portal.sandbox.objects import (
    balance,
    chargebacks,
    charges,
    confirmation_tokens,
    customer_sessions,
    customers,
    debit_outcomes,
    disputes,
    early_fraud_warnings,
    events,
    expand,
    mandates,
    microdeposits,
    payment_intents,
    payment_methods,
    payouts,
    refunds,
    setup_intents,
    webhook_endpoints,
)
from portal.sandbox.wire import api, faults

ROUTES = (
    *customers.ROUTES,
    *payment_methods.ROUTES,
    *payment_intents.ROUTES,
    *setup_intents.ROUTES,
    *microdeposits.ROUTES,
    *mandates.ROUTES,
    *confirmation_tokens.ROUTES,
    *customer_sessions.ROUTES,
    *charges.ROUTES,
    *refunds.ROUTES,
    *disputes.ROUTES,
    *early_fraud_warnings.ROUTES,
    *payouts.ROUTES,
    *balance.ROUTES,
    *events.ROUTES,
    *webhook_endpoints.ROUTES,
)
_DUE: due.Actions = {
    "arrive_payout": payouts.arrive,
    "bring_aftermath": chargebacks.bring_aftermath,
    "end_inquiry": chargebacks.end_inquiry,
    "expire_dispute": chargebacks.pass_deadline,
    "expire_microdeposits": microdeposits.expire,
    "pay_out": payouts.pay_out,
    "return_microdeposits": microdeposits.bounce,
    "review_evidence": chargebacks.review,
    "send_payout": payouts.send,
    "settle_charge": charges.settle,
    "settle_debit": debit_outcomes.settle,
    "settle_refund": refunds.settle,
}


class World:
    """Store, clock, faults and postman of one sandbox."""

    def __init__(self, data_dir: pathlib.Path, real: clocks.RealClock) -> None:
        data_dir.mkdir(parents=True, exist_ok=True)
        self.store = stores.Store(data_dir / "sandbox.sqlite")
        self.clock = clocks.SandboxClock(real)
        with self.store.transaction():
            kept = self.store.setting("clock")
        if kept:
            self.clock.restore(kept)
        self.faults = faults.Faults()
        self.api = api.Api(
            self.store,
            self.clock,
            self.faults,
            before=self._before,
            expand=expand.expand,
        )
        self.postman = deliveries.Postman(self.store, self.call, self.apply_due)
        self.store.on_news = self.postman.nudge

    def call(self) -> calls.Call:
        """A call that nobody asked for: what happens by itself, or by a control."""
        return calls.Call(self.store, self.clock)

    def apply_due(self, call: calls.Call) -> int:
        """Do everything whose time has come; must be called inside a transaction."""
        return due.apply(call, _DUE)

    def keep_clock(self) -> None:
        """Write the clock down so that it outlives a restart."""
        self.store.set("clock", self.clock.state())

    def reset(self) -> None:
        """Forget every object, endpoint, key and fault; follow the machine's time again."""
        with self.store.transaction():
            self.store.clear()
        self.faults.clear()
        self.clock.follow_real()

    def _before(self, call: calls.Call) -> None:
        due.apply(self.call(), _DUE)
