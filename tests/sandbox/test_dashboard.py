"""The page of what the sandbox holds: complete, and harmless whatever it holds."""

import re

import pytest
import requests
import stripe

from tests.support import sandbox as sandboxes

PAY = {
    "amount": 123450,
    "currency": "usd",
    "confirm": True,
    "payment_method": "pm_card_visa",
    "return_url": "https://portal.test/back",
}


def page(sandbox: sandboxes.Sandbox) -> str:
    answer = requests.get(f"{sandbox.url}/sandbox/", timeout=10)
    assert answer.status_code == 200
    return answer.text


def row(text: str, start: str) -> list[str]:
    """The cells of the row that begins with that one."""
    plain = re.sub(r"</?a\b[^>]*>", "", text)
    (found,) = re.findall(rf"<tr><td>{re.escape(start)}</td>(.*?)</tr>", plain, re.DOTALL)
    return re.findall(r"<td[^>]*>(.*?)</td>", found, re.DOTALL)


def test_an_empty_sandbox_says_so(sandbox: sandboxes.Sandbox) -> None:
    text = page(sandbox)
    assert "$0.00 available, $0.00 pending" in text
    for words in ("No payment yet.", "No chargeback yet.", "No payout yet.", "No warning yet."):
        assert words in text


def test_what_moved_money_is_shown(sandbox: sandboxes.Sandbox, client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create(PAY)
    sandbox.advance(days=3)
    payout = sandbox.make_payout()
    dispute = sandbox.open_dispute(intent.latest_charge, reason="duplicate")
    other = client.v1.payment_intents.create(PAY)
    refund = client.v1.refunds.create({"payment_intent": other.id, "amount": 100})
    warning = sandbox.warn_of_fraud(other.latest_charge)
    text = page(sandbox)
    assert row(text, intent.id)[:2] == ["$1,234.50", "succeeded"]
    charge = client.v1.charges.retrieve(other.latest_charge)
    assert row(text, charge.id)[:5] == [
        "$1,234.50",
        "$1.00",
        "succeeded",
        other.id,
        charge.payment_method,
    ]
    moved = client.v1.balance_transactions.list({"payout": payout["id"]}).data
    assert moved == [], "a payout on its way tells nothing yet"
    paid_out = client.v1.charges.retrieve(intent.latest_charge).balance_transaction
    assert row(text, paid_out)[:4] == ["charge", "$1,234.50", "$36.10", "$1,198.40"]
    assert row(text, paid_out)[-2:] == [intent.latest_charge, payout["id"]]
    assert row(text, refund.id)[:3] == ["$1.00", "succeeded", other.id]
    assert row(text, payout["id"])[:2] == ["$1,198.40", "pending"]
    charged_back = row(text, dispute["id"])
    assert charged_back[:3] == ["$1,234.50", "needs_response", "duplicate"]
    assert charged_back[-2].endswith("23:59")
    assert row(text, warning["id"]) == [other.latest_charge, "misc", "yes"]
    assert "$0.00 available, -$1,250.50 pending" in text


def test_customers_and_their_methods_are_shown(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    customer = client.v1.customers.create({"name": "Ana Ruiz", "email": "ana@x.test"})
    card = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    year = card.card.exp_year
    text = page(sandbox)
    assert row(text, customer.id) == ["Ana Ruiz", "ana@x.test"]
    assert row(text, card.id) == ["visa", "4242", f"{card.card.exp_month:02d}/{year}", customer.id]


def test_every_object_can_be_read_whole(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    intent = client.v1.payment_intents.create({**PAY, "description": "<b>Rex</b>"})
    assert f'href="/sandbox/objects/{intent.id}"' in page(sandbox)
    answer = requests.get(f"{sandbox.url}/sandbox/objects/{intent.id}", timeout=10)
    assert "&#34;amount_received&#34;: 123450" in answer.text
    assert "&lt;b&gt;Rex&lt;/b&gt;" in answer.text
    nothing = requests.get(f"{sandbox.url}/sandbox/objects/pi_none", timeout=10)
    assert nothing.status_code == 404


def test_more_than_is_shown_is_counted(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    for _ in range(41):
        client.v1.customers.create()
    assert "the newest 40 of 41" in page(sandbox)


def test_debits_and_their_mandates_are_shown(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    method = {"payment_method": "pm_usBankAccount_success", "mandate_data": sandboxes.ACCEPTED}
    intent = client.v1.payment_intents.create({**PAY, **method})
    charge = client.v1.charges.retrieve(intent.latest_charge)
    mandate = charge.payment_method_details.us_bank_account.mandate
    text = page(sandbox)
    assert row(text, intent.id)[:2] == ["$1,234.50", "processing"]
    assert row(text, mandate) == ["one payment", "active", intent.payment_method]


def test_events_show_whether_they_were_delivered(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    client.v1.customers.create()
    before = client.v1.events.list().data[0].id
    sandbox.hold_webhooks()
    sandbox.register_webhook("http://127.0.0.1:9/hook")
    client.v1.customers.create()
    after = client.v1.events.list().data[0].id
    text = page(sandbox)
    assert row(text, before)[-1] == "nobody asked"
    assert row(text, after)[-1] == "pending"
    sandbox.flush_webhooks()
    assert row(page(sandbox), after)[-1].startswith("pending after 1: ConnectionRefusedError")


def test_what_others_write_is_shown_as_text(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    client.v1.payment_intents.create({**PAY, "description": "<script>alert(1)</script>"})
    sandbox.register_webhook('http://127.0.0.1:9/"><img src=x>')
    text = page(sandbox)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script" not in text
    assert "<img" not in text


def test_an_endpoint_that_never_took_an_event_still_counts(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    sandbox.hold_webhooks()
    endpoint = sandbox.register_webhook("http://127.0.0.1:9/hook")
    client.v1.customers.create()
    client.v1.webhook_endpoints.update(endpoint["id"], {"disabled": True})
    assert sandbox.pending_webhooks() == []
    (event,) = client.v1.events.list({"delivery_success": False}).data
    assert event.pending_webhooks == 1


@pytest.mark.parametrize("path", ["", "?request=req_x"])
def test_the_page_lets_no_script_run(sandbox: sandboxes.Sandbox, path: str) -> None:
    answer = requests.get(f"{sandbox.url}/sandbox/{path}", timeout=10)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
