"""Stripe through its official SDK: the only module that imports it."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator, Mapping, Sequence

import requests
import requests.adapters
import stripe

from portal.gateways import ports, stripe_views

API_VERSION = "2026-10-28.endive"
TIMEOUT_SECONDS = (3, 20)  # to connect, to answer
CONNECTIONS = 32  # kept open at most; more are made where more calls are under way at once
RETRIES = 2  # with the same idempotency key
TYPES_MOST = 20  # of events that Stripe lists in one go
NO_MANDATE = "payment_intent_mandate_invalid"  # Stripe's code for one that was named
INTENT_PARTS = ["latest_charge.balance_transaction", "payment_method"]


def _connections(api_base: str) -> requests.Session:
    """One pool for all threads; the environment's proxy is looked up once, not for every call."""
    session = requests.Session()
    session.trust_env = False
    session.proxies = requests.utils.get_environ_proxies(api_base or stripe.DEFAULT_API_BASE)
    for scheme in ("https://", "http://"):
        session.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=CONNECTIONS))
    return session


class StripePayments:
    """A `ports.PaymentGateway`.

    `api_base` is empty for Stripe itself, else the sandbox's; `events` are the types that the
    webhook is subscribed to, and that are listed again after an outage. `http_client` is another
    way to it than over the network.
    """

    def __init__(
        self,
        *,
        secret_key: str,
        publishable_key: str,
        webhook_secret: str,
        api_base: str,
        script_url: str,
        events: Sequence[str],
        http_client: stripe.HTTPClient | None = None,
    ) -> None:
        bases = {"api": api_base} if api_base else {}
        self._client = stripe.StripeClient(
            secret_key,
            stripe_version=API_VERSION,
            base_addresses=bases,
            max_network_retries=RETRIES,
            http_client=http_client
            or stripe.RequestsClient(timeout=TIMEOUT_SECONDS, session=_connections(api_base)),
        )
        self._webhook_secret = webhook_secret
        self._events = list(events)
        self.publishable_key = publishable_key
        self.script_url = script_url

    def create_customer(self, *, key: str, customer_no: str, name: str, email: str) -> str:
        """Make the customer's counterpart; its reference."""
        with _typed_errors():
            made = self._client.v1.customers.create(
                {"name": name, "email": email, "metadata": {"customer_no": customer_no}},
                {"idempotency_key": key},
            )
        return made.id

    def create_intent(
        self,
        *,
        key: str,
        amount_cents: int,
        customer_ref: str,
        payment_no: str,
        save_method: bool,
        description: str,
    ) -> ports.IntentView:
        """Make an intent that the browser, or `confirm_intent`, will confirm."""
        params: stripe.params.PaymentIntentCreateParams = {
            "amount": amount_cents,
            "currency": "usd",
            "customer": customer_ref,
            "automatic_payment_methods": {"enabled": True},
            "description": description,
            "metadata": {"payment_no": payment_no},
            "expand": INTENT_PARTS,
        }
        if save_method:
            params["setup_future_usage"] = "off_session"
        with _typed_errors():
            made = self._client.v1.payment_intents.create(params, {"idempotency_key": key})
        return stripe_views.intent(made)

    def confirm_intent(
        self, *, key: str, intent_ref: str, method_ref: str, return_url: str
    ) -> ports.IntentView:
        """Charge a saved method with the payer present. A decline is a view, not an error."""
        params: stripe.params.PaymentIntentConfirmParams = {
            "payment_method": method_ref,
            "return_url": return_url,
            "expand": INTENT_PARTS,
        }
        with _typed_errors():
            try:
                found = self._client.v1.payment_intents.confirm(
                    intent_ref, params, {"idempotency_key": key}
                )
            except stripe.CardError:
                return self.read_intent(intent_ref)
        return stripe_views.intent(found)

    def charge_saved(
        self,
        *,
        key: str,
        amount_cents: int,
        customer_ref: str,
        method_ref: str,
        payment_no: str,
        description: str,
    ) -> ports.IntentView:
        """Charge a saved method while nobody is present. A decline is a view, not an error."""
        params: stripe.params.PaymentIntentCreateParams = {
            "amount": amount_cents,
            "currency": "usd",
            "customer": customer_ref,
            "payment_method": method_ref,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "confirm": True,
            "off_session": True,
            "description": description,
            "metadata": {"payment_no": payment_no},
            "expand": INTENT_PARTS,
        }
        with _typed_errors():
            try:
                made = self._client.v1.payment_intents.create(params, {"idempotency_key": key})
            except stripe.CardError as declined:
                intent_ref = _intent_of(declined)
                if intent_ref is None:
                    raise
                return self.read_intent(intent_ref)
        return stripe_views.intent(made)

    def read_intent(self, intent_ref: str) -> ports.IntentView:
        """The intent as it stands."""
        with _typed_errors():
            found = self._client.v1.payment_intents.retrieve(intent_ref, {"expand": INTENT_PARTS})
        return stripe_views.intent(found)

    def find_intent(self, *, customer_ref: str, payment_no: str) -> ports.IntentView | None:
        """The intent that carries our number, when its reference was lost."""
        with _typed_errors():
            page = self._client.v1.payment_intents.list({"customer": customer_ref, "limit": 100})
            for found in page.auto_paging_iter():
                if stripe_views.metadata(found, "payment_no") == payment_no:
                    return self.read_intent(found.id)
        return None

    def cancel_intent(self, intent_ref: str) -> ports.IntentView:
        """Cancel it where it still can be; the view tells what it is now."""
        with _typed_errors():
            try:
                found = self._client.v1.payment_intents.cancel(
                    intent_ref,
                    {"cancellation_reason": "abandoned", "expand": INTENT_PARTS},
                    {"idempotency_key": f"cancel:{intent_ref}"},
                )
            except stripe.InvalidRequestError as refused:
                if refused.code != "payment_intent_unexpected_state":
                    raise
                return self.read_intent(intent_ref)
        return stripe_views.intent(found)

    def create_setup(self, *, key: str, customer_ref: str, setup_id: str) -> ports.SetupView:
        """Make a SetupIntent that the browser will confirm."""
        with _typed_errors():
            made = self._client.v1.setup_intents.create(
                {
                    "customer": customer_ref,
                    "usage": "off_session",
                    "automatic_payment_methods": {"enabled": True},
                    "metadata": {"setup_id": setup_id},
                    "expand": ["payment_method"],
                },
                {"idempotency_key": key},
            )
        return stripe_views.setup(made)

    def read_setup(self, setup_ref: str) -> ports.SetupView:
        """The SetupIntent as it stands."""
        with _typed_errors():
            found = self._client.v1.setup_intents.retrieve(
                setup_ref, {"expand": ["payment_method"]}
            )
        return stripe_views.setup(found)

    def read_method(self, method_ref: str) -> ports.CardView:
        """The payment method as it stands."""
        with _typed_errors():
            return stripe_views.method(self._client.v1.payment_methods.retrieve(method_ref))

    def read_mandate(self, mandate_ref: str) -> ports.MandateView:
        """The mandate as it stands."""
        with _typed_errors():
            return stripe_views.mandate(self._client.v1.mandates.retrieve(mandate_ref))

    def detach_method(self, method_ref: str) -> None:
        """Take a method off its customer; one that is off already is no error."""
        with _typed_errors():
            found = self._client.v1.payment_methods.retrieve(method_ref)
            if found.customer is not None:
                self._client.v1.payment_methods.detach(
                    method_ref, {}, {"idempotency_key": f"detach:{method_ref}"}
                )

    def create_refund(
        self, *, key: str, intent_ref: str, amount_cents: int, refund_no: str
    ) -> ports.RefundView:
        """Give money back to the original method."""
        with _typed_errors():
            made = self._client.v1.refunds.create(
                {
                    "payment_intent": intent_ref,
                    "amount": amount_cents,
                    "metadata": {"refund_no": refund_no},
                },
                {"idempotency_key": key},
            )
        return stripe_views.refund(made)

    def read_refund(self, refund_ref: str) -> ports.RefundView:
        """The refund as it stands."""
        with _typed_errors():
            return stripe_views.refund(self._client.v1.refunds.retrieve(refund_ref))

    def find_refund(self, *, intent_ref: str, refund_no: str) -> ports.RefundView | None:
        """The refund that carries our number, when its reference was lost."""
        with _typed_errors():
            page = self._client.v1.refunds.list({"payment_intent": intent_ref, "limit": 100})
            for found in page.auto_paging_iter():
                if stripe_views.metadata(found, "refund_no") == refund_no:
                    return stripe_views.refund(found)
        return None

    def read_chargeback(self, chargeback_ref: str) -> ports.ChargebackView:
        """The chargeback as it stands, with all that it moved."""
        with _typed_errors():
            return stripe_views.chargeback(self._client.v1.disputes.retrieve(chargeback_ref))

    def submit_evidence(
        self, *, key: str, chargeback_ref: str, evidence: Mapping[str, str]
    ) -> ports.ChargebackView:
        """Send evidence for good: Stripe takes it once. Fields are Stripe's."""
        with _typed_errors():
            found = self._client.v1.disputes.update(
                chargeback_ref,
                {"evidence": dict(evidence), "submit": True},
                {"idempotency_key": key},
            )
        return stripe_views.chargeback(found)

    def read_warning(self, warning_ref: str) -> ports.WarningView:
        """The early fraud warning as it stands."""
        with _typed_errors():
            return stripe_views.warning(
                self._client.v1.radar.early_fraud_warnings.retrieve(warning_ref)
            )

    def read_payout(self, payout_ref: str) -> ports.PayoutView:
        """The payout as it stands, with what it moved."""
        with _typed_errors():
            found = self._client.v1.payouts.retrieve(
                payout_ref, {"expand": ["balance_transaction", "failure_balance_transaction"]}
            )
        return stripe_views.payout(found)

    def money_moved(self) -> Iterator[ports.MoneyMoved]:
        """All balance transactions, newest first."""
        with _typed_errors():
            page = self._client.v1.balance_transactions.list(
                {"limit": 100, "expand": ["data.source"]}
            )
            for found in page.auto_paging_iter():
                yield stripe_views.money(found)

    def return_fee(self, *, charge_ref: str, since: datetime.datetime) -> ports.MoneyMoved | None:
        """What Stripe took since then for a debit that was sent back; None: nothing so far.

        Such a fee names no source: its description names the charge.
        """
        with _typed_errors():
            page = self._client.v1.balance_transactions.list(
                {"type": "stripe_fee", "created": {"gte": int(since.timestamp())}, "limit": 100}
            )
            for found in page.auto_paging_iter():
                if charge_ref in (found.description or ""):
                    return stripe_views.money(found)
        return None

    def events_since(
        self, since: datetime.datetime, *, undelivered: bool = False
    ) -> Iterator[ports.EventView]:
        """Events of the subscribed types, oldest first, up to 30 days back.

        `undelivered`: only those that no webhook of ours has taken.
        """
        found: list[ports.EventView] = []
        with _typed_errors():
            for first in range(0, len(self._events), TYPES_MOST):
                asked: stripe.params.EventListParams = {
                    "created": {"gte": int(since.timestamp())},
                    "limit": 100,
                    "types": self._events[first : first + TYPES_MOST],
                }
                if undelivered:
                    asked["delivery_success"] = False
                page = self._client.v1.events.list(asked)
                found += [stripe_views.event(e.to_dict()) for e in page.auto_paging_iter()]
        found.reverse()  # within a second Stripe's own order stays
        yield from sorted(found, key=lambda event: event.created_at)

    def verify_event(self, *, body: bytes, signature: str) -> ports.EventView:
        """The event of a webhook. Raises BadSignature, also for what is signed and no event."""
        if not signature.isascii():  # the SDK compares ASCII only
            raise ports.BadSignature("not ASCII")
        try:
            found = stripe.Webhook.construct_event(body, signature, self._webhook_secret)
            return stripe_views.event(found.to_dict())
        except (stripe.SignatureVerificationError, ValueError) as refused:
            raise ports.BadSignature(type(refused).__name__) from refused
        except (AttributeError, KeyError, TypeError, OverflowError, RecursionError) as refused:
            raise ports.BadSignature("no event") from refused


