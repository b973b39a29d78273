"""The sandbox against the official library's own description of the API."""

import typing

import pytest
import stripe
import stripe.params as described
import stripe.params.radar as radar
import stripe.params.test_helpers as helpers
from stripe.radar import EarlyFraudWarning

from portal.sandbox import world
from portal.sandbox.objects import events, evidence
from tests.support import sandbox as sandboxes

PARAMETERS = {
    ("POST", "/v1/customers"): described.CustomerCreateParams,
    ("POST", "/v1/customers/<id>"): described.CustomerUpdateParams,
    ("GET", "/v1/customers"): described.CustomerListParams,
    ("POST", "/v1/payment_methods"): described.PaymentMethodCreateParams,
    ("POST", "/v1/payment_methods/<id>"): described.PaymentMethodUpdateParams,
    ("GET", "/v1/payment_methods"): described.PaymentMethodListParams,
    ("POST", "/v1/payment_methods/<id>/attach"): described.PaymentMethodAttachParams,
    ("POST", "/v1/payment_intents"): described.PaymentIntentCreateParams,
    ("POST", "/v1/payment_intents/<id>"): described.PaymentIntentUpdateParams,
    ("POST", "/v1/payment_intents/<id>/confirm"): described.PaymentIntentConfirmParams,
    (
        "POST",
        "/v1/payment_intents/<id>/verify_microdeposits",
    ): described.PaymentIntentVerifyMicrodepositsParams,
    ("POST", "/v1/payment_intents/<id>/cancel"): described.PaymentIntentCancelParams,
    ("GET", "/v1/payment_intents"): described.PaymentIntentListParams,
    ("POST", "/v1/setup_intents"): described.SetupIntentCreateParams,
    ("POST", "/v1/setup_intents/<id>"): described.SetupIntentUpdateParams,
    ("POST", "/v1/setup_intents/<id>/confirm"): described.SetupIntentConfirmParams,
    (
        "POST",
        "/v1/setup_intents/<id>/verify_microdeposits",
    ): described.SetupIntentVerifyMicrodepositsParams,
    ("POST", "/v1/customer_sessions"): described.CustomerSessionCreateParams,
    ("POST", "/v1/test_helpers/confirmation_tokens"): helpers.ConfirmationTokenCreateParams,
    ("POST", "/v1/setup_intents/<id>/cancel"): described.SetupIntentCancelParams,
    ("GET", "/v1/setup_intents"): described.SetupIntentListParams,
    ("POST", "/v1/refunds"): described.RefundCreateParams,
    ("POST", "/v1/refunds/<id>"): described.RefundUpdateParams,
    ("GET", "/v1/refunds"): described.RefundListParams,
    ("GET", "/v1/charges"): described.ChargeListParams,
    ("GET", "/v1/disputes"): described.DisputeListParams,
    ("POST", "/v1/disputes/<id>"): described.DisputeUpdateParams,
    ("GET", "/v1/radar/early_fraud_warnings"): radar.EarlyFraudWarningListParams,
    ("GET", "/v1/payouts"): described.PayoutListParams,
    ("GET", "/v1/balance_transactions"): described.BalanceTransactionListParams,
    ("GET", "/v1/events"): described.EventListParams,
    ("POST", "/v1/webhook_endpoints"): described.WebhookEndpointCreateParams,
    ("POST", "/v1/webhook_endpoints/<id>"): described.WebhookEndpointUpdateParams,
}
# Stripe.js sends these; the server library does not name them.
BROWSER_ONLY = {"client_secret"}
# Known to older versions only; a call that names today's version is refused with it.
OLDER_ONLY = {"payment_method_types"}


@pytest.mark.parametrize(("method", "address"), PARAMETERS)
def test_no_parameter_is_accepted_that_stripe_does_not_know(method: str, address: str) -> None:
    shapes = [r.shape for r in world.ROUTES if (r.method, r.address) == (method, address)]
    known = set(PARAMETERS[method, address].__annotations__)
    assert len(shapes) == 1
    assert set(shapes[0]) - BROWSER_ONLY - OLDER_ONLY - known == set()


def test_no_evidence_is_accepted_that_stripe_does_not_know() -> None:
    known = set(described.DisputeUpdateParamsEvidence.__annotations__)
    assert set(evidence.SHAPE) - known == set()


def fields(kind: type) -> set[str]:
    """The fields that the library declares for an object."""
    return {name for name in kind.__annotations__ if not name.isupper() and name[0] != "_"}


