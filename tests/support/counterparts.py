"""Who answers the tests that Stripe itself must pass too; what they all ask, and wait for."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping

import stripe

from portal.gateways import stripe_api

VARIABLE = "STRIPE_TEST_KEY"
RETURN = {"return_url": "https://portal.test/back"}
NEVER = {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}
_PAUSE_SECONDS = 0.5
_TRIES = 40


def names(environ: Mapping[str, str]) -> list[str]:
    """The sandbox, and Stripe where a key is given. Raises ValueError for one that takes money."""
    key = environ.get(VARIABLE)
    if not key:
        return ["sandbox"]
    if not key.startswith(("sk_test_", "rk_test_")):
        raise ValueError(f"{VARIABLE} is no key of a test account")
    return ["sandbox", "stripe"]


def client(key: str, *, api_base: str = "") -> stripe.StripeClient:
    """The official client at the product's version; without an address, of Stripe itself."""
    return stripe.StripeClient(
        key,
        stripe_version=stripe_api.API_VERSION,
        base_addresses={"api": api_base} if api_base else {},
        max_network_retries=2,
        http_client=stripe.RequestsClient(timeout=(3, 20)),
    )


def fresh_key() -> str:
    """An idempotency key that no run before has used."""
    return f"contract-{uuid.uuid4()}"


def pay(asked: stripe.StripeClient, method: str, **more: object) -> stripe.PaymentIntent:
    """A payment of 62.44, confirmed as it is made."""
    body = {"amount": 6244, "currency": "usd", "payment_method": method, "confirm": True}
    return asked.v1.payment_intents.create({**RETURN, **body, **more})


def pay_unseen(
    asked: stripe.StripeClient, customer: str, method: str, **more: object
) -> stripe.PaymentIntent:
    """The same of a customer who is not there."""
    body = {"amount": 6244, "currency": "usd", "payment_method": method, "confirm": True}
    body |= {"customer": customer, "off_session": True, **NEVER}
    return asked.v1.payment_intents.create({**body, **more})


def told(asked: stripe.StripeClient, type: str, about: str) -> stripe.Event:
    """The event of that type about an object; Stripe writes it a moment after it answered."""
    pause = threading.Event()
    for _ in range(_TRIES):
        for event in asked.v1.events.list({"types": [type], "limit": 100}).data:
            if event.data.object["id"] == about:
                return event
        pause.wait(_PAUSE_SECONDS)
    raise AssertionError(f"no {type} about {about}")
