"""Knows the test bank accounts and what each of them does; refuses to know who is paying.

Source of the table: Stripe's page on testing ACH Direct Debit.
"""

import dataclasses
import enum
import hashlib

from portal.sandbox.wire import errors

ROUTING_NUMBER = "110000000"
BANK_NAME = "STRIPE TEST BANK"


class Outcome(enum.StrEnum):
    """What becomes of a debit once it was sent to the bank."""

    SUCCEEDS = "succeeds"
    FAILS = "fails"
    DISPUTED = "disputed"
    STAYS = "stays"


@dataclasses.dataclass(frozen=True)
class Failure:
    """A bank's return, in the API's words.

    ``network_code`` is that of the ACH network. ``blocks`` is why the account takes no further
    debit, empty where it may be tried again.
    """

    code: str
    network_code: str
    message: str
    blocks: str = ""


_FAILURES = (
    Failure(
        "account_closed",
        "R02",
        "The customer's bank account has been closed.",
        "bank_account_closed",
    ),
    Failure(
        "debit_not_authorized",
        "R10",
        "The customer has notified their bank that this payment was unauthorized.",
        "debit_not_authorized",
    ),
    Failure(
        "insufficient_funds",
        "R01",
        "The customer's account has insufficient funds to cover this payment.",
    ),
    Failure(
        "no_account",
        "R03",
        "The customer's bank account could not be located.",
        "bank_account_invalid_details",
    ),
)
FAILURES = {failure.code: failure for failure in _FAILURES}


@dataclasses.dataclass(frozen=True)
class Account:
    """A test bank account. ``takes_deposits`` tells whether small deposits arrive there."""

    number: str
    token: str
    outcome: Outcome = Outcome.SUCCEEDS
    failure: Failure | None = None
    takes_deposits: bool = True


def _failing(number: str, token: str, code: str) -> Account:
    return Account(number, token, Outcome.FAILS, FAILURES[code])


_ACCOUNTS = (
    Account("000123456789", "success"),
    _failing("000111111113", "accountClosed", "account_closed"),
    _failing("000111111116", "noAccount", "no_account"),
    _failing("000222222227", "insufficientFunds", "insufficient_funds"),
    _failing("000333333335", "debitNotAuthorized", "debit_not_authorized"),
    Account("000666666661", "failMicrodeposits", takes_deposits=False),
    Account("000555555559", "dispute", Outcome.DISPUTED),
    Account("000000000009", "processing", Outcome.STAYS),
)
BY_NUMBER = {account.number: account for account in _ACCOUNTS}
_BY_TOKEN = {f"pm_usBankAccount_{account.token}": account for account in _ACCOUNTS}


def by_token(token: str) -> Account | None:
    """The account behind a test token such as ``pm_usBankAccount_success``, or None."""
    return _BY_TOKEN.get(token)


def look_up(routing_number: str, number: str) -> Account:
    """The account of these numbers. Raises ApiError 400 for one that is no test account's."""
    if routing_number != ROUTING_NUMBER:
        raise errors.refused(
            "You must use a test bank account routing number in test mode.",
            code="routing_number_invalid",
            param="us_bank_account[routing_number]",
        )
    account = BY_NUMBER.get(number.replace(" ", "").replace("-", ""))
    if account is None:
        raise errors.refused(
            "You must use a test bank account number in test mode.",
            code="account_number_invalid",
            param="us_bank_account[account_number]",
        )
    return account


def fingerprint(account: Account) -> str:
    """The same 16 letters for the same account, saying nothing about it."""
    told = f"bank:{ROUTING_NUMBER}:{account.number}"
    return hashlib.sha256(told.encode()).hexdigest()[:16]
