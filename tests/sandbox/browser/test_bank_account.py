"""The Payment Element's tab for bank accounts in Chromium, and the page for small deposits."""

import playwright.sync_api as playwright
import stripe

from tests.support import sandbox as sandboxes

FRAME = 'iframe[title="Secure payment input frame"]'
expect = playwright.expect


def open_tab(page: playwright.Page, name: str = "US bank account") -> playwright.FrameLocator:
    frame = page.frame_locator(FRAME)
    frame.get_by_role("tab", name=name).click()
    return frame


def fill_account(
    page: playwright.Page, number: str = sandboxes.GOOD_ACCOUNT
) -> playwright.FrameLocator:
    frame = open_tab(page)
    for name, value in (
        ("accountHolderName", "Dana Reyes"),
        ("email", "dana@example.com"),
        ("routingNumber", "110000000"),
        ("accountNumber", number),
    ):
        frame.locator(f"input[name={name}]").fill(value)
    return frame


def payment(client: stripe.StripeClient, **more: object) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create({"amount": 6244, "currency": "usd", **more})


def test_the_test_bank_pays(site: str, page: playwright.Page, client: stripe.StripeClient) -> None:
    intent = payment(client)
    page.goto(f"{site}/?secret={intent.client_secret}")
    frame = open_tab(page)
    expect(frame.locator("#mandate")).to_contain_text("debit this account once")
    frame.get_by_label("Full name").fill("Dana Reyes")
    frame.get_by_label("Email").fill("dana@example.com")
    frame.get_by_role("button", name="Use the test bank").click()
    expect(page.locator("#events")).to_contain_text("change:true")
    page.locator("#pay").click()
    expect(page.locator("#result")).to_have_text("processing")
    sent = client.v1.payment_intents.retrieve(intent.id, {"expand": ["payment_method"]})
    assert sent.payment_method.billing_details.name == "Dana Reyes"
    charge = client.v1.charges.retrieve(sent.latest_charge)
    details = charge.payment_method_details.us_bank_account
    online = client.v1.mandates.retrieve(details.mandate).customer_acceptance.online
    assert "Chrom" in online.user_agent


def test_the_page_never_hears_the_account(
    site: str, page: playwright.Page, client: stripe.StripeClient
) -> None:
    page.goto(f"{site}/?secret={payment(client).client_secret}")
    fill_account(page)
    page.locator("#pay").click()
    expect(page.locator("#result")).to_have_text("processing")
    heard = page.locator("body").get_attribute("data-heard") or ""
    assert "hello" in heard
    assert sandboxes.GOOD_ACCOUNT not in heard


def test_an_account_is_saved_for_later(
    site: str, page: playwright.Page, client: stripe.StripeClient
) -> None:
    customer = client.v1.customers.create()
    setup = client.v1.setup_intents.create({"customer": customer.id})
    page.goto(f"{site}/?mode=setup&secret={setup.client_secret}")
    frame = fill_account(page)
    expect(frame.locator("#mandate")).to_contain_text("now and later")
    page.locator("#pay").click()
    expect(page.locator("#result")).to_have_text("succeeded")
    saved = client.v1.setup_intents.retrieve(setup.id, {"expand": ["mandate"]})
    assert (saved.mandate.status, saved.mandate.type) == ("active", "multi_use")


