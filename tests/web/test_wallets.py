"""A card from a phone's wallet: kept, and named so wherever a person reads of it."""

from __future__ import annotations

import pytest
import stripe

from portal.documents import wording
from portal.gateways import stripe_views
from portal.journeys import keep_method
from portal.kernel import labels
from tests.support import autopaying, bills, charging, drafting, forms, paying, people

NAMED = {
    labels.Wallet.APPLE_PAY: "Visa 4242 (Apple Pay)",
    labels.Wallet.GOOGLE_PAY: "Visa 4242 (Google Pay)",
    labels.Wallet.SAMSUNG_PAY: "Visa 4242 (Samsung Pay)",
    labels.Wallet.LINK: "Visa 4242 (Link)",
}


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


@pytest.fixture
def owner(paying_app, bill):
    return people.sign_in(paying_app.test_client(), bill.customer)


def phone_card(sandbox, wallet: str = "apple_pay") -> str:
    """A card that a browser took from a wallet."""
    card = sandbox.card(paying.VISA)
    sandbox.put_in_wallet(card, wallet, dynamic_last4="8888")
    return card


def save(ctx, sandbox, bill, wallet: str = "apple_pay") -> str:
    """Save such a card as far as Stripe; the SetupIntent."""
    begun = keep_method.start(ctx, customer_id=bill.customer.id)
    setup_ref = begun.client_secret.partition("_secret_")[0]
    sandbox.client().v1.setup_intents.confirm(
        setup_ref,
        {"payment_method": phone_card(sandbox, wallet), "return_url": "http://127.0.0.1/"},
    )
    return setup_ref


def pay(ctx, sandbox, bill, *, keeps: bool) -> str:
    """Pay the bill with such a card as far as Stripe; the payment's number."""
    begun = paying.begin(ctx, bill.customer, save=keeps)
    sandbox.client().v1.payment_intents.confirm(
        begun.client_secret.partition("_secret_")[0],
        {"payment_method": phone_card(sandbox), "return_url": "http://127.0.0.1/"},
    )
    return begun.number


def view(wallet):
    """What the gateway makes of a card of Stripe's."""
    card = {"brand": "visa", "last4": "4242", "exp_month": 1, "exp_year": 2030, "wallet": wallet}
    method = {"id": "pm_1", "object": "payment_method", "type": "card", "card": card}
    return stripe_views.method(stripe.PaymentMethod.construct_from(method, "sk_test_x"))


@pytest.mark.parametrize("wallet", labels.Wallet)
def test_each_wallet_is_kept_and_has_a_name(wallet):
    card = view({"type": str(wallet), "dynamic_last4": None, str(wallet): {}})
    assert card.wallet is wallet
    assert wording.method(labels.of_method(card)) == NAMED[wallet]


@pytest.mark.parametrize(
    "wallet", [None, {"type": "purse"}, {"type": None}, {"type": "masterpass"}]
)
def test_a_typed_card_and_a_wallet_that_came_later_are_plain_cards(wallet):
    card = view(wallet)
    assert card.wallet is None
    assert wording.method(labels.of_method(card)) == "Visa 4242"


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("link", "Link"),
        ("CREDIT UNION LINK", "Credit Union Link"),
        ("STRIPE TEST BANK 6789", "Stripe Test Bank 6789"),
        (f"{labels.PAYER}Ana apple_pay", "Ana apple_pay"),
    ],
)
def test_what_only_looks_like_a_wallet_keeps_its_name(label, name):
    assert wording.method(label) == name


@pytest.mark.parametrize("wallet", labels.Wallet)
def test_the_page_that_stripe_leads_back_to_keeps_the_wallet(ctx, sandbox, owner, bill, wallet):
    setup_ref = save(ctx, sandbox, bill, wallet)
    answer = owner.get(f"/payment-methods/added?setup_intent={setup_ref}")
    assert answer.status_code == 303
    assert NAMED[wallet] in owner.get("/payment-methods").get_data(as_text=True)
    assert NAMED[wallet] in paying.mail(ctx, "method_added")


