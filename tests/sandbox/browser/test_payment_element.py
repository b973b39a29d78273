"""The Payment Element in Chromium: typing, validating, paying, declining, authenticating."""

import playwright.sync_api as playwright
import pytest
import requests
import stripe

from tests.sandbox.browser import conftest
from tests.support import sandbox as sandboxes

FRAME = 'iframe[title="Secure payment input frame"]'
expect = playwright.expect


def type_card(
    page: playwright.Page, number: str, *, expiry: str = "12 / 44", cvc: str = "123"
) -> playwright.FrameLocator:
    frame = page.frame_locator(FRAME)
    for name, value in (
        ("number", number),
        ("expiry", expiry),
        ("cvc", cvc),
        ("postalCode", "10001"),
    ):
        frame.locator(f"input[name={name}]").fill(value)
    return frame


def payment(client: stripe.StripeClient, **more: object) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create({"amount": 6244, "currency": "usd", **more})


def test_a_card_pays(site: str, page: playwright.Page, client: stripe.StripeClient) -> None:
    intent = payment(client)
    page.goto(f"{site}/?secret={intent.client_secret}")
    type_card(page, "4242424242424242")
    expect(page.locator("#events")).to_contain_text("ready: change:false change:true")
    page.locator("#pay").click()
    expect(page.locator("#result")).to_have_text("succeeded")
    paid = client.v1.payment_intents.retrieve(intent.id, {"expand": ["payment_method"]})
    assert paid.status == "succeeded"
    assert paid.payment_method.billing_details.address.to_dict()["postal_code"] == "10001"
    assert paid.payment_method.billing_details.address.to_dict()["country"] == "US"


def test_the_page_never_hears_the_card(
    site: str, page: playwright.Page, client: stripe.StripeClient
) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.url} {request.post_data}"))
    page.goto(f"{site}/?secret={payment(client).client_secret}")
    type_card(page, "4242424242424242")
    page.locator("#pay").click()
    expect(page.locator("#result")).to_have_text("succeeded")
    heard = page.locator("body").get_attribute("data-heard") or ""
    assert "hello" in heard
    assert "4242" not in heard
    assert [line for line in sent if "4242424242424242" in line and line.startswith(site)] == []


def test_a_decline_is_told_and_another_card_pays(
    site: str, page: playwright.Page, client: stripe.StripeClient
) -> None:
    page.goto(f"{site}/?secret={payment(client).client_secret}")
    type_card(page, "4000000000009995")
    page.locator("#pay").click()
    expect(page.locator("#result")).to_have_text(
        "card_error card_declined: Your card has insufficient funds."
    )
    type_card(page, "4242424242424242")
    page.locator("#pay").click()
    expect(page.locator("#result")).to_have_text("succeeded")


@pytest.mark.parametrize(
    ("button", "outcome"),
    [
        ("Complete", "succeeded"),
        ("Fail", "invalid_request_error payment_intent_authentication_failure"),
    ],
)
def test_the_bank_asks_in_a_frame(
    site: str, page: playwright.Page, client: stripe.StripeClient, button: str, outcome: str
) -> None:
    page.goto(f"{site}/?secret={payment(client).client_secret}")
    type_card(page, "4000002760003184")
    page.locator("#pay").click()
    challenge = page.frame_locator('iframe[title="Secure authentication frame"]')
    challenge.get_by_role("button", name=button, exact=True).click()
    expect(page.locator("#result")).to_contain_text(outcome)
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_redirect_always_comes_back_with_the_result(
    site: str, page: playwright.Page, client: stripe.StripeClient
) -> None:
    intent = payment(client)
    page.goto(f"{site}/?redirect=always&secret={intent.client_secret}")
    type_card(page, "4242424242424242")
    page.locator("#pay").click()
    page.wait_for_url("**/back?*")
    assert f"payment_intent={intent.id}" in page.url
    assert f"payment_intent_client_secret={intent.client_secret}" in page.url
    assert "redirect_status=succeeded" in page.url


