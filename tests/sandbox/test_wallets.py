"""Cards that came from a phone's or browser's wallet, as Stripe describes them."""

import pytest
import requests
import stripe

from portal.sandbox.objects import wallets
from tests.support import sandbox as sandboxes
from tests.support.paying import VISA


def declared(kind: type) -> set[str]:
    """The fields that the library declares for an object."""
    return {name for name in kind.__annotations__ if not name.isupper() and name[0] != "_"}


@pytest.mark.parametrize("kind", wallets.KINDS)
def test_the_method_and_its_charge_name_the_wallet(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient, kind: str
) -> None:
    card = sandbox.card(VISA)
    sandbox.put_in_wallet(card, kind, dynamic_last4="8888")
    held = client.v1.payment_methods.retrieve(card).card
    assert (held.last4, held.wallet.type, held.wallet.dynamic_last4) == ("4242", kind, "8888")
    assert held.wallet.to_dict()[kind] == {}
    assert set(held.wallet.to_dict()) <= declared(stripe.PaymentMethod.Card.Wallet)
    intent = client.v1.payment_intents.create(
        {
            "amount": 2500,
            "currency": "usd",
            "confirm": True,
            "payment_method": card,
            "return_url": "https://portal.test/back",
        }
    )
    charged = client.v1.charges.retrieve(intent.latest_charge).payment_method_details.card
    assert charged.wallet.to_dict() == held.wallet.to_dict()
    assert set(charged.wallet.to_dict()) <= declared(stripe.Charge.PaymentMethodDetails.Card.Wallet)


def test_a_typed_card_has_none(sandbox: sandboxes.Sandbox, client: stripe.StripeClient) -> None:
    assert client.v1.payment_methods.retrieve(sandbox.card(VISA)).card.wallet is None


def test_only_of_a_saved_card_there_is_an_event(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    sandbox.put_in_wallet(sandbox.card(VISA), "link")
    saved = client.v1.payment_methods.attach(
        "pm_card_visa", {"customer": client.v1.customers.create().id}
    )
    sandbox.put_in_wallet(saved.id, "apple_pay")
    (told,) = client.v1.events.list({"type": "payment_method.updated"}).data
    assert told.data.object.card.wallet.type == "apple_pay"
    assert told.data.object.card.wallet.dynamic_last4 is None
    assert told.data.previous_attributes.to_dict() == {"card": {"wallet": None}}


@pytest.mark.parametrize("kind", ["", "purse"])
def test_a_wallet_that_is_none_is_refused(sandbox: sandboxes.Sandbox, kind: str) -> None:
    address = f"{sandbox.url}/sandbox/payment_methods/{sandbox.card(VISA)}/wallet"
    answer = requests.post(address, json={"type": kind}, timeout=20)
    assert answer.status_code == 400
    assert "apple_pay" in answer.json()["error"]["message"]


def test_a_bank_account_is_in_no_wallet(sandbox: sandboxes.Sandbox) -> None:
    address = f"{sandbox.url}/sandbox/payment_methods/{sandbox.bank_account()}/wallet"
    answer = requests.post(address, json={"type": "apple_pay"}, timeout=20)
    assert answer.status_code == 400