@pytest.mark.parametrize("lang", ["en", "es"])
def test_a_webhook_keeps_the_wallet_and_every_page_names_it(
    ctx, sandbox, owner, paying_app, database, bill, lang
):
    save(ctx, sandbox, bill)
    charging.hear(ctx, sandbox)
    method = paying.newest_method(ctx, bill.customer)
    desk = people.sign_in(paying_app.test_client(), people.make_staff(database))
    pages = (
        (owner, "/pay?"),
        (owner, "/payment-methods?"),
        (owner, f"/payment-methods/{method}?"),
        (owner, f"/autopay/{bill.policy.number}?"),
        (desk, f"/desk/customers/{bill.customer.number}?"),
    )
    for reader, page in pages:
        html = reader.get(f"{page}lang={lang}").get_data(as_text=True)
        assert "Visa 4242 (Apple Pay)" in html, page
        assert "8888" not in html, page


def test_what_autopay_will_take_names_it(ctx, sandbox, owner, bill):
    save(ctx, sandbox, bill)
    charging.hear(ctx, sandbox)
    method = paying.newest_method(ctx, bill.customer)
    other = autopaying.card(ctx.database, bill.customer, last4="1111")
    autopaying.join(ctx, bill, method, backup=other)
    assert "Visa 4242 (Apple Pay)" in paying.mail(ctx, "autopay_joined")
    assert "Visa 1111" in paying.mail(ctx, "autopay_joined")
    for page in ("/autopay", f"/autopay/{bill.policy.number}", "/payments"):
        html = owner.get(page).get_data(as_text=True)
        assert "Visa 4242 (Apple Pay)" in html, page


def test_a_draft_is_charged_to_it_and_its_payment_names_it(ctx, sandbox, owner, bill):
    save(ctx, sandbox, bill)
    charging.hear(ctx, sandbox)
    drafting.plan(ctx, bill, paying.newest_method(ctx, bill.customer))
    assert "Visa 4242 (Apple Pay)" in owner.get("/payments").get_data(as_text=True)
    assert drafting.collect(ctx) == {"charged": 1}
    assert "Visa 4242 (Apple Pay)" in paying.mail(ctx, "receipt")
    paying.assert_books(ctx)


@pytest.mark.parametrize(
    ("language", "says"),
    [("en", "We received your payment"), ("es", "Recibimos")],
)
def test_a_payment_and_its_receipt_name_it(
    ctx, sandbox, paying_app, database, bill, language, says
):
    with database.unit_of_work() as session:
        session.get_one(type(bill.customer), bill.customer.id).language = language
    number = pay(ctx, sandbox, bill, keeps=True)
    owner = people.sign_in(paying_app.test_client(), bill.customer)
    assert "Visa 4242 (Apple Pay)" in owner.get(f"/pay/{number}").get_data(as_text=True)
    charging.hear(ctx, sandbox)
    receipt = paying.mail(ctx, "receipt")
    assert says in receipt
    assert "Visa 4242 (Apple Pay)" in receipt
    assert paying.row(ctx, number).method_label == "visa 4242 apple_pay"
    desk = people.sign_in(paying_app.test_client(), people.make_staff(database))
    pages = (
        (owner, f"/payments/{number}"),
        (owner, "/payments"),
        (owner, "/payment-methods"),
        (desk, f"/desk/payments/{number}"),
    )
    for reader, page in pages:
        assert "Visa 4242 (Apple Pay)" in reader.get(page).get_data(as_text=True), page
    paying.assert_books(ctx)


def test_a_payment_that_keeps_nothing_names_it_all_the_same(ctx, sandbox, owner, bill):
    number = pay(ctx, sandbox, bill, keeps=False)
    charging.hear(ctx, sandbox)
    assert "Visa 4242 (Apple Pay)" in owner.get(f"/payments/{number}").get_data(as_text=True)
    assert "Visa 4242" not in owner.get("/payment-methods").get_data(as_text=True)


def test_the_newest_word_of_stripe_counts(ctx, sandbox, owner, bill):
    setup_ref = save(ctx, sandbox, bill)
    charging.hear(ctx, sandbox)
    method = sandbox.client().v1.setup_intents.retrieve(setup_ref).payment_method
    sandbox.put_in_wallet(method, "google_pay")
    charging.hear(ctx, sandbox)
    html = owner.get("/payment-methods").get_data(as_text=True)
    assert "Visa 4242 (Google Pay)" in html
    assert "Apple Pay" not in html


def test_removing_it_asks_by_its_name(ctx, sandbox, owner, bill):
    save(ctx, sandbox, bill)
    charging.hear(ctx, sandbox)
    method = paying.newest_method(ctx, bill.customer)
    forms.post(owner, f"/payment-methods/{method}", to=f"/payment-methods/{method}/remove")
    assert "Visa 4242 (Apple Pay)" in paying.mail(ctx, "method_removed")
