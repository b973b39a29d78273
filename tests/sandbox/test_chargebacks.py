"""Chargebacks as the bank opens and ends them: the money they move, the events they send."""

import datetime

import pytest
import requests
import stripe

from tests.support import sandbox as sandboxes

PAY = {
    "amount": 6606,
    "currency": "usd",
    "confirm": True,
    "return_url": "https://portal.test/back",
}


def paid(client: stripe.StripeClient, method: str = "pm_card_visa") -> str:
    """The charge of a payment by that method."""
    return str(client.v1.payment_intents.create({**PAY, "payment_method": method}).latest_charge)


def dispute_of(client: stripe.StripeClient, charge: str) -> stripe.Dispute:
    (dispute,) = client.v1.disputes.list({"charge": charge}).data
    return dispute


def told(client: stripe.StripeClient, object_id: str) -> list[str]:
    """The types of the events about an object, oldest first."""
    every = client.v1.events.list({"limit": 100}).auto_paging_iter()
    return [e.type for e in every if e.data.object["id"] == object_id][::-1]


@pytest.mark.parametrize(
    ("number", "token", "reason", "code"),
    [
        ("4000000000000259", "pm_card_createDispute", "fraudulent", "10.4"),
        (
            "4000000000002685",
            "pm_card_createDisputeProductNotReceived",
            "product_not_received",
            "13.1",
        ),
    ],
)
def test_a_disputed_card_pays_and_is_charged_back_at_once(
    sandbox: sandboxes.Sandbox,
    client: stripe.StripeClient,
    number: str,
    token: str,
    reason: str,
    code: str,
) -> None:
    for method in (sandbox.card(number), token):
        intent = client.v1.payment_intents.create({**PAY, "payment_method": method})
        assert intent.status == "succeeded"
        dispute = dispute_of(client, intent.latest_charge)
        assert (dispute.status, dispute.reason) == ("needs_response", reason)
        assert (dispute.amount, dispute.payment_intent) == (6606, intent.id)
        assert dispute.is_charge_refundable is False
        card = dispute.payment_method_details.card
        assert (card.case_type, card.network_reason_code) == ("chargeback", code)
        charge = client.v1.charges.retrieve(intent.latest_charge)
        assert (charge.disputed, charge.paid, charge.status) == (True, True, "succeeded")


def test_a_chargeback_takes_the_amount_and_its_fee(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    charge = paid(client, "pm_card_createDispute")
    sandbox.advance(2)
    dispute = dispute_of(client, charge)
    (moved,) = client.v1.balance_transactions.list({"source": dispute.id}).data
    assert (moved.amount, moved.fee, moved.net) == (-6606, 1500, -8106)
    assert (moved.type, moved.reporting_category) == ("adjustment", "dispute")
    assert [(one.description, one.amount) for one in moved.fee_details] == [("Dispute fee", 1500)]
    assert [one.id for one in dispute.balance_transactions] == [moved.id]
    pending = client.v1.balance.retrieve().pending[0].amount
    assert pending == 6606 - 222 - 8106
    assert told(client, dispute.id) == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
    ]


def test_the_payment_succeeds_before_it_is_charged_back(client: stripe.StripeClient) -> None:
    paid(client, "pm_card_createDispute")
    types = [event.type for event in client.v1.events.list({"limit": 4}).data]
    assert types == [
        "charge.dispute.funds_withdrawn",
        "charge.dispute.created",
        "payment_intent.succeeded",
        "charge.succeeded",
    ]


def test_an_inquiry_moves_no_money(sandbox: sandboxes.Sandbox, client: stripe.StripeClient) -> None:
    charge = paid(client, sandbox.card("4000000000001976"))
    dispute = dispute_of(client, charge)
    assert dispute.status == "warning_needs_response"
    assert dispute.payment_method_details.card.case_type == "inquiry"
    assert (dispute.is_charge_refundable, dispute.balance_transactions) == (True, [])
    assert client.v1.balance_transactions.list({"source": dispute.id}).data == []
    assert told(client, dispute.id) == ["charge.dispute.created"]