def test_objects_hold_only_fields_that_the_library_declares(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    customer = client.v1.customers.create({"payment_method": "pm_card_visa"})
    intent = client.v1.payment_intents.create(
        {
            "amount": 2500,
            "currency": "usd",
            "customer": customer.id,
            "payment_method": "pm_card_visa",
            "confirm": True,
            "return_url": "https://portal.test/back",
        }
    )
    sandbox.advance(2)
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    charge = client.v1.charges.retrieve(intent.latest_charge)
    held = [
        (customer, stripe.Customer),
        (intent, stripe.PaymentIntent),
        (client.v1.setup_intents.create(), stripe.SetupIntent),
        (client.v1.payment_methods.retrieve(intent.payment_method), stripe.PaymentMethod),
        (charge, stripe.Charge),
        (charge.payment_method_details.card, stripe.Charge.PaymentMethodDetails.Card),
        (charge.outcome, stripe.Charge.Outcome),
        (refund, stripe.Refund),
        (
            client.v1.balance_transactions.retrieve(charge.balance_transaction),
            stripe.BalanceTransaction,
        ),
        (client.v1.events.list().data[0], stripe.Event),
        (client.v1.balance.retrieve(), stripe.Balance),
    ]
    _check_shapes(held)


def test_what_banks_do_holds_only_fields_that_the_library_declares(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    body = {"amount": 2500, "currency": "usd", "confirm": True, "payment_method": "pm_card_visa"}
    body["return_url"] = "https://portal.test/back"
    disputed, kept = [client.v1.payment_intents.create(body).latest_charge for _ in range(2)]
    sandbox.advance(days=3)
    payout = client.v1.payouts.retrieve(sandbox.make_payout()["id"])
    dispute = client.v1.disputes.retrieve(sandbox.open_dispute(disputed)["id"])
    warned = sandbox.warn_of_fraud(kept)["id"]
    _check_shapes(
        [
            (payout, stripe.Payout),
            (payout.trace_id, stripe.Payout.TraceId),
            (dispute, stripe.Dispute),
            (dispute.evidence, stripe.Dispute.Evidence),
            (dispute.evidence_details, stripe.Dispute.EvidenceDetails),
            (dispute.payment_method_details.card, stripe.Dispute.PaymentMethodDetails.Card),
            (dispute.balance_transactions[0], stripe.BalanceTransaction),
            (client.v1.radar.early_fraud_warnings.retrieve(warned), EarlyFraudWarning),
        ]
    )


def test_bank_accounts_hold_only_fields_that_the_library_declares(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    body = {"amount": 2500, "currency": "usd", "confirm": True, "mandate_data": sandboxes.ACCEPTED}
    body |= {"payment_method": "pm_usBankAccount_success", "return_url": "https://portal.test/back"}
    intent = client.v1.payment_intents.create(body)
    charge = client.v1.charges.retrieve(intent.latest_charge)
    account = client.v1.payment_methods.retrieve(intent.payment_method).us_bank_account
    debited = charge.payment_method_details.us_bank_account
    sandbox.settle_payment(intent.id)
    customer = client.v1.customers.create()
    token = client.v1.test_helpers.confirmation_tokens.create({"payment_method": "pm_card_visa"})
    components = {"payment_element": {"enabled": True}}
    session = client.v1.customer_sessions.create(
        {"customer": customer.id, "components": components}
    )
    _check_shapes(
        [
            (intent, stripe.PaymentIntent),
            (charge, stripe.Charge),
            (account, stripe.PaymentMethod.UsBankAccount),
            (debited, stripe.Charge.PaymentMethodDetails.UsBankAccount),
            (client.v1.mandates.retrieve(debited.mandate), stripe.Mandate),
            (client.v1.refunds.create({"payment_intent": intent.id}), stripe.Refund),
            (token, stripe.ConfirmationToken),
            (token.payment_method_preview, stripe.ConfirmationToken.PaymentMethodPreview),
            (session, stripe.CustomerSession),
            (session.components, stripe.CustomerSession.Components),
            (
                session.components.payment_element.features,
                stripe.CustomerSession.Components.PaymentElement.Features,
            ),
        ]
    )


def _check_shapes(held: list[tuple[stripe.StripeObject, type]]) -> None:
    for value, kind in held:
        assert isinstance(value, kind)
        assert set(value.to_dict()) - fields(kind) == set(), kind


def test_every_event_type_is_one_that_stripe_sends() -> None:
    wanted = described.WebhookEndpointCreateParams.__annotations__["enabled_events"]
    known = set(typing.get_args(typing.get_args(wanted)[0]))
    assert len(known) > 200
    assert events.TYPES - known == set()
