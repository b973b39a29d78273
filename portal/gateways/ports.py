"""What journeys may ask of the outside world, as Protocols with typed results; no adapter."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator, Mapping
from typing import Protocol

from portal.kernel import labels

NOT_THERE = "resource_missing"  # Stripe's code for what it does not know


class GatewayRefused(Exception):
    """Stripe answered that it will not do this; nothing was done. `code` is Stripe's."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(f"{code}: {message}")


class GatewayUnknown(Exception):
    """No answer came: it may or may not have been done. Only reading again tells."""


class GatewayUnreachable(GatewayUnknown):
    """Nothing was done by this call: no connection was made, or Stripe does not take our key."""


class BadSignature(Exception):
    """A webhook that is not Stripe's."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class CardView:
    """A payment method as Stripe describes it; never a card number."""

    ref: str
    kind: str  # card or us_bank_account
    brand: str
    last4: str
    exp_month: int | None = None
    exp_year: int | None = None
    fingerprint: str = ""
    customer_ref: str = ""  # "" while it is attached to nobody
    wallet: labels.Wallet | None = None  # None also for one that we have no name for
    blocked_code: str = ""  # R02 …: why a bank account takes no more debits, "" while it does


@dataclasses.dataclass(frozen=True, kw_only=True)
class MandateView:
    """The permission to debit a bank account."""

    ref: str
    status: str  # pending, active, inactive
    method_ref: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class MoneyMoved:
    """A balance transaction, in cents: what moved, what Stripe kept, when."""

    ref: str
    category: str  # reporting_category: charge, refund, …
    source_ref: str  # ch_… or re_…
    amount_cents: int
    fee_cents: int
    created_at: datetime.datetime
    is_open: bool = False  # of a debit that the bank has not paid, or has sent back: not ours

    @property
    def net_cents(self) -> int:
        """What it adds to the balance at Stripe."""
        return self.amount_cents - self.fee_cents


@dataclasses.dataclass(frozen=True, kw_only=True)
class IntentView:
    """A PaymentIntent as it stands at Stripe."""

    ref: str
    status: str  # requires_payment_method … succeeded, canceled
    amount_cents: int
    received_cents: int
    currency: str
    client_secret: str
    customer_ref: str
    payment_no: str  # our number, from its metadata
    created_at: datetime.datetime
    charge_ref: str = ""
    card: CardView | None = None  # the method of the charge, or the one last tried
    decline_code: str = ""  # Stripe's decline_code, else its code, of the last attempt
    next_url: str = ""  # where the payer proves who they are, when Stripe gives an address
    verify_url: str = ""  # where two small deposits are told, while it waits for them
    mandate_ref: str = ""  # of a debit
    network_code: str = ""  # R01 …: the bank's own code of a debit that was sent back
    money: MoneyMoved | None = None  # null at first, comes with charge.updated


@dataclasses.dataclass(frozen=True, kw_only=True)
class SetupView:
    """A SetupIntent as it stands at Stripe."""

    ref: str
    status: str
    client_secret: str
    customer_ref: str
    setup_id: str  # our row id, from its metadata
    card: CardView | None = None
    decline_code: str = ""
    verify_url: str = ""  # where two small deposits are told, while it waits for them
    mandate_ref: str = ""  # of a bank account


@dataclasses.dataclass(frozen=True, kw_only=True)
class RefundView:
    """A refund as it stands at Stripe."""

    ref: str
    status: str  # pending, requires_action, succeeded, failed, canceled
    amount_cents: int
    refund_no: str  # our number, from its metadata
    failure_code: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ChargebackView:
    """A chargeback as it stands at Stripe, which calls it a dispute."""

    ref: str
    status: str  # warning_needs_response … won, lost, prevented
    reason: str  # fraudulent, product_not_received, …
    amount_cents: int
    charge_ref: str
    intent_ref: str
    opened_at: datetime.datetime
    evidence_due_at: datetime.datetime | None
    is_answered: bool  # evidence was submitted
    moves: tuple[MoneyMoved, ...] = ()  # none for an inquiry


@dataclasses.dataclass(frozen=True, kw_only=True)
class WarningView:
    """A bank's early warning that a charge may be fraud."""

    ref: str
    fraud_type: str
    charge_ref: str
    intent_ref: str
    is_actionable: bool  # neither refunded in full nor charged back
    warned_at: datetime.datetime


@dataclasses.dataclass(frozen=True, kw_only=True)
class PayoutView:
    """What Stripe pays out to our bank, as it stands there."""

    ref: str
    status: str  # pending, in_transit, paid, failed, canceled
    amount_cents: int
    money: MoneyMoved | None = None  # what it took from the balance, below zero
    reversal: MoneyMoved | None = None  # what came back of one that failed or was canceled


