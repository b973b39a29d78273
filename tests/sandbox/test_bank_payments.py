"""Debits of bank accounts: days on their way, then taken, sent back or charged back."""

import datetime

import pytest
import stripe

from tests.support import sandbox as sandboxes

RETURN = {"return_url": "https://portal.test/back"}
TUESDAY = datetime.datetime(2026, 9, 1, 15, tzinfo=datetime.UTC)
MONDAY = datetime.datetime(2026, 9, 7, tzinfo=datetime.UTC)
MINUTE = datetime.timedelta(minutes=1)


def debited(
    client: stripe.StripeClient, token: str = "success", amount: int = 6244, **more: object
) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create(
        {
            "amount": amount,
            "currency": "usd",
            "payment_method": f"pm_usBankAccount_{token}",
            "mandate_data": sandboxes.ACCEPTED,
            "confirm": True,
            **RETURN,
            **more,
        }
    )


def types(client: stripe.StripeClient, count: int) -> list[str]:
    """The types of the last events, oldest first."""
    return [event.type for event in client.v1.events.list({"limit": count}).data][::-1]


def moved(client: stripe.StripeClient) -> list[tuple[str, int, int]]:
    """Type, amount and fee of every movement, oldest first."""
    found = client.v1.balance_transactions.list({"limit": 100}).data[::-1]
    return [(one.type, one.amount, one.fee) for one in found]


def charge_of(client: stripe.StripeClient, intent_id: str) -> stripe.Charge:
    return client.v1.charges.list({"payment_intent": intent_id}).data[0]


def test_a_debit_is_processing_and_its_money_pending(client: stripe.StripeClient) -> None:
    intent = debited(client)
    assert (intent.status, intent.amount_received) == ("processing", 0)
    charge = client.v1.charges.retrieve(intent.latest_charge, {"expand": ["balance_transaction"]})
    assert (charge.status, charge.paid, charge.id[:3]) == ("pending", False, "py_")
    held = charge.balance_transaction
    assert (held.type, held.reporting_category, held.status) == ("payment", "charge", "pending")
    assert (held.amount, held.fee) == (6244, 50)
    assert client.v1.balance.retrieve().pending[0].amount == 6194
    assert types(client, 3) == [
        "payment_intent.created",
        "charge.pending",
        "payment_intent.processing",
    ]


