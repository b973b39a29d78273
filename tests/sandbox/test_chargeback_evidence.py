"""How a chargeback is answered over the API: staged, sent once, or given up."""

import pytest
import stripe

from tests.support import sandbox as sandboxes

PAY = {
    "amount": 6606,
    "currency": "usd",
    "confirm": True,
    "payment_method": "pm_card_visa",
    "return_url": "https://portal.test/back",
}


@pytest.fixture
def opened(sandbox: sandboxes.Sandbox, client: stripe.StripeClient) -> stripe.Dispute:
    charge = client.v1.payment_intents.create(PAY).latest_charge
    return client.v1.disputes.retrieve(sandbox.open_dispute(charge)["id"])


@pytest.fixture
def inquiry(sandbox: sandboxes.Sandbox, client: stripe.StripeClient) -> stripe.Dispute:
    charge = client.v1.payment_intents.create(PAY).latest_charge
    return client.v1.disputes.retrieve(sandbox.open_dispute(charge, inquiry=True)["id"])


def answer(words: str) -> dict[str, object]:
    return {"evidence": {"uncategorized_text": words}}


def test_evidence_is_staged_and_sent_later(
    client: stripe.StripeClient, opened: stripe.Dispute
) -> None:
    staged = client.v1.disputes.update(
        opened.id, {"evidence": {"customer_name": "Ann"}, "submit": False}
    )
    assert (staged.status, staged.evidence_details.has_evidence) == ("needs_response", True)
    assert staged.evidence_details.submission_count == 0
    sent = client.v1.disputes.update(opened.id, {"submit": True})
    assert (sent.status, sent.evidence.customer_name) == ("under_review", "Ann")
    details = sent.evidence_details
    assert (details.submission_count, details.submission_method) == (1, "manual")
    assert details.past_due is False
    updates = client.v1.events.list({"type": "charge.dispute.updated"}).data
    assert [one.data.object["status"] for one in updates] == ["under_review", "needs_response"]
    assert updates[0].data.previous_attributes["status"] == "needs_response"


def test_an_answer_is_cleared_by_an_empty_string(
    client: stripe.StripeClient, opened: stripe.Dispute
) -> None:
    client.v1.disputes.update(opened.id, {"evidence": {"receipt": "", **NAME}, "submit": False})
    cleared = client.v1.disputes.update(
        opened.id, {"evidence": {"customer_name": ""}, "submit": False}
    )
    assert cleared.evidence.customer_name is None
    assert cleared.evidence_details.has_evidence is False


NAME = {"customer_name": "Ann"}


@pytest.mark.parametrize(("words", "end"), [("winning", "won"), ("losing", "lost")])
def test_test_words_decide_seconds_after_they_are_sent(
    sandbox: sandboxes.Sandbox,
    client: stripe.StripeClient,
    opened: stripe.Dispute,
    words: str,
    end: str,
) -> None:
    sent = client.v1.disputes.update(opened.id, answer(f"{words}_evidence"))
    assert sent.status == "under_review"
    sandbox.advance(6)
    assert client.v1.disputes.retrieve(opened.id).status == end


def test_other_words_stay_under_review_until_the_bank_decides(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient, opened: stripe.Dispute
) -> None:
    client.v1.disputes.update(opened.id, answer("The policy was in force."))
    sandbox.advance(days=60)
    assert client.v1.disputes.retrieve(opened.id).status == "under_review"
    assert sandbox.settle_dispute(opened.id, "won")["status"] == "won"


