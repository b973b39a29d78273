"""Customers and the cards they keep."""

import pytest
import stripe

from tests.support import sandbox as sandboxes


def attached(client: stripe.StripeClient) -> tuple[stripe.Customer, stripe.PaymentMethod]:
    customer = client.v1.customers.create({"email": "maria@demo.test"})
    method = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    return customer, method


def test_a_customer_is_made_changed_and_read(client: stripe.StripeClient) -> None:
    made = client.v1.customers.create(
        {
            "email": "maria@demo.test",
            "name": "Maria",
            "address": {"postal_code": "10001", "country": "US"},
            "metadata": {"customer_no": "CUS-1"},
        }
    )
    client.v1.customers.update(made.id, {"name": "", "phone": "+1 555", "metadata": {"x": "1"}})
    read = client.v1.customers.retrieve(made.id)
    assert (read.name, read.phone, read.email) == (None, "+1 555", "maria@demo.test")
    assert read.address.to_dict()["postal_code"] == "10001"
    assert read.metadata.to_dict() == {"customer_no": "CUS-1", "x": "1"}
    updates = client.v1.events.list({"type": "customer.updated"}).data
    assert updates[0].data.previous_attributes.to_dict()["name"] == "Maria"


def test_a_deleted_customer_loses_its_cards(client: stripe.StripeClient) -> None:
    customer, method = attached(client)
    assert client.v1.customers.delete(customer.id).deleted is True
    assert client.v1.customers.retrieve(customer.id).deleted is True
    assert client.v1.payment_methods.retrieve(method.id).customer is None
    assert client.v1.customers.list().data == []
    for call in (
        lambda: client.v1.customers.update(customer.id, {"name": "x"}),
        lambda: client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id}),
    ):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            call()
        assert caught.value.code == "resource_missing"


def test_customers_are_found_by_mail(client: stripe.StripeClient) -> None:
    wanted = client.v1.customers.create({"email": "a@demo.test"})
    client.v1.customers.create({"email": "b@demo.test"})
    found = client.v1.customers.list({"email": "a@demo.test"})
    assert [one.id for one in found.data] == [wanted.id]


def test_the_default_card_must_be_the_customers(client: stripe.StripeClient) -> None:
    customer, method = attached(client)
    _, foreign = attached(client)
    with pytest.raises(stripe.InvalidRequestError, match="must be attached"):
        client.v1.customers.update(
            customer.id, {"invoice_settings": {"default_payment_method": foreign.id}}
        )
    changed = client.v1.customers.update(
        customer.id,
        {
            "invoice_settings": {"default_payment_method": method.id},
            "expand": ["invoice_settings.default_payment_method"],
        },
    )
    assert changed.invoice_settings.default_payment_method.card.last4 == "4242"


def test_a_card_belongs_to_one_customer(client: stripe.StripeClient) -> None:
    customer, method = attached(client)
    again = client.v1.payment_methods.attach(method.id, {"customer": customer.id})
    assert again.customer == customer.id
    other = client.v1.customers.create()
    with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
        client.v1.payment_methods.attach(method.id, {"customer": other.id})
    events = client.v1.events.list({"type": "payment_method.attached"}).data
    assert len(events) == 1


def test_an_attached_card_can_change_its_expiry(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    _, method = attached(client)
    changed = client.v1.payment_methods.update(
        method.id,
        {
            "card": {"exp_month": 2, "exp_year": 2041},
            "billing_details": {"name": "Maria", "address": {"city": "New York"}},
        },
    )
    assert (changed.card.exp_month, changed.card.exp_year) == (2, 2041)
    assert changed.billing_details.name == "Maria"
    assert client.v1.events.list({"type": "payment_method.updated"}).data
    with pytest.raises(stripe.CardError):
        client.v1.payment_methods.update(method.id, {"card": {"exp_month": 2, "exp_year": 2020}})
    with pytest.raises(stripe.InvalidRequestError, match="must save"):
        client.v1.payment_methods.update(sandbox.card("4242424242424242"), {"metadata": {}})


def test_a_customers_cards_are_listed(client: stripe.StripeClient) -> None:
    customer, first = attached(client)
    second = client.v1.payment_methods.attach("pm_card_mastercard", {"customer": customer.id})
    attached(client)
    by_customer = client.v1.customers.payment_methods.list(customer.id)
    assert [one.id for one in by_customer.data] == [second.id, first.id]
    everywhere = client.v1.payment_methods.list({"customer": customer.id, "type": "card"})
    assert [one.id for one in everywhere.data] == [second.id, first.id]
    one = client.v1.customers.payment_methods.retrieve(customer.id, first.id)
    assert one.card.brand == "visa"


def test_a_customer_may_be_made_with_a_card(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"payment_method": "pm_card_visa"})
    assert len(client.v1.customers.payment_methods.list(customer.id).data) == 1
    with pytest.raises(stripe.CardError):
        client.v1.customers.create({"payment_method": "pm_card_visa_chargeDeclined"})
    assert len(client.v1.customers.list().data) == 1


@pytest.mark.parametrize(
    "metadata",
    [{"k" * 41: "v"}, {"k": "v" * 501}, {f"k{n}": "v" for n in range(51)}],
)
def test_metadata_has_limits(client: stripe.StripeClient, metadata: dict[str, str]) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.customers.create({"metadata": metadata})
