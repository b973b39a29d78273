"""Money that goes back, fees, and what the balance says about both."""

import pytest
import stripe

from tests.support import sandbox as sandboxes

RETURN = {"return_url": "https://portal.test/back"}


def paid(
    client: stripe.StripeClient, amount: int = 6244, method: str = "pm_card_visa"
) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create(
        {
            "amount": amount,
            "currency": "usd",
            "payment_method": method,
            "confirm": True,
            **RETURN,
        }
    )


@pytest.mark.parametrize(("amount", "fee"), [(50, 31), (6244, 211), (10000, 320), (10017, 320)])
def test_a_charge_settles_a_second_later_with_its_fee(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient, amount: int, fee: int
) -> None:
    intent = paid(client, amount)
    assert client.v1.charges.retrieve(intent.latest_charge).balance_transaction is None
    assert client.v1.balance_transactions.list().data == []
    sandbox.advance(2)
    path = "latest_charge.balance_transaction"
    settled = client.v1.payment_intents.retrieve(intent.id, {"expand": [path]})
    moved = settled.latest_charge.balance_transaction
    assert (moved.amount, moved.fee, moved.net) == (amount, fee, amount - fee)
    assert (moved.type, moved.source, moved.status) == (
        "charge",
        intent.latest_charge,
        "pending",
    )
    assert moved.fee_details[0].amount == fee
    updates = client.v1.events.list({"type": "charge.updated"}).data
    assert [event.data.object["balance_transaction"] for event in updates] == [moved.id]
    assert updates[0].data.previous_attributes.to_dict() == {"balance_transaction": None}


def test_what_the_clock_jumps_over_happens_at_its_own_moment(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    intent = paid(client)
    sandbox.advance(days=30)
    (moved,) = client.v1.balance_transactions.list({"source": intent.latest_charge}).data
    assert moved.created - intent.created in (1, 2)
    assert moved.status == "available"


def test_fees_are_rounded_half_up(sandbox: sandboxes.Sandbox, client: stripe.StripeClient) -> None:
    intent = paid(client, 500)  # 14.5 cents
    sandbox.advance(2)
    moved = client.v1.balance_transactions.list({"source": intent.latest_charge}).data
    assert [one.fee for one in moved] == [45]


def test_money_becomes_available_after_two_days(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    paid(client)
    sandbox.advance(2)
    balance = client.v1.balance.retrieve()
    assert (balance.pending[0].amount, balance.available[0].amount) == (6033, 0)
    sandbox.advance(days=3)
    balance = client.v1.balance.retrieve()
    assert (balance.pending[0].amount, balance.available[0].amount) == (0, 6033)
    assert client.v1.balance_transactions.list().data[0].status == "available"


def test_a_refund_moves_the_balance_without_a_fee(client: stripe.StripeClient) -> None:
    refund = client.v1.refunds.create(
        {"payment_intent": paid(client).id, "amount": 1000, "expand": ["balance_transaction"]}
    )
    moved = refund.balance_transaction
    assert (moved.amount, moved.fee, moved.net, moved.type) == (-1000, 0, -1000, "refund")
    assert moved.source == refund.id


def test_one_card_keeps_its_refund_pending_for_days(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    intent = paid(client, method="pm_card_pendingRefund")
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    assert refund.status == "pending"
    sandbox.advance(days=2.9)
    assert client.v1.refunds.retrieve(refund.id).status == "pending"
    sandbox.advance(days=0.2)
    assert client.v1.refunds.retrieve(refund.id).status == "succeeded"
    assert client.v1.events.list({"type": "refund.updated"}).data[0].data.object["id"] == refund.id


def test_one_card_sends_its_refund_back(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    intent = paid(client, method="pm_card_refundFail")
    refund = client.v1.refunds.create({"payment_intent": intent.id, "amount": 6000})
    assert refund.status == "succeeded"
    sandbox.advance(days=3.1)
    failed = client.v1.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert failed.failure_balance_transaction.amount == 6000
    charge = client.v1.charges.retrieve(intent.latest_charge)
    assert (charge.refunded, charge.amount_refunded) == (False, 0)
    types = [event.type for event in client.v1.events.list({"limit": 3}).data]
    assert types == ["charge.refund.updated", "refund.updated", "refund.failed"]


@pytest.mark.parametrize("status", ["succeeded", "failed"])
def test_a_control_brings_the_outcome_at_once(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient, status: str
) -> None:
    intent = paid(client, method="pm_card_pendingRefund")
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    sandbox.settle_refund(refund.id, status)
    assert client.v1.refunds.retrieve(refund.id).status == status
    sandbox.advance(days=10)
    assert client.v1.refunds.retrieve(refund.id).status == status


def test_balance_transactions_are_listed_by_type(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    intent = paid(client)
    sandbox.advance(2)
    client.v1.refunds.create({"payment_intent": intent.id})
    listed = client.v1.balance_transactions.list({"type": "refund"}).data
    assert [one.amount for one in listed] == [-6244]
    one = client.v1.balance_transactions.retrieve(listed[0].id, {"expand": ["source"]})
    assert one.source.object == "refund"
