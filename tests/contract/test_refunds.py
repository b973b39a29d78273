"""Money that goes back: in parts, never beyond what was paid, never twice."""

from __future__ import annotations

import pytest
import stripe

from tests.support.counterparts import fresh_key, pay


@pytest.fixture
def paid(client: stripe.StripeClient) -> stripe.PaymentIntent:
    """A payment of 62.44."""
    return pay(client, "pm_card_visa")


def test_a_payment_is_refunded_in_parts_but_never_beyond_it(
    client: stripe.StripeClient, paid: stripe.PaymentIntent
) -> None:
    first = client.v1.refunds.create({"payment_intent": paid.id, "amount": 2000})
    assert (first.status, first.charge) == ("succeeded", paid.latest_charge)
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded") as caught:
        client.v1.refunds.create({"payment_intent": paid.id, "amount": 4245})
    assert (caught.value.http_status, caught.value.param) == (400, "amount")
    client.v1.refunds.create({"charge": paid.latest_charge})
    charge = client.v1.charges.retrieve(paid.latest_charge, {"expand": ["refunds"]})
    assert (charge.refunded, charge.amount_refunded) == (True, 6244)
    assert [one.amount for one in charge.refunds.data] == [4244, 2000]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create({"payment_intent": paid.id})
    assert caught.value.code == "charge_already_refunded"
    listed = client.v1.refunds.list({"payment_intent": paid.id})
    assert [one.amount for one in listed.data] == [4244, 2000]


def test_a_repeated_key_refunds_once(
    client: stripe.StripeClient, paid: stripe.PaymentIntent
) -> None:
    body, options = {"payment_intent": paid.id, "amount": 1000}, {"idempotency_key": fresh_key()}
    first, second = (client.v1.refunds.create(body, options).id for _ in range(2))
    assert first == second
    assert len(client.v1.refunds.list({"payment_intent": paid.id}).data) == 1


@pytest.mark.parametrize("body", [{}, {"amount": 100}, {"payment_intent": "pi_none"}])
def test_a_refund_names_what_it_refunds(
    client: stripe.StripeClient, body: dict[str, object]
) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create(body)


def test_what_was_not_paid_cannot_be_refunded(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create({"amount": 100, "currency": "usd"})
    with pytest.raises(stripe.InvalidRequestError, match="successful charge"):
        client.v1.refunds.create({"payment_intent": intent.id})


@pytest.mark.parametrize("amount", [0, -5])
def test_a_refund_is_positive(
    client: stripe.StripeClient, paid: stripe.PaymentIntent, amount: int
) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({"payment_intent": paid.id, "amount": amount})
    assert client.v1.charges.retrieve(paid.latest_charge).amount_refunded == 0


def test_words_of_a_refund_may_change(
    client: stripe.StripeClient, paid: stripe.PaymentIntent
) -> None:
    refund = client.v1.refunds.create({"payment_intent": paid.id})
    changed = client.v1.refunds.update(refund.id, {"metadata": {"case": "DSP-1"}})
    assert changed.metadata.to_dict() == {"case": "DSP-1"}
