"""Every parameter that we send to Stripe is one that the SDK's own types describe."""

from __future__ import annotations

import dataclasses
import datetime
import types

import pytest
import stripe
from stripe.params import radar

from portal.gateways import ports, stripe_api
from tests.support import stripe_params

KNOWN = {
    ("post", "/v1/customers"): stripe.params.CustomerCreateParams,
    ("post", "/v1/payment_intents"): stripe.params.PaymentIntentCreateParams,
    ("post", "/v1/payment_intents/x/confirm"): stripe.params.PaymentIntentConfirmParams,
    ("get", "/v1/payment_intents/x"): stripe.params.PaymentIntentRetrieveParams,
    ("get", "/v1/payment_intents"): stripe.params.PaymentIntentListParams,
    ("post", "/v1/payment_intents/x/cancel"): stripe.params.PaymentIntentCancelParams,
    ("post", "/v1/setup_intents"): stripe.params.SetupIntentCreateParams,
    ("get", "/v1/setup_intents/x"): stripe.params.SetupIntentRetrieveParams,
    ("get", "/v1/payment_methods/x"): stripe.params.PaymentMethodRetrieveParams,
    ("get", "/v1/payment_methods/attached"): stripe.params.PaymentMethodRetrieveParams,
    ("post", "/v1/payment_methods/attached/detach"): stripe.params.PaymentMethodDetachParams,
    ("get", "/v1/mandates/x"): stripe.params.MandateRetrieveParams,
    ("post", "/v1/refunds"): stripe.params.RefundCreateParams,
    ("get", "/v1/refunds/x"): stripe.params.RefundRetrieveParams,
    ("get", "/v1/refunds"): stripe.params.RefundListParams,
    ("get", "/v1/disputes/x"): stripe.params.DisputeRetrieveParams,
    ("post", "/v1/disputes/x"): stripe.params.DisputeUpdateParams,
    ("get", "/v1/radar/early_fraud_warnings/x"): radar.EarlyFraudWarningRetrieveParams,
    ("get", "/v1/payouts/x"): stripe.params.PayoutRetrieveParams,
    ("get", "/v1/balance_transactions"): stripe.params.BalanceTransactionListParams,
    ("get", "/v1/events"): stripe.params.EventListParams,
}
SILENT = {"verify_event"}  # reads what came by itself, and asks nobody
NOW = datetime.datetime(2026, 11, 24, tzinfo=datetime.UTC)
INTENT = {"amount_cents": 1, "customer_ref": "c", "payment_no": "p", "description": "d"}
EVIDENCE = {
    "uncategorized_text": "w",
    "customer_name": "n",
    "customer_email_address": "e",
    "customer_purchase_ip": "i",
    "access_activity_log": "l",
    "product_description": "p",
    "service_date": "d",
}
ASKS = (
    lambda to: to.create_customer(key="k", customer_no="CUS", name="N", email="e@x.test"),
    lambda to: to.create_intent(key="k", save_method=True, **INTENT),
    lambda to: to.create_intent(key="k", save_method=False, **INTENT),
    lambda to: to.confirm_intent(
        key="k", intent_ref="x", method_ref="m", return_url="https://x.test/"
    ),
    lambda to: to.read_intent("x"),
    lambda to: to.find_intent(customer_ref="c", payment_no="p"),
    lambda to: to.cancel_intent("x"),
    lambda to: to.create_setup(key="k", customer_ref="c", setup_id="1"),
    lambda to: to.read_setup("x"),
    lambda to: to.charge_saved(key="k", method_ref="m", **INTENT),
    lambda to: to.read_method("x"),
    lambda to: to.detach_method("attached"),
    lambda to: to.read_mandate("x"),
    lambda to: to.create_refund(key="k", intent_ref="x", amount_cents=1, refund_no="r"),
    lambda to: to.read_refund("x"),
    lambda to: to.find_refund(intent_ref="x", refund_no="r"),
    lambda to: to.read_chargeback("x"),
    lambda to: to.submit_evidence(key="k", chargeback_ref="x", evidence=EVIDENCE),
    lambda to: to.read_warning("x"),
    lambda to: to.read_payout("x"),
    lambda to: list(to.money_moved()),
    lambda to: to.return_fee(charge_ref="py", since=NOW),
    lambda to: list(to.events_since(NOW)),
    lambda to: list(to.events_since(NOW, undelivered=True)),
)


class Stopped(Exception):
    """The call was written down; nobody is asked."""


@dataclasses.dataclass
class Call:
    """What the SDK was about to send."""

    method: str
    path: str
    params: dict
    options: dict


class Noted:
    """A gateway that writes down which of its methods were taken."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.taken = set()

    def __getattr__(self, name):
        self.taken.add(name)
        return getattr(self.gateway, name)


@pytest.fixture
def sent(monkeypatch):
    """Every call; one is answered, for another follows from its answer."""
    calls: list[Call] = []

    def keep(_self, method, url, params=None, options=None, **_more):
        calls.append(Call(method, url, dict(params or {}), dict(options or {})))
        if (method, url) == ("get", "/v1/payment_methods/attached"):
            return types.SimpleNamespace(customer="c")
        raise Stopped

    monkeypatch.setattr(stripe._api_requestor._APIRequestor, "request", keep)
    return calls


@pytest.fixture
def payments():
    return Noted(
        stripe_api.StripePayments(
            secret_key="sk_test_x",
            publishable_key="pk_test_x",
            webhook_secret="whsec_x",
            api_base="",
            script_url="",
            events=("charge.updated",),
        )
    )


def ask_everything(payments):
    """Every call of the gateway, with everything that it may carry."""
    for ask in ASKS:
        with pytest.raises(Stopped):
            ask(payments)


def public(kind):
    """The names of its methods that others call."""
    return {name for name, value in vars(kind).items() if callable(value) and name[0] != "_"}


def test_every_method_of_the_gateway_is_asked(sent, payments):
    ask_everything(payments)
    every = public(ports.PaymentGateway) | public(stripe_api.StripePayments)
    assert payments.taken == every - SILENT


def test_every_parameter_is_as_the_sdk_describes_it(sent, payments):
    ask_everything(payments)
    assert {(call.method, call.path) for call in sent} == KNOWN.keys()
    for call in sent:
        kind = KNOWN[call.method, call.path]
        stripe_params.adapter(kind).validate_python(call.params)


def test_every_post_carries_a_key_that_is_the_same_next_time(sent, payments):
    for _ in range(2):
        ask_everything(payments)
    keys = [call.options.get("idempotency_key") for call in sent if call.method == "post"]
    assert all(keys)
    assert keys[: len(keys) // 2] == keys[len(keys) // 2 :]


def test_no_call_names_payment_method_types(sent, payments):
    ask_everything(payments)
    assert not any("payment_method_types" in call.params for call in sent)