def test_evidence_is_sent_once(client: stripe.StripeClient, opened: stripe.Dispute) -> None:
    client.v1.disputes.update(opened.id, answer("First."))
    for again in (answer("Second."), {**answer("Second."), "submit": False}, {"submit": True}):
        with pytest.raises(stripe.InvalidRequestError, match="already been submitted"):
            client.v1.disputes.update(opened.id, again)
    held = client.v1.disputes.update(opened.id, {"metadata": {"case": "DSP-1"}})
    assert (held.evidence.uncategorized_text, held.metadata["case"]) == ("First.", "DSP-1")
    assert held.evidence_details.submission_count == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"metadata": {"case": "DSP-1"}},
        {"submit": True},
        {"evidence": {"customer_shoe_size": "42"}},
        {"evidence": {"receipt": "file_none"}},
        {"evidence": {"uncategorized_text": "x" * 20_001}},
        {"evidence": {"customer_name": ""}},
        {"status": "won"},
    ],
)
def test_what_answers_nothing_is_refused(
    client: stripe.StripeClient, opened: stripe.Dispute, body: dict[str, object]
) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.disputes.update(opened.id, body)
    held = client.v1.disputes.retrieve(opened.id)
    assert (held.status, held.metadata.to_dict()) == ("needs_response", {})
    assert held.evidence_details.has_evidence is False


def test_all_answers_together_have_a_greatest_length(
    client: stripe.StripeClient, opened: stripe.Dispute
) -> None:
    long = dict.fromkeys(
        (
            "access_activity_log",
            "billing_address",
            "cancellation_rebuttal",
            "product_description",
            "refund_policy_disclosure",
            "refund_refusal_explanation",
            "service_date",
            "uncategorized_text",
        ),
        "x" * 20_000,
    )
    with pytest.raises(stripe.InvalidRequestError, match="150000"):
        client.v1.disputes.update(opened.id, {"evidence": long})


def test_metadata_may_change_while_an_answer_is_due(
    client: stripe.StripeClient, opened: stripe.Dispute
) -> None:
    body = {"metadata": {"case": "DSP-1"}, "submit": False}
    assert client.v1.disputes.update(opened.id, body).metadata["case"] == "DSP-1"
    assert client.v1.disputes.retrieve(opened.id).status == "needs_response"


def test_giving_up_loses_at_once(client: stripe.StripeClient, opened: stripe.Dispute) -> None:
    assert client.v1.disputes.close(opened.id).status == "lost"
    for late in (
        lambda: client.v1.disputes.close(opened.id),
        lambda: client.v1.disputes.update(opened.id, answer("Too late.")),
    ):
        with pytest.raises(stripe.InvalidRequestError, match="already closed"):
            late()


def test_an_inquiry_cannot_be_given_up(
    client: stripe.StripeClient, inquiry: stripe.Dispute
) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.disputes.close(inquiry.id)


@pytest.mark.parametrize(
    ("words", "end"),
    [
        ("winning_evidence", "warning_closed"),
        ("losing_evidence", "warning_closed"),
        ("escalate_inquiry_evidence", "needs_response"),
        ("Anything else.", "warning_under_review"),
    ],
)
def test_an_answered_inquiry_is_closed_or_escalated(
    sandbox: sandboxes.Sandbox,
    client: stripe.StripeClient,
    inquiry: stripe.Dispute,
    words: str,
    end: str,
) -> None:
    sent = client.v1.disputes.update(inquiry.id, answer(words))
    assert sent.status == "warning_under_review"
    sandbox.advance(6)
    assert client.v1.disputes.retrieve(inquiry.id).status == end


def test_a_late_answer_to_an_inquiry_says_so(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient, inquiry: stripe.Dispute
) -> None:
    sandbox.advance(days=10)
    sent = client.v1.disputes.update(inquiry.id, answer("Late."))
    assert sent.evidence_details.past_due is True


def test_disputes_are_listed_by_charge_payment_and_time(
    client: stripe.StripeClient, opened: stripe.Dispute, inquiry: stripe.Dispute
) -> None:
    for body, wanted in (
        ({}, [inquiry.id, opened.id]),
        ({"charge": opened.charge}, [opened.id]),
        ({"payment_intent": inquiry.payment_intent}, [inquiry.id]),
        ({"created": {"lt": opened.created}}, []),
        ({"limit": 1, "starting_after": inquiry.id}, [opened.id]),
    ):
        assert [one.id for one in client.v1.disputes.list(body).data] == wanted
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.disputes.retrieve("du_none")
    assert caught.value.http_status == 404
