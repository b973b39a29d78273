"""Every parameter that we send to Stripe is one that the SDK's own types know."""

from __future__ import annotations

import datetime
import operator
import re
import sys

import pytest
import stripe

from portal.gateways import stripe_api

KNOWN = {
    ("post", "/v1/customers"): "CustomerCreateParams",
    ("post", "/v1/payment_intents"): "PaymentIntentCreateParams",
    ("post", "/v1/payment_intents/x/confirm"): "PaymentIntentConfirmParams",
    ("get", "/v1/payment_intents/x"): "PaymentIntentRetrieveParams",
    ("get", "/v1/payment_intents"): "PaymentIntentListParams",
    ("post", "/v1/payment_intents/x/cancel"): "PaymentIntentCancelParams",
    ("post", "/v1/setup_intents"): "SetupIntentCreateParams",
    ("get", "/v1/setup_intents/x"): "SetupIntentRetrieveParams",
    ("get", "/v1/payment_methods/x"): "PaymentMethodRetrieveParams",
    ("get", "/v1/mandates/x"): "MandateRetrieveParams",
    ("post", "/v1/refunds"): "RefundCreateParams",
    ("get", "/v1/refunds/x"): "RefundRetrieveParams",
    ("get", "/v1/refunds"): "RefundListParams",
    ("get", "/v1/disputes/x"): "DisputeRetrieveParams",
    ("post", "/v1/disputes/x"): "DisputeUpdateParams",
    ("get", "/v1/radar/early_fraud_warnings/x"): "radar.EarlyFraudWarningRetrieveParams",
    ("get", "/v1/payouts/x"): "PayoutRetrieveParams",
    ("get", "/v1/balance_transactions"): "BalanceTransactionListParams",
    ("get", "/v1/events"): "EventListParams",
}


class Stopped(Exception):
    """The call was written down; nobody is asked."""


@pytest.fixture
def sent(monkeypatch):
    """Every (method, path, params) that the SDK was about to send."""
    calls: list[tuple[str, str, dict]] = []

    def keep(_self, method, url, params=None, *_rest, **_more):
        calls.append((method, url, dict(params or {})))
        raise Stopped

    monkeypatch.setattr(stripe._api_requestor._APIRequestor, "request", keep)
    return calls


@pytest.fixture
def payments():
    return stripe_api.StripePayments(
        secret_key="sk_test_x",
        publishable_key="pk_test_x",
        webhook_secret="whsec_x",
        api_base="",
        script_url="",
        events=("charge.updated",),
    )


def ask_everything(payments) -> None:
    """Every call of the gateway once."""
    now = datetime.datetime(2026, 11, 24, tzinfo=datetime.UTC)
    asks = (
        lambda: payments.create_customer(key="k", customer_no="CUS", name="N", email="e@x.test"),
        lambda: payments.create_intent(
            key="k",
            amount_cents=1,
            customer_ref="c",
            payment_no="p",
            save_method=True,
            description="d",
        ),
        lambda: payments.confirm_intent(
            key="k", intent_ref="x", method_ref="m", return_url="https://x.test/"
        ),
        lambda: payments.read_intent("x"),
        lambda: payments.find_intent(customer_ref="c", payment_no="p"),
        lambda: payments.cancel_intent("x"),
        lambda: payments.create_setup(key="k", customer_ref="c", setup_id="1"),
        lambda: payments.read_setup("x"),
        lambda: payments.charge_saved(
            key="k",
            amount_cents=1,
            customer_ref="c",
            method_ref="m",
            payment_no="p",
            description="d",
        ),
        lambda: payments.read_method("x"),
        lambda: payments.read_mandate("x"),
        lambda: payments.create_refund(key="k", intent_ref="x", amount_cents=1, refund_no="r"),
        lambda: payments.read_refund("x"),
        lambda: payments.find_refund(intent_ref="x", refund_no="r"),
        lambda: payments.read_chargeback("x"),
        lambda: payments.submit_evidence(
            key="k",
            chargeback_ref="x",
            evidence={
                "uncategorized_text": "w",
                "customer_name": "n",
                "customer_email_address": "e",
                "customer_purchase_ip": "i",
                "access_activity_log": "l",
                "product_description": "p",
                "service_date": "d",
            },
        ),
        lambda: payments.read_warning("x"),
        lambda: payments.read_payout("x"),
        lambda: list(payments.money_moved()),
        lambda: payments.return_fee(charge_ref="py", since=now),
        lambda: list(payments.events_since(now)),
    )
    for ask in asks:
        with pytest.raises(Stopped):
            ask()


def test_every_parameter_is_known_to_the_sdk(sent, payments):
    ask_everything(payments)
    assert {(method, path) for method, path, _ in sent} == KNOWN.keys()
    for method, path, params in sent:
        check(operator.attrgetter(KNOWN[method, path])(stripe.params), params)


def check(kind: type, params: dict) -> None:
    """Every key is one of the TypedDict's, its required ones are there; nested ones likewise."""
    assert set(params) <= set(kind.__annotations__), (kind.__name__, params)
    assert kind.__required_keys__ <= set(params), (kind.__name__, params)
    for name, value in params.items():
        if isinstance(value, dict) and (nested := nested_kind(kind, name)) is not None:
            check(nested, value)


def nested_kind(kind: type, name: str) -> type | None:
    """The TypedDict that a key's annotation names, None for free-form ones like metadata."""
    written = str(kind.__annotations__[name])
    names = re.findall(rf"{kind.__name__}\w+", written)
    return getattr(sys.modules[kind.__module__], names[0]) if names else None


def test_no_call_names_payment_method_types(sent, payments):
    ask_everything(payments)
    assert not any("payment_method_types" in params for _, _, params in sent)