def test_a_card_is_saved_for_later(
    site: str, page: playwright.Page, client: stripe.StripeClient
) -> None:
    customer = client.v1.customers.create()
    setup = client.v1.setup_intents.create({"customer": customer.id})
    page.goto(f"{site}/?mode=setup&secret={setup.client_secret}")
    type_card(page, "4242424242424242")
    page.locator("#pay").click()
    expect(page.locator("#result")).to_have_text("succeeded")
    assert len(client.v1.customers.payment_methods.list(customer.id).data) == 1


def test_elements_may_be_given_the_secret(
    site: str, page: playwright.Page, client: stripe.StripeClient
) -> None:
    page.goto(f"{site}/?given={payment(client).client_secret}")
    type_card(page, "4242424242424242")
    page.locator("#pay").click()
    expect(page.locator("#result")).to_have_text("succeeded")


def test_another_amount_than_shown_is_refused(
    site: str, page: playwright.Page, client: stripe.StripeClient
) -> None:
    intent = payment(client)
    page.goto(f"{site}/?amount=100&secret={intent.client_secret}")
    type_card(page, "4242424242424242")
    page.locator("#pay").click()
    expect(page.locator("#result")).to_contain_text("amount (6244) is not the one")
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_payment_method"


def test_what_is_wrong_is_said_beside_the_field(site: str, page: playwright.Page) -> None:
    page.goto(f"{site}/?secret=pi_1_secret_2")
    for number, expiry, cvc, code, words in (
        ("4242", "12 / 44", "123", "incomplete_number", "Your card number is incomplete."),
        ("4242424242424241", "12 / 44", "123", "invalid_number", "is invalid"),
        ("4242424242424242", "1", "123", "incomplete_expiry", "expiration date is incomplete"),
        ("4242424242424242", "12 / 19", "123", "invalid_expiry_year_past", "in the past"),
        ("4242424242424242", "12 / 44", "1", "incomplete_cvc", "security code is incomplete"),
        ("378282246310005", "12 / 44", "123", "incomplete_cvc", "security code is incomplete"),
    ):
        page.evaluate("result.textContent = ''")
        frame = type_card(page, number, expiry=expiry, cvc=cvc)
        page.locator("#pay").click()
        expect(page.locator("#result")).to_have_text(f"validation_error {code}")
        expect(frame.locator(".error:not(:empty)")).to_contain_text(words)
        expect(frame.locator("input[aria-invalid=true]")).to_be_focused()


def test_the_number_is_grouped_while_it_is_typed(site: str, page: playwright.Page) -> None:
    page.goto(site)
    number = page.frame_locator(FRAME).locator("input[name=number]")
    number.press_sequentially("4242424242424242")
    expect(number).to_have_value("4242 4242 4242 4242")
    number.fill("")
    number.press_sequentially("378282246310005")
    expect(number).to_have_value("3782 822463 10005")
    expiry = page.frame_locator(FRAME).locator("input[name=expiry]")
    expiry.press_sequentially("344")
    expect(expiry).to_have_value("03 / 44")


def test_spanish_is_spoken_when_asked(
    site: str, page: playwright.Page, client: stripe.StripeClient
) -> None:
    page.goto(f"{site}/?locale=es&secret={payment(client).client_secret}")
    frame = page.frame_locator(FRAME)
    expect(frame.get_by_label("Número de tarjeta")).to_be_visible()
    type_card(page, "4000000000000002")
    page.locator("#pay").click()
    expect(page.locator("#result")).to_contain_text("Su tarjeta ha sido rechazada.")


def test_a_wrong_secret_is_a_load_error(site: str, page: playwright.Page) -> None:
    page.goto(f"{site}/?given=pi_1_secret_2")
    expect(page.locator("#events")).to_contain_text("loaderror:resource_missing")


