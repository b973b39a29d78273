"""A bank's warning about a charge: it comes at once, moves no money and ends by itself."""

import pytest
import requests
import stripe

from tests.support import sandbox as sandboxes

PAY = {
    "amount": 2500,
    "currency": "usd",
    "confirm": True,
    "return_url": "https://portal.test/back",
}


def paid(client: stripe.StripeClient, method: str = "pm_card_visa") -> str:
    """The charge of a payment by that method."""
    return str(client.v1.payment_intents.create({**PAY, "payment_method": method}).latest_charge)


@pytest.mark.parametrize("method", ["4000000000005423", "pm_card_createIssuerFraudRecord"])
def test_one_card_is_warned_of_at_once(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient, method: str
) -> None:
    charge = paid(client, method if method.startswith("pm_") else sandbox.card(method))
    (warning,) = client.v1.radar.early_fraud_warnings.list({"charge": charge}).data
    assert (warning.actionable, warning.fraud_type) == (True, "misc")
    event = client.v1.events.list({"type": "radar.early_fraud_warning.created"}).data[0]
    assert event.data.object["id"] == warning.id
    held = client.v1.charges.retrieve(charge)
    assert (held.disputed, held.refunded, held.status) == (False, False, "succeeded")
    assert client.v1.disputes.list().data == []


def test_a_bank_may_warn_of_any_charge(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    charge = paid(client)
    warned = sandbox.warn_of_fraud(charge, fraud_type="made_with_lost_card")
    warning = client.v1.radar.early_fraud_warnings.retrieve(
        warned["id"], {"expand": ["charge", "payment_intent"]}
    )
    assert (warning.charge.id, warning.fraud_type) == (charge, "made_with_lost_card")
    by_payment = {"payment_intent": warning.payment_intent.id}
    assert len(client.v1.radar.early_fraud_warnings.list(by_payment).data) == 1


def test_a_full_refund_leaves_nothing_to_do(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    charge = paid(client)
    warning = sandbox.warn_of_fraud(charge)["id"]
    client.v1.refunds.create({"charge": charge, "amount": 100})
    assert client.v1.radar.early_fraud_warnings.retrieve(warning).actionable is True
    client.v1.refunds.create({"charge": charge})
    assert client.v1.radar.early_fraud_warnings.retrieve(warning).actionable is False
    event = client.v1.events.list({"type": "radar.early_fraud_warning.updated"}).data[0]
    assert event.data.previous_attributes.to_dict() == {"actionable": True}


def test_a_chargeback_leaves_nothing_to_do(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    charge = paid(client)
    warning = sandbox.warn_of_fraud(charge)["id"]
    sandbox.open_dispute(charge)
    assert client.v1.radar.early_fraud_warnings.retrieve(warning).actionable is False
    later = sandbox.warn_of_fraud(charge)["id"]
    assert client.v1.radar.early_fraud_warnings.retrieve(later).actionable is False


def test_a_warning_names_a_charge_and_a_known_kind_of_fraud(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    url = f"{sandbox.url}/sandbox/early_fraud_warnings"
    for body in ({"charge": "ch_none"}, {"charge": paid(client), "fraud_type": "mischief"}, {}):
        assert requests.post(url, json=body, timeout=10).status_code == 400
    assert client.v1.radar.early_fraud_warnings.list().data == []