def test_small_deposits_are_told_on_the_hosted_page(
    site: str, page: playwright.Page, client: stripe.StripeClient
) -> None:
    intent = payment(client)
    page.goto(f"{site}/?secret={intent.client_secret}")
    frame = fill_account(page)
    frame.locator("select[name=verification]").select_option("microdeposits")
    page.locator("#pay").click()
    expect(page.locator("#result")).to_have_text("requires_action")
    waiting = client.v1.payment_intents.retrieve(intent.id)
    page.goto(waiting.next_action.verify_with_microdeposits.hosted_verification_url)
    page.get_by_label("First amount").fill("31")
    page.get_by_label("Second amount").fill("45")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("alert")).to_contain_text("You can try 9 more times.")
    page.get_by_label("First amount").fill("32")
    page.get_by_label("Second amount").fill("45")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("Your bank account is verified.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert client.v1.payment_intents.retrieve(intent.id).status == "processing"


def test_the_page_may_tell_small_deposits_itself(
    site: str, page: playwright.Page, client: stripe.StripeClient
) -> None:
    options = {"us_bank_account": {"verification_method": "microdeposits"}}
    intent = payment(client, payment_method_options=options)
    page.goto(f"{site}/?secret={intent.client_secret}")
    fill_account(page)
    page.locator("#pay").click()
    expect(page.locator("#result")).to_have_text("requires_action")
    tell = "([secret, amounts]) => stripe.verifyMicrodepositsForPayment(secret, {amounts})"
    wrong = page.evaluate(tell, [intent.client_secret, [1, 2]])
    assert "amounts_mismatch" in wrong["error"]["code"]
    right = page.evaluate(tell, [intent.client_secret, [32, 45]])
    assert right["paymentIntent"]["status"] == "processing"


def test_what_is_wrong_is_said_beside_the_field(site: str, page: playwright.Page) -> None:
    page.goto(f"{site}/?secret=pi_1_secret_2")
    for name, value, code in (
        ("accountHolderName", "", "incomplete_name"),
        ("email", "dana", "incomplete_email"),
        ("routingNumber", "11000", "incomplete_routing_number"),
        ("routingNumber", "110000001", "invalid_routing_number"),
        ("accountNumber", "12", "incomplete_account_number"),
    ):
        page.evaluate("result.textContent = ''")
        frame = fill_account(page)
        frame.locator(f"input[name={name}]").fill(value)
        page.locator("#pay").click()
        expect(page.locator("#result")).to_have_text(f"validation_error {code}")
        expect(frame.locator(f"input[name={name}]")).to_be_focused()


def test_an_account_that_is_no_test_account_is_refused(
    site: str, page: playwright.Page, client: stripe.StripeClient
) -> None:
    page.goto(f"{site}/?locale=es&secret={payment(client).client_secret}")
    frame = open_tab(page, "Cuenta bancaria")
    frame.get_by_label("Nombre completo").fill("Dana Reyes")
    frame.get_by_label("Correo electrónico").fill("dana@example.com")
    frame.get_by_label("Número de ruta").fill("110000000")
    frame.get_by_label("Número de cuenta").fill("123456")
    page.locator("#pay").click()
    expect(page.locator("#result")).to_contain_text("Use el número de una cuenta de prueba.")


def test_the_server_confirms_with_a_token(
    site: str, page: playwright.Page, client: stripe.StripeClient
) -> None:
    page.goto(site)
    fill_account(page)
    made = page.evaluate(
        """async () => { await elements.submit();
             return stripe.createConfirmationToken({elements,
               params: {return_url: 'https://portal.test/back'}}); }"""
    )
    token = made["confirmationToken"]
    assert token["payment_method_preview"]["us_bank_account"]["last4"] == "6789"
    body = {"amount": 6244, "currency": "usd", "confirm": True, "confirmation_token": token["id"]}
    assert client.v1.payment_intents.create(body).status == "processing"


def test_the_page_may_ask_for_cards_only(site: str, page: playwright.Page) -> None:
    page.goto(f"{site}/?types=card")
    frame = page.frame_locator(FRAME)
    expect(frame.locator("input[name=number]")).to_be_visible()
    expect(frame.get_by_role("tablist")).to_be_hidden()


def test_tabs_are_chosen_by_arrow_keys_and_fit_a_phone(site: str, page: playwright.Page) -> None:
    page.goto(site)
    frame = page.frame_locator(FRAME)
    frame.get_by_role("tab", name="Card").press("ArrowRight")
    tab = frame.get_by_role("tab", name="US bank account")
    expect(tab).to_be_focused()
    expect(tab).to_have_attribute("aria-selected", "true")
    expect(frame.locator("input[name=number]")).to_be_hidden()
    expect(frame.locator("#mandate")).to_be_visible()
    for name in ("accountHolderName", "email", "routingNumber", "accountNumber"):
        box = frame.locator(f"input[name={name}]").bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert box["x"] + box["width"] <= 320
    expect(frame.locator("#mandate")).to_be_in_viewport()
