"""Knows the test cards and what each of them does; refuses to know who is paying.

Source of the table: Stripe's page on testing.
"""

import dataclasses
import datetime
import enum
import hashlib

from portal.sandbox.wire import errors


class Authentication(enum.StrEnum):
    """When the bank wants the customer to prove who they are."""

    NEVER = "never"
    UNLESS_SET_UP = "unless_set_up"
    ALWAYS = "always"
    ALREADY_SET_UP = "already_set_up"


class RefundFate(enum.StrEnum):
    """What becomes of a refund to the card."""

    SUCCEEDS = "succeeds"
    PENDING = "pending"
    FAILS = "fails"


class Aftermath(enum.StrEnum):
    """What the cardholder's bank does about a charge that succeeded."""

    NOTHING = "nothing"
    FRAUDULENT = "fraudulent"
    NOT_RECEIVED = "product_not_received"
    INQUIRY = "inquiry"
    FRAUD_WARNING = "fraud_warning"


# These codes say all; with them comes no decline code, but the parameter that is to blame, if any.
_SAY_ALL = {"expired_card": "exp_month", "incorrect_cvc": "cvc", "processing_error": ""}


@dataclasses.dataclass(frozen=True)
class Decline:
    """A bank's no, in the API's words. A charge always keeps ``decline_code`` as its reason."""

    code: str
    decline_code: str
    message: str

    def details(self) -> dict[str, str]:
        """What an error holds beside the code."""
        if self.code not in _SAY_ALL:
            return {"decline_code": self.decline_code}
        param = _SAY_ALL[self.code]
        return {"param": param} if param else {}


GENERIC = Decline("card_declined", "generic_decline", "Your card was declined.")
NOT_A_TEST_CARD = Decline(
    "card_declined",
    "test_mode_live_card",
    "Your card was declined. Your request was in test mode, but used a non test card.",
)


@dataclasses.dataclass(frozen=True)
class Card:
    """A test card. ``is_attachable`` tells whether a declining card can still be saved."""

    number: str
    brand: str
    token: str
    decline: Decline | None = None
    is_attachable: bool = True
    authentication: Authentication = Authentication.NEVER
    refund: RefundFate = RefundFate.SUCCEEDS
    aftermath: Aftermath = Aftermath.NOTHING
    funding: str = "credit"
    country: str = "US"


def _declining(last: str, token: str, decline: Decline) -> Card:
    number = f"400000000000{last}"
    return Card(number, "visa", f"chargeDeclined{token}", decline, is_attachable=False)


_CARDS = (
    Card("4242424242424242", "visa", "visa"),
    Card("4000056655665556", "visa", "visa_debit", funding="debit"),
    Card("5555555555554444", "mastercard", "mastercard"),
    Card("378282246310005", "amex", "amex"),
    _declining("0002", "", GENERIC),
    _declining(
        "9995",
        "InsufficientFunds",
        Decline("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    ),
    _declining(
        "9987", "LostCard", Decline("card_declined", "lost_card", "Your card was declined.")
    ),
    _declining(
        "9979", "StolenCard", Decline("card_declined", "stolen_card", "Your card was declined.")
    ),
    _declining(
        "0069", "ExpiredCard", Decline("expired_card", "expired_card", "Your card has expired.")
    ),
    _declining(
        "0127",
        "IncorrectCvc",
        Decline("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect."),
    ),
    _declining(
        "0119",
        "ProcessingError",
        Decline(
            "processing_error",
            "processing_error",
            "An error occurred while processing your card. Try again in a little bit.",
        ),
    ),
    Card("4000000000000341", "visa", "chargeCustomerFail", GENERIC),
    Card(
        "4000002500003155",
        "visa",
        "authenticationRequiredOnSetup",
        authentication=Authentication.UNLESS_SET_UP,
    ),
    Card(
        "4000002760003184",
        "visa",
        "authenticationRequired",
        authentication=Authentication.ALWAYS,
    ),
    Card(
        "4000003800000446",
        "visa",
        "authenticationRequiredSetupForOffSession",
        authentication=Authentication.ALREADY_SET_UP,
    ),
    Card(
        "4000008400001629",
        "visa",
        "threeDSecureRequiredChargeDeclined",
        GENERIC,
        is_attachable=False,
        authentication=Authentication.ALWAYS,
    ),
    Card("4000000000007726", "visa", "pendingRefund", refund=RefundFate.PENDING),
    Card("4000000000005126", "visa", "refundFail", refund=RefundFate.FAILS),
    Card("4000000000000259", "visa", "createDispute", aftermath=Aftermath.FRAUDULENT),
    Card(
        "4000000000002685",
        "visa",
        "createDisputeProductNotReceived",
        aftermath=Aftermath.NOT_RECEIVED,
    ),
    Card("4000000000001976", "visa", "createDisputeInquiry", aftermath=Aftermath.INQUIRY),
    Card("4000000000005423", "visa", "createIssuerFraudRecord", aftermath=Aftermath.FRAUD_WARNING),
)
BY_NUMBER = {card.number: card for card in _CARDS}
_BY_TOKEN = {
    name: card
    for card in _CARDS
    for name in (f"pm_card_{card.token}", f"pm_card_visa_{card.token}")
}


def by_token(token: str) -> Card | None:
    """The card behind a test token such as ``pm_card_visa``, or None."""
    return _BY_TOKEN.get(token)


def look_up(number: str) -> Card:
    """The card of that number. Raises ApiError 402 for a number that no test card has."""
    digits = number.replace(" ", "").replace("-", "")
    if not digits.isascii() or not digits.isdigit() or not 12 <= len(digits) <= 19:
        raise _wrong("invalid_number", "number", "The card number is not a valid card number.")
    if not passes_luhn(digits):
        raise _wrong("incorrect_number", "number", "Your card number is incorrect.")
    card = BY_NUMBER.get(digits)
    if card is None:
        raise declined(NOT_A_TEST_CARD)
    return card


def check_dates(month: int, year: int, cvc: str | None, card: Card, today: datetime.date) -> None:
    """Raise ApiError 402 for a card that has expired or a code of the wrong length."""
    if not 1 <= month <= 12:
        raise _wrong(
            "invalid_expiry_month", "exp_month", "Your card's expiration month is invalid."
        )
    if year < today.year or year > today.year + 50:
        raise _wrong("invalid_expiry_year", "exp_year", "Your card's expiration year is invalid.")
    if (year, month) < (today.year, today.month):
        raise _wrong(
            "invalid_expiry_month", "exp_month", "Your card's expiration month is invalid."
        )
    if cvc is not None and not is_code(cvc, card):
        raise _wrong("invalid_cvc", "cvc", "Your card's security code is invalid.")


def is_code(cvc: str, card: Card) -> bool:
    """Whether the security code has the digits that the card's brand prints."""
    length = 4 if card.brand == "amex" else 3
    return cvc.isascii() and cvc.isdigit() and len(cvc) in {3, length}


def passes_luhn(digits: str) -> bool:
    """Whether the check digit fits."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def fingerprint(card: Card) -> str:
    """The same 16 letters for the same number, saying nothing about it."""
    return hashlib.sha256(f"card:{card.number}".encode()).hexdigest()[:16]


def declined(decline: Decline) -> errors.ApiError:
    """The 402 for a card that is turned down before any charge exists."""
    return errors.ApiError(
        decline.message,
        status=402,
        type="card_error",
        code=decline.code,
        extra=decline.details(),
    )


def _wrong(code: str, param: str, message: str) -> errors.ApiError:
    return errors.ApiError(message, status=402, type="card_error", code=code, param=param)
