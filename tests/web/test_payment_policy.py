"""The content policy of pages that take a card: Stripe's own list, and nothing else."""

from __future__ import annotations

from portal.web.shared import headers
from tests.support import bills, people

STRIPE = {
    "script-src": {"https://js.stripe.com", "https://*.js.stripe.com"},
    "frame-src": {"https://js.stripe.com", "https://*.js.stripe.com", "https://hooks.stripe.com"},
    "connect-src": {"'self'", "https://api.stripe.com"},
}


def parts(policy: str) -> dict[str, set[str]]:
    found = (part.strip().split() for part in policy.split(";"))
    return {name: set(values) for name, *values in found}


def test_the_production_policy_of_a_payment_page_is_stripes_list():
    policy = parts(headers.policy(nonce="abc", payment=True))
    assert policy["script-src"] == STRIPE["script-src"] | {"'nonce-abc'"}
    assert policy["frame-src"] == STRIPE["frame-src"]
    assert policy["connect-src"] == STRIPE["connect-src"]
    assert policy["default-src"] == {"'none'"}
    assert policy["style-src"] == {"'self'"}
    assert "upgrade-insecure-requests" in policy


def test_other_pages_let_nobody_in():
    policy = parts(headers.policy(nonce="abc", payment=False))
    assert policy["script-src"] == {"'nonce-abc'"}
    assert policy["frame-src"] == {"'none'"}
    assert policy["connect-src"] == {"'self'"}


def test_a_wallets_or_banks_window_may_answer_a_payment_page_and_learns_its_site_only(
    app, database
):
    bill = bills.make_bill(database)
    client = people.sign_in(app.test_client(), bill.customer)
    found = client.get("/pay").headers
    assert found["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"
    assert found["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert "payment=*" in found["Permissions-Policy"]
    found = client.get("/home").headers
    assert (found["Cross-Origin-Opener-Policy"], found["Referrer-Policy"]) == (
        "same-origin",
        "same-origin",
    )


def test_only_pages_that_take_a_card_allow_stripe(app, database):
    bill = bills.make_bill(database)
    client = people.sign_in(app.test_client(), bill.customer)
    for path in ("/pay", "/payment-methods/add"):
        assert "js.stripe.com" in client.get(path).headers["Content-Security-Policy"]
    for path in ("/home", "/invoices", "/payment-methods"):
        assert "stripe" not in client.get(path).headers["Content-Security-Policy"]
