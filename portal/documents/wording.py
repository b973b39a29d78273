"""The owner's words for what is stored as a code: charges, methods, declines; translates nothing.

Each function takes `say`, which translates one sentence and fills in its parameters, so that
pages, papers and mails read alike.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

from portal.documents import texts
from portal.kernel import labels, msgids

N_ = msgids.N_
Say = Callable[..., str]

CHARGES = {
    "premium": N_("Premium"),
    "tax": N_("%(state)s premium tax"),
    "policy_fee": N_("Policy fee"),
    "installment_fee": N_("Installment fee"),
    "late_fee": N_("Late fee"),
    "nsf_fee": N_("Returned payment fee"),
}
CHARGE_RULES = {
    "tax": N_("We pass it on to the state"),
    "policy_fee": N_("Once a term, with its first bill"),
    "installment_fee": N_("None if you pay yearly"),
    "late_fee": N_("5% of the premium and tax still open 10 days after the due day, at most $5.00"),
    "nsf_fee": N_("Your bank sent a payment back"),
}
CREDITS = {
    "goodwill": N_("A credit from us"),
    "correction": N_("Corrected: it should not have been billed"),
    "return_premium": N_("Premium given back"),
    "shortfall": N_("A small remainder, let off"),
}
DECLINES = {
    "insufficient_funds": N_("There was not enough money on the account."),
    "expired_card": N_("The card has expired."),
    "incorrect_cvc": N_("The security code of the card was not right."),
    "incorrect_number": N_("The card number was not right."),
    "lost_card": N_("Your bank does not accept this card any more. Please use another one."),
    "stolen_card": N_("Your bank does not accept this card any more. Please use another one."),
    "pickup_card": N_("Your bank does not accept this card any more. Please use another one."),
    "authentication_required": N_("Your bank asked you to confirm, and it was not confirmed."),
    "payment_intent_authentication_failure": N_(
        "Your bank asked you to confirm, and it was not confirmed."
    ),
    "method_gone": N_("Its card or account was removed, or may not be charged any more."),
    "not_reached": N_("We could not reach our payment partner. Please try again."),
    "processing_error": N_("The bank could not be reached. Please try again."),
}
SHORT_NAME = 4  # letters
DECLINED = N_("Your bank declined this payment.")
_CLOSED = N_("The account is closed.")
_NOT_FOUND = N_("Your bank could not find the account. A number may be wrong.")
_NOT_ALLOWED = N_("Your bank says that this debit was not allowed.")
_FROZEN = N_("The account is blocked at your bank.")
_NO_DEBITS = N_("This account does not take debits.")
_NOT_TOLD = N_("The two small deposits were not told in time, or not rightly.")
# why a bank sends a debit back, in Stripe's codes and in those of the ACH network
RETURNS = {
    "R01": N_("There was not enough money on the account."),
    "R02": _CLOSED,
    "R03": _NOT_FOUND,
    "R04": _NOT_FOUND,
    "R05": _NOT_ALLOWED,
    "R07": _NOT_ALLOWED,
    "R08": N_("The debit was stopped at your bank."),
    "R09": N_("The money on the account was not free yet."),
    "R10": _NOT_ALLOWED,
    "R11": _NOT_ALLOWED,
    "R16": _FROZEN,
    "R20": _NO_DEBITS,
    "R29": _NOT_ALLOWED,
    "account_closed": _CLOSED,
    "bank_account_closed": _CLOSED,
    "no_account": _NOT_FOUND,
    "invalid_account_number": _NOT_FOUND,
    "bank_account_invalid_details": _NOT_FOUND,
    "incorrect_account_details": _NOT_FOUND,
    "debit_not_authorized": _NOT_ALLOWED,
    "account_frozen": _FROZEN,
    "bank_account_frozen": _FROZEN,
    "bank_account_restricted": _NO_DEBITS,
    "payment_method_microdeposit_failed": N_("The small deposits could not be sent there."),
    "payment_method_microdeposit_verification_attempts_exceeded": _NOT_TOLD,
    "payment_method_microdeposit_verification_timeout": _NOT_TOLD,
}
METHODS = {
    "amex": "American Express",
    "diners": "Diners Club",
    "discover": "Discover",
    "jcb": "JCB",
    "mastercard": "Mastercard",
    "unionpay": "UnionPay",
    "visa": "Visa",
}
WALLETS = {
    labels.Wallet.APPLE_PAY: "Apple Pay",
    labels.Wallet.GOOGLE_PAY: "Google Pay",
    labels.Wallet.SAMSUNG_PAY: "Samsung Pay",
    labels.Wallet.LINK: "Link",
}


def speaker(language: str) -> Say:
    """A `say` in `language`, for papers and mails; pages pass Flask-Babel's `gettext`."""

    def say(message: str, **params: object) -> str:
        said = texts.gettext(message, language=language)
        return said % params if params else said

    return say


def charge(
    kind: str, *, say: Say, state: str, plan: str = "", sequence: int = 0, of: int = 0
) -> tuple[str, str]:
    """A charge's name and its rule in plain words; `state` is the state's name.

    A premium names its place in the term: `sequence` of `of` installments by the payment `plan`.
    """
    name = say(CHARGES[kind], state=state) if kind == "tax" else say(CHARGES[kind])
    if kind == "premium":
        return name, _place(say, plan, sequence, of)
    return name, say(CHARGE_RULES[kind])


def _place(say: Say, plan: str, sequence: int, of: int) -> str:
    if plan == "in_full" or of == 1:
        return say(N_("For the whole term"))
    if plan == "down_payment" and sequence == 1:
        return say(N_("Down payment"))
    if not sequence:
        return ""
    return say(N_("Installment %(n)s of %(total)s"), n=sequence, total=of)


@functools.lru_cache(maxsize=1024)
def method(label: str) -> str:
    """A method as it is read: "visa 4242" becomes "Visa 4242", a bank its name; "" stays "".

    A card from a phone's wallet names it, "Visa 4242 (Apple Pay)": its digits may be others than
    those on the plastic. Where somebody else paid it is their name, and nothing of their card.
    """
    if label.startswith(labels.PAYER):
        return payer(label)
    card, _, wallet = label.rpartition(" ")
    if card and wallet in WALLETS:
        return f"{method(card)} ({WALLETS[wallet]})"
    brand, _, last4 = label.rpartition(" ")
    if not last4.isdecimal():
        brand, last4 = label, ""
    return f"{METHODS.get(brand.lower()) or _bank(brand)} {last4}".strip()


def _bank(name: str) -> str:
    """Banks shout: "STRIPE TEST BANK" is written in small letters, "USAA" and "PNC" are not."""
    shouts = name.isupper() and len(name) > SHORT_NAME
    return name.title() if shouts or name.islower() else name


def payer(label: str) -> str:
    """The name of somebody else who paid; "" where it was the owner, or a guest."""
    return label.removeprefix(labels.PAYER) if label.startswith(labels.PAYER) else ""


def decline(code: str, *, say: Say) -> str:
    """Why a payment was not received, as far as the bank says, without its code."""
    return say(DECLINES.get(code) or RETURNS.get(code, DECLINED))


def names(found: Sequence[str], *, say: Say) -> str:
    """Names in one breath: "Biscuit and Miso", "Biscuit, Miso and Pico"."""
    if len(found) < 2:
        return "".join(found)
    return say(N_("%(names)s and %(last)s"), names=", ".join(found[:-1]), last=found[-1])


def bill_name(pet: str, when: str) -> str:
    """How a bill is called in lists: "Miso, November"; `when` is a month already written."""
    return f"{pet}, {when}"