def _intent_of(declined: stripe.CardError) -> str | None:
    """The intent that a decline left behind."""
    body = declined.json_body if isinstance(declined.json_body, dict) else {}
    return body.get("error", {}).get("payment_intent", {}).get("id")


def _refusal(no: stripe.InvalidRequestError) -> str:
    """Its code. That a debit has no mandate left, Stripe says in words alone."""
    if no.code is None and "requires a mandate" in str(no):
        return NO_MANDATE
    return no.code or "refused"


@contextlib.contextmanager
def _typed_errors() -> Iterator[None]:
    """Turn the SDK's errors into the port's: refused (certain) or unknown (read again)."""
    try:
        yield
    except stripe.APIConnectionError as lost:
        cause = str(lost)
        if "Failed to establish a new connection" in cause or "Connection refused" in cause:
            raise ports.GatewayUnreachable("no connection to Stripe") from lost
        raise ports.GatewayUnknown("no answer from Stripe") from lost
    except (stripe.AuthenticationError, stripe.PermissionError) as locked:
        raise ports.GatewayUnreachable(type(locked).__name__) from locked
    except stripe.InvalidRequestError as no:
        raise ports.GatewayRefused(_refusal(no), no.user_message or str(no)) from no
    except stripe.CardError as no:
        raise ports.GatewayRefused(no.code or "card_error", no.user_message or str(no)) from no
    except stripe.StripeError as fault:
        raise ports.GatewayUnknown(type(fault).__name__) from fault
