"""Knows what tests and the demo may have banks do: pay or return debits, end mandates, claim
charges back, warn, renew cards, be paid out to; and which wallet a card came from."""

import typing

import flask

from portal.sandbox import call as calls
from portal.sandbox import store as stores
from portal.sandbox import world as worlds
from portal.sandbox.controls import bodies
from portal.sandbox.objects import (
    chargebacks,
    debit_outcomes,
    early_fraud_warnings,
    mandates,
    payment_methods,
    payouts,
    wallets,
)

Body = bodies.Body


def blueprint(world: worlds.World) -> flask.Blueprint:
    """The routes under ``/sandbox`` for what banks do; JSON in and out."""
    bank = _Bank(world)
    routes = flask.Blueprint("bank", __name__, url_prefix="/sandbox")
    for address, view in (
        ("/payment_intents/<id>/settle", bank.settle_debit),
        ("/mandates/<id>/deactivate", bank.end_mandate),
        ("/disputes", bank.open_dispute),
        ("/disputes/<id>/settle", bank.settle_dispute),
        ("/disputes/<id>/expire", bank.expire_dispute),
        ("/disputes/<id>/escalate", bank.escalate_dispute),
        ("/early_fraud_warnings", bank.warn),
        ("/payment_methods/<id>/renew", bank.renew_card),
        ("/payment_methods/<id>/wallet", bank.put_in_wallet),
        ("/payouts", bank.make_payout),
        ("/payouts/schedule", bank.schedule_payouts),
        ("/payouts/<id>/settle", bank.settle_payout),
    ):
        routes.add_url_rule(address, view.__name__, view, methods=["POST"])
    return routes


class _Bank:
    def __init__(self, world: worlds.World) -> None:
        self._world = world

    def settle_debit(self, id: str) -> Body:
        """Bring the outcome of a debit that is processing, now: its account's own, or another."""
        body = bodies.read("status", "failure_code")
        status = bodies.one_of(body, "status", "succeeded", "failed") if "status" in body else ""
        code = bodies.text(body, "failure_code")
        return self._do(lambda call: debit_outcomes.decide(call, id, status, code))

    def end_mandate(self, id: str) -> Body:
        """Have the customer or the bank take a mandate back."""
        bodies.read()
        return self._do(lambda call: mandates.end(call, id))

    def open_dispute(self) -> Body:
        """Charge back, or only inquire about, a charge for any of Stripe's reasons."""
        body = bodies.read("charge", "reason", "amount", "inquiry", "final")
        claim = chargebacks.Claim(
            reason=bodies.text(body, "reason", "fraudulent"),
            amount_cents=bodies.cents(body, "amount"),
            is_inquiry=bodies.flag(body, "inquiry"),
            is_final=bodies.flag(body, "final"),
        )
        return self._do(lambda call: chargebacks.start(call, _charge(call, body), claim))

    def settle_dispute(self, id: str) -> Body:
        """End a dispute: ``won`` or ``lost``; an inquiry ``warning_closed``."""
        body = bodies.read("status")
        status = bodies.one_of(body, "status", "won", "lost", "warning_closed")
        return self._do(lambda call: chargebacks.decide(call, id, status))

    def expire_dispute(self, id: str) -> Body:
        """Let the deadline for an answer pass."""
        bodies.read()
        return self._do(lambda call: chargebacks.expire(call, id))

    def escalate_dispute(self, id: str) -> Body:
        """Turn an inquiry into a chargeback."""
        bodies.read()
        return self._do(lambda call: chargebacks.escalate(call, id))

    def warn(self) -> Body:
        """Have the bank warn early that a charge may be fraud."""
        body = bodies.read("charge", "fraud_type")
        kind = bodies.text(body, "fraud_type", "misc")
        return self._do(lambda call: early_fraud_warnings.warn(call, _charge(call, body), kind))

    def renew_card(self, id: str) -> Body:
        """Have the bank send a new card for a saved one, as networks tell of by themselves."""
        body = bodies.read("number", "exp_month", "exp_year")
        number = bodies.text(body, "number", "4242424242424242")
        year = int(bodies.number(body, "exp_year", self._world.clock.now().year + 4))
        month = int(bodies.number(body, "exp_month", 12))
        return self._do(
            lambda call: payment_methods.renew(call, id, number=number, month=month, year=year)
        )

    def put_in_wallet(self, id: str) -> Body:
        """Have a card come from a wallet, as one does for which its owner typed nothing."""
        body = bodies.read("type", "dynamic_last4")
        kind = bodies.one_of(body, "type", *wallets.KINDS)
        last4 = bodies.text(body, "dynamic_last4")
        return self._do(lambda call: wallets.hold(call, id, kind, device_last4=last4))

    def make_payout(self) -> Body:
        """Pay out everything that is available."""
        bodies.read()
        return self._do(payouts.make)

    def schedule_payouts(self) -> Body:
        """Pay out every day from the next midnight on, or only when asked."""
        interval = bodies.one_of(bodies.read("interval"), "interval", *payouts.INTERVALS)
        with self._world.store.transaction():
            call = self._world.call()
            self._world.apply_due(call)
            payouts.schedule(call, interval)
        return {"interval": interval}

    def settle_payout(self, id: str) -> Body:
        """Bring a payout's outcome now: ``paid``, or ``failed`` for a reason."""
        body = bodies.read("status", "failure_code")
        status = bodies.one_of(body, "status", "paid", "failed")
        why = bodies.text(body, "failure_code", "could_not_process")
        return self._do(lambda call: payouts.decide(call, id, status, failure_code=why))

    def _do(self, act: typing.Callable[[calls.Call], stores.Record]) -> Body:
        with self._world.store.transaction():
            call = self._world.call()
            self._world.apply_due(call)
            return act(call).document


def _charge(call: calls.Call, body: Body) -> stores.Record:
    return call.load("charge", bodies.text(body, "charge"), param="charge")