@pytest.mark.parametrize(("button", "outcome"), [("Complete", "succeeded"), ("Fail", "failure")])
def test_a_saved_card_is_confirmed_without_a_form(
    site: str, page: playwright.Page, client: stripe.StripeClient, button: str, outcome: str
) -> None:
    intent = payment(client, payment_method="pm_card_authenticationRequired")
    page.goto(site)
    page.evaluate(
        """secret => { stripe.confirmPayment({clientSecret: secret, redirect: 'if_required'})
             .then(({paymentIntent, error}) => {
               result.textContent = paymentIntent?.status ?? error.code; }); }""",
        intent.client_secret,
    )
    challenge = page.frame_locator('iframe[title="Secure authentication frame"]')
    challenge.get_by_role("button", name=button).click()
    expect(page.locator("#result")).to_contain_text(outcome)


def test_a_next_step_left_by_the_server_is_taken(
    site: str, page: playwright.Page, client: stripe.StripeClient
) -> None:
    intent = payment(
        client,
        payment_method="pm_card_authenticationRequired",
        confirm=True,
        automatic_payment_methods={"enabled": True, "allow_redirects": "never"},
    )
    page.goto(site)
    page.evaluate(
        """secret => { stripe.handleNextAction({clientSecret: secret})
             .then(({paymentIntent}) => { result.textContent = paymentIntent.status; }); }""",
        intent.client_secret,
    )
    challenge = page.frame_locator('iframe[title="Secure authentication frame"]')
    challenge.get_by_role("button", name="Complete").click()
    expect(page.locator("#result")).to_have_text("succeeded")
    again = page.evaluate("secret => stripe.retrievePaymentIntent(secret)", intent.client_secret)
    assert again["paymentIntent"]["status"] == "succeeded"


def test_the_bank_page_on_its_own_leads_back(
    site: str, page: playwright.Page, client: stripe.StripeClient
) -> None:
    intent = payment(
        client,
        payment_method="pm_card_authenticationRequired",
        confirm=True,
        return_url=f"{site}/back",
    )
    page.goto(intent.next_action.redirect_to_url.url)
    page.get_by_role("button", name="Fail").click()
    page.wait_for_url("**/back?*redirect_status=failed")


def test_paying_before_submitting_is_a_mistake_of_the_page(
    site: str, page: playwright.Page, client: stripe.StripeClient
) -> None:
    page.goto(site)
    told = page.evaluate(
        """secret => stripe.confirmPayment({elements, clientSecret: secret,
             redirect: 'if_required'}).catch(error => `${error.name}: ${error.message}`)""",
        payment(client).client_secret,
    )
    assert "IntegrationError: confirm: call elements.submit() first." in told


def test_the_public_address_works_when_routed_to_the_sandbox(
    sandbox: sandboxes.Sandbox,
    public_site: str,
    page: playwright.Page,
    client: stripe.StripeClient,
) -> None:
    sandboxes.route_public_host(page, sandbox)
    page.goto(f"{public_site}/?secret={payment(client).client_secret}")
    type_card(page, "4000002760003184")
    page.locator("#pay").click()
    challenge = page.frame_locator('iframe[title="Secure authentication frame"]')
    challenge.get_by_role("button", name="Complete").click()
    expect(page.locator("#result")).to_have_text("succeeded")


def test_the_frame_fits_and_has_large_targets(site: str, page: playwright.Page) -> None:
    page.goto(site)
    frame = page.frame_locator(FRAME)
    expect(frame.locator("input[name=postalCode]")).to_be_visible()
    for name in ("number", "expiry", "cvc", "postalCode"):
        box = frame.locator(f"input[name={name}]").bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert box["x"] + box["width"] <= 320
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_scripts_and_frames_are_served_plainly(sandbox: sandboxes.Sandbox) -> None:
    for path in ("/dahlia/stripe.js", "/v3/stripe.js", "/frames/payment.js"):
        answer = requests.get(f"{sandbox.url}{path}", timeout=5)
        assert answer.ok
        assert "javascript" in answer.headers["Content-Type"]
    assert conftest.PUBLIC_HOST not in requests.get(f"{sandbox.url}/x/stripe.js", timeout=5).text