@dataclasses.dataclass(frozen=True, kw_only=True)
class EventView:
    """An event as Stripe sent or lists it; `object_ref` names what to read again."""

    ref: str
    type: str
    object_ref: str
    created_at: datetime.datetime


class PaymentGateway(Protocol):
    """Stripe. Every method may raise GatewayUnknown or GatewayRefused; none holds a transaction.

    `key` is the idempotency key of our own row and attempt: repeating a call with the same key
    and arguments does nothing twice.
    """

    publishable_key: str
    script_url: str

    def create_customer(self, *, key: str, customer_no: str, name: str, email: str) -> str:
        """Make the customer's counterpart; its reference."""

    def create_intent(
        self,
        *,
        key: str,
        amount_cents: int,
        customer_ref: str,
        payment_no: str,
        save_method: bool,
        description: str,
    ) -> IntentView:
        """Make an intent that the browser will confirm."""

    def confirm_intent(
        self, *, key: str, intent_ref: str, method_ref: str, return_url: str
    ) -> IntentView:
        """Charge a saved method with the payer present. A decline is a view, not an error."""

    def charge_saved(
        self,
        *,
        key: str,
        amount_cents: int,
        customer_ref: str,
        method_ref: str,
        payment_no: str,
        description: str,
    ) -> IntentView:
        """Charge a saved method while nobody is present. A decline is a view, not an error."""

    def read_intent(self, intent_ref: str) -> IntentView:
        """The intent as it stands."""

    def find_intent(self, *, customer_ref: str, payment_no: str) -> IntentView | None:
        """The intent that carries our number, when its reference was lost."""

    def cancel_intent(self, intent_ref: str) -> IntentView:
        """Cancel it where it still can be; the view tells what it is now."""

    def create_setup(self, *, key: str, customer_ref: str, setup_id: str) -> SetupView:
        """Make a SetupIntent that the browser will confirm."""

    def read_setup(self, setup_ref: str) -> SetupView:
        """The SetupIntent as it stands."""

    def read_method(self, method_ref: str) -> CardView:
        """The payment method as it stands."""

    def read_mandate(self, mandate_ref: str) -> MandateView:
        """The mandate as it stands."""

    def detach_method(self, method_ref: str) -> None:
        """Take a method off its customer; one that is off already is no error."""

    def create_refund(
        self, *, key: str, intent_ref: str, amount_cents: int, refund_no: str
    ) -> RefundView:
        """Give money back to the original method."""

    def read_refund(self, refund_ref: str) -> RefundView:
        """The refund as it stands."""

    def find_refund(self, *, intent_ref: str, refund_no: str) -> RefundView | None:
        """The refund that carries our number, when its reference was lost."""

    def read_chargeback(self, chargeback_ref: str) -> ChargebackView:
        """The chargeback as it stands, with all that it moved."""

    def submit_evidence(
        self, *, key: str, chargeback_ref: str, evidence: Mapping[str, str]
    ) -> ChargebackView:
        """Send evidence for good: Stripe takes it once. Fields are Stripe's."""

    def read_warning(self, warning_ref: str) -> WarningView:
        """The early fraud warning as it stands."""

    def read_payout(self, payout_ref: str) -> PayoutView:
        """The payout as it stands, with what it moved."""

    def money_moved(self) -> Iterator[MoneyMoved]:
        """All balance transactions, newest first."""

    def return_fee(self, *, charge_ref: str, since: datetime.datetime) -> MoneyMoved | None:
        """What Stripe took since then for a debit that was sent back; None: nothing so far."""

    def events_since(
        self, since: datetime.datetime, *, undelivered: bool = False
    ) -> Iterator[EventView]:
        """Events of the subscribed types, oldest first, up to 30 days back.

        `undelivered`: only those that no webhook of ours has taken.
        """

    def verify_event(self, *, body: bytes, signature: str) -> EventView:
        """The event of a webhook. Raises BadSignature."""


class BlobStore(Protocol):
    """Files outside the database, under the hash of their bytes."""

    def put(self, data: bytes) -> str:
        """Keep `data`; its SHA-256 in hex. Keeping it again changes nothing."""

    def get(self, sha256: str) -> bytes:
        """The bytes. Raises KeyError when there are none."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class OutgoingMail:
    """A rendered mail."""

    message_id: str
    sender: str
    recipient: str
    subject: str
    text: str
    html: str


class MailNotSent(Exception):
    """The mail could not be handed over; trying again may help unless `permanent`."""

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        self.permanent = permanent
        super().__init__(reason)


class MailSender(Protocol):
    """Hands mails over."""

    def send(self, mail: OutgoingMail) -> None:
        """Send one mail. Raises MailNotSent."""