def test_a_bank_may_claim_any_charge_for_any_reason(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    charge = paid(client)
    opened = sandbox.open_dispute(charge, reason="duplicate", amount=2000)
    dispute = client.v1.disputes.retrieve(opened["id"], {"expand": ["charge", "payment_intent"]})
    assert (dispute.reason, dispute.amount) == ("duplicate", 2000)
    assert (dispute.charge.id, dispute.charge.disputed) == (charge, True)
    assert dispute.payment_intent.latest_charge == charge


def test_only_what_was_not_refunded_is_claimed(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    charge = paid(client)
    client.v1.refunds.create({"charge": charge, "amount": 1606})
    assert sandbox.open_dispute(charge)["amount"] == 5000


def test_a_final_claim_is_lost_as_it_opens(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    opened = sandbox.open_dispute(paid(client), reason="debit_not_authorized", final=True)
    assert (opened["status"], opened["evidence_details"]["due_by"]) == ("lost", 0)
    assert told(client, opened["id"]) == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.closed",
    ]


@pytest.mark.parametrize(
    "claim",
    [
        {"reason": "angry"},
        {"amount": 0},
        {"amount": 6607},
        {"amount": 1.5},
        {"inquiry": "yes"},
        {"inquiry": True, "final": True},
        {"because": "fraudulent"},
    ],
)
def test_a_claim_that_no_bank_makes_is_refused(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient, claim: dict[str, object]
) -> None:
    body = {"charge": paid(client), **claim}
    answer = requests.post(f"{sandbox.url}/sandbox/disputes", json=body, timeout=10)
    assert answer.status_code == 400
    assert client.v1.disputes.list().data == []


def test_a_charge_has_one_open_claim_at_a_time(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    charge = paid(client)
    first = sandbox.open_dispute(charge)
    again = {"url": f"{sandbox.url}/sandbox/disputes", "json": {"charge": charge}, "timeout": 10}
    assert requests.post(**again).status_code == 400
    sandbox.settle_dispute(first["id"], "won")
    second = sandbox.open_dispute(charge)
    sandbox.settle_dispute(second["id"], "lost")
    assert requests.post(**again).status_code == 400


def test_a_failed_charge_cannot_be_charged_back(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    with pytest.raises(stripe.CardError):
        paid(client, "pm_card_chargeDeclined")
    charge = client.v1.charges.list().data[0].id
    url = f"{sandbox.url}/sandbox/disputes"
    assert requests.post(url, json={"charge": charge}, timeout=10).status_code == 400


def test_a_won_chargeback_gives_the_amount_back_but_not_the_fee(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    charge = paid(client)
    opened = sandbox.open_dispute(charge)
    sandbox.settle_dispute(opened["id"], "won")
    dispute = client.v1.disputes.retrieve(opened["id"])
    assert (dispute.status, dispute.is_charge_refundable) == ("won", True)
    moved = client.v1.balance_transactions.list({"source": dispute.id}).data
    assert [(one.net, one.reporting_category) for one in moved] == [
        (6606, "dispute_reversal"),
        (-8106, "dispute"),
    ]
    assert told(client, dispute.id)[2:] == [
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
    ]
    assert client.v1.charges.retrieve(charge).disputed is True


def test_a_lost_chargeback_moves_nothing_more(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    opened = sandbox.open_dispute(paid(client))
    sandbox.settle_dispute(opened["id"], "lost")
    assert len(client.v1.disputes.retrieve(opened["id"]).balance_transactions) == 1
    closed = client.v1.events.list({"type": "charge.dispute.closed"}).data[0]
    assert closed.data.object["status"] == "lost"
    assert closed.data.previous_attributes.to_dict() == {"status": "needs_response"}


def test_a_charge_charged_back_cannot_be_refunded_until_it_is_won(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    charge = paid(client)
    opened = sandbox.open_dispute(charge)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create({"charge": charge, "amount": 100})
    assert caught.value.code == "charge_disputed"
    sandbox.settle_dispute(opened["id"], "won")
    assert client.v1.refunds.create({"charge": charge}).status == "succeeded"


def test_a_refund_still_pending_fails_when_the_charge_is_charged_back(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    charge = paid(client, "pm_card_pendingRefund")
    refund = client.v1.refunds.create({"charge": charge})
    assert sandbox.open_dispute(charge)["amount"] == 6606
    failed = client.v1.refunds.retrieve(refund.id)
    assert failed.status == "failed"
    assert failed.failure_reason == "charge_for_pending_refund_disputed"


def test_an_answer_is_due_within_nine_days(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    sandbox.set_clock(datetime.datetime(2026, 3, 2, 15, tzinfo=datetime.UTC))
    opened = sandbox.open_dispute(paid(client))
    due = datetime.datetime.fromtimestamp(opened["evidence_details"]["due_by"], datetime.UTC)
    assert due == datetime.datetime(2026, 3, 10, 23, 59, 59, tzinfo=datetime.UTC)
    sandbox.set_clock(due)
    assert client.v1.disputes.retrieve(opened["id"]).status == "needs_response"
    sandbox.advance(1)
    assert client.v1.disputes.retrieve(opened["id"]).status == "lost"


def test_a_control_lets_the_deadline_pass(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    opened = sandbox.open_dispute(paid(client))
    assert sandbox.expire_dispute(opened["id"])["status"] == "lost"
    sandbox.advance(days=20)
    assert told(client, opened["id"]).count("charge.dispute.closed") == 1


def test_an_inquiry_that_goes_nowhere_is_closed(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    opened = sandbox.open_dispute(paid(client), inquiry=True)
    sandbox.advance(days=119)
    assert client.v1.disputes.retrieve(opened["id"]).status == "warning_needs_response"
    sandbox.advance(days=2)
    assert client.v1.disputes.retrieve(opened["id"]).status == "warning_closed"
    assert client.v1.balance_transactions.list({"type": "adjustment"}).data == []


def test_an_inquiry_becomes_a_chargeback(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    charge = paid(client)
    opened = sandbox.open_dispute(charge, inquiry=True)
    refund = client.v1.refunds.create({"charge": charge, "amount": 600})
    sandbox.advance(days=20)
    sandbox.escalate_dispute(opened["id"])
    dispute = client.v1.disputes.retrieve(opened["id"])
    assert (dispute.status, dispute.is_charge_refundable) == ("needs_response", False)
    assert dispute.payment_method_details.card.case_type == "chargeback"
    assert [one.net for one in dispute.balance_transactions] == [-8106]
    assert dispute.evidence_details.due_by > dispute.created + 20 * 86400
    assert client.v1.refunds.retrieve(refund.id).status == "failed"
    assert told(client, dispute.id) == [
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.funds_withdrawn",
    ]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("settle", {"status": "won"}),
        ("settle", {"status": "charmed"}),
        ("expire", {}),
    ],
)
def test_an_inquiry_ends_only_as_an_inquiry(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient, path: str, body: dict[str, str]
) -> None:
    opened = sandbox.open_dispute(paid(client), inquiry=True)
    url = f"{sandbox.url}/sandbox/disputes/{opened['id']}/{path}"
    assert requests.post(url, json=body, timeout=10).status_code == 400
    assert client.v1.disputes.retrieve(opened["id"]).status == "warning_needs_response"


def test_an_inquiry_refunded_in_full_cannot_become_a_chargeback(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    charge = paid(client)
    opened = sandbox.open_dispute(charge, inquiry=True)
    client.v1.refunds.create({"charge": charge})
    url = f"{sandbox.url}/sandbox/disputes/{opened['id']}/escalate"
    assert requests.post(url, timeout=10).status_code == 400
    assert sandbox.settle_dispute(opened["id"], "warning_closed")["status"] == "warning_closed"