def test_it_succeeds_four_business_days_later(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    sandbox.set_clock(TUESDAY)
    intent = debited(client)
    sandbox.set_clock(MONDAY - MINUTE)
    assert client.v1.payment_intents.retrieve(intent.id).status == "processing"
    sandbox.set_clock(MONDAY + MINUTE)
    paid = client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert (paid.status, paid.amount_received) == ("succeeded", 6244)
    assert (paid.latest_charge.status, paid.latest_charge.paid) == ("succeeded", True)
    assert types(client, 3) == [
        "mandate.updated",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]
    assert moved(client) == [("payment", 6244, 50)]
    assert client.v1.balance.retrieve().available[0].amount == 6194


@pytest.mark.parametrize(("amount", "fee"), [(50, 0), (6244, 50), (62500, 500), (999999, 500)])
def test_the_fee_is_small_and_capped(client: stripe.StripeClient, amount: int, fee: int) -> None:
    debited(client, amount=amount)
    assert moved(client) == [("payment", amount, fee)]


@pytest.mark.parametrize(
    ("token", "code", "blocked"),
    [
        ("insufficientFunds", "insufficient_funds", None),
        ("accountClosed", "account_closed", "R02"),
        ("debitNotAuthorized", "debit_not_authorized", "R10"),
        ("noAccount", "no_account", "R03"),
    ],
)
def test_a_debit_comes_back(
    sandbox: sandboxes.Sandbox,
    client: stripe.StripeClient,
    token: str,
    code: str,
    blocked: str | None,
) -> None:
    intent = debited(client, token)
    sandbox.advance(days=7)
    failed = client.v1.payment_intents.retrieve(intent.id)
    assert (failed.status, failed.payment_method) == ("requires_payment_method", None)
    error = failed.last_payment_error
    assert (error.code, error.charge) == (code, intent.latest_charge)
    charge = client.v1.charges.retrieve(
        intent.latest_charge, {"expand": ["failure_balance_transaction"]}
    )
    assert (charge.status, charge.failure_code, charge.paid) == ("failed", code, False)
    assert charge.failure_balance_transaction.type == "payment_failure_refund"
    assert moved(client) == [
        ("payment", 6244, 50),
        ("payment_failure_refund", -6244, -50),
        ("stripe_fee", -400, 0),
    ]
    assert client.v1.balance.retrieve().available[0].amount == -400
    account = client.v1.payment_methods.retrieve(error.payment_method.id).us_bank_account
    held = account.status_details.to_dict().get("blocked")
    assert (held or {}).get("network_code") == blocked
    assert "payment_intent.payment_failed" in types(client, 3)


def test_a_blocked_account_is_not_debited_again(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    customer = client.v1.customers.create()
    saved = {"customer": customer.id, "setup_future_usage": "off_session"}
    intent = debited(client, "accountClosed", **saved)
    sandbox.settle_payment(intent.id)
    mandate = charge_of(client, intent.id).payment_method_details.us_bank_account.mandate
    assert client.v1.mandates.retrieve(mandate).status == "inactive"
    body = {"amount": 100, "currency": "usd", "customer": customer.id, "confirm": True, **RETURN}
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.create(
            {**body, "payment_method": intent.payment_method, "off_session": True}
        )
    assert caught.value.code == "payment_method_bank_account_blocked"


def test_a_mandate_for_one_payment_ends_with_it(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    intent = debited(client)
    mandate = charge_of(client, intent.id).payment_method_details.us_bank_account.mandate
    held = client.v1.mandates.retrieve(mandate)
    assert (held.status, held.type, held.single_use.amount) == ("active", "single_use", 6244)
    sandbox.settle_payment(intent.id)
    assert client.v1.mandates.retrieve(mandate).status == "inactive"


def test_an_account_used_once_without_a_customer_is_spent(client: stripe.StripeClient) -> None:
    intent = debited(client)
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        client.v1.payment_intents.create(
            {"amount": 100, "currency": "usd", "payment_method": intent.payment_method}
        )


@pytest.mark.parametrize(
    ("outcome", "status", "code"),
    [
        ({}, "succeeded", None),
        ({"status": "succeeded"}, "succeeded", None),
        ({"status": "failed"}, "requires_payment_method", "insufficient_funds"),
        ({"failure_code": "no_account"}, "requires_payment_method", "no_account"),
    ],
)
def test_a_control_brings_the_outcome_at_once(
    sandbox: sandboxes.Sandbox,
    client: stripe.StripeClient,
    outcome: dict[str, str],
    status: str,
    code: str | None,
) -> None:
    intent = debited(client)
    assert sandbox.settle_payment(intent.id, **outcome)["status"] == status
    sandbox.advance(days=9)
    settled = client.v1.payment_intents.retrieve(intent.id)
    assert settled.status == status
    assert (settled.last_payment_error.code if settled.last_payment_error else None) == code


def test_one_account_stays_processing(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    intent = debited(client, "processing")
    sandbox.advance(days=90)
    assert client.v1.payment_intents.retrieve(intent.id).status == "processing"


def test_what_is_processing_can_be_neither_canceled_nor_refunded(
    client: stripe.StripeClient,
) -> None:
    intent = debited(client)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.cancel(intent.id)
    assert caught.value.code == "payment_intent_unexpected_state"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({"payment_intent": intent.id})
    assert client.v1.payment_intents.retrieve(intent.id).status == "processing"


def test_one_account_charges_back_what_it_paid(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    customer = client.v1.customers.create()
    intent = debited(client, "dispute", customer=customer.id, setup_future_usage="off_session")
    sandbox.advance(days=7)
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"
    (dispute,) = client.v1.disputes.list({"payment_intent": intent.id}).data
    assert (dispute.status, dispute.reason, dispute.amount) == (
        "lost",
        "debit_not_authorized",
        6244,
    )
    assert moved(client)[1:] == [("adjustment", -6244, 1500)]
    mandate = charge_of(client, intent.id).payment_method_details.us_bank_account.mandate
    assert client.v1.mandates.retrieve(mandate).status == "inactive"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "no"}})
    assert "already closed" in str(caught.value)


@pytest.mark.parametrize(
    ("reason", "fee", "mandate_status"),
    [
        ("insufficient_funds", 400, "active"),
        ("incorrect_account_details", 400, "inactive"),
        ("debit_not_authorized", 1500, "inactive"),
    ],
)
def test_a_debit_comes_back_after_it_succeeded(
    sandbox: sandboxes.Sandbox,
    client: stripe.StripeClient,
    reason: str,
    fee: int,
    mandate_status: str,
) -> None:
    customer = client.v1.customers.create()
    intent = debited(client, customer=customer.id, setup_future_usage="off_session")
    sandbox.settle_payment(intent.id)
    dispute = sandbox.open_dispute(intent.latest_charge, reason=reason)
    assert (dispute["status"], dispute["is_charge_refundable"]) == ("lost", False)
    assert moved(client)[-1] == ("adjustment", -6244, fee)
    charge = charge_of(client, intent.id)
    mandate = charge.payment_method_details.us_bank_account.mandate
    assert client.v1.mandates.retrieve(mandate).status == mandate_status
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert caught.value.code == "charge_disputed"


def test_a_debit_that_came_back_for_want_of_funds_is_tried_again(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    customer = client.v1.customers.create()
    saved = {"customer": customer.id, "setup_future_usage": "off_session"}
    intent = debited(client, "insufficientFunds", **saved)
    sandbox.settle_payment(intent.id)
    body = {"payment_method": intent.payment_method, **RETURN}
    again = client.v1.payment_intents.confirm(intent.id, body)
    assert (again.status, again.last_payment_error) == ("processing", None)
    sandbox.settle_payment(intent.id, status="succeeded")
    charges = client.v1.charges.list({"payment_intent": intent.id}).data
    assert [charge.status for charge in charges] == ["succeeded", "failed"]
    paid = client.v1.payment_intents.retrieve(intent.id)
    assert (paid.status, paid.latest_charge) == ("succeeded", charges[0].id)


def test_a_refund_of_a_debit_is_pending_first(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    intent = debited(client)
    sandbox.settle_payment(intent.id)
    refund = client.v1.refunds.create({"payment_intent": intent.id, "amount": 1000})
    assert (refund.status, refund.destination_details.type) == ("pending", "us_bank_transfer")
    assert moved(client)[-1] == ("payment_refund", -1000, 0)
    sandbox.advance(days=3.1)
    assert client.v1.refunds.retrieve(refund.id).status == "succeeded"


def test_a_debit_survives_a_kill(sandbox: sandboxes.Sandbox, client: stripe.StripeClient) -> None:
    intent = debited(client)
    sandbox.restart()
    sandbox.advance(days=7)
    assert sandbox.client().v1.payment_intents.retrieve(intent.id).status == "succeeded"
