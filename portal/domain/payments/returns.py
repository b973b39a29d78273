"""What a bank means when it sends a debit back, and what follows; asks no database.

One table from Stripe's codes. A code of the ACH network says more than Stripe's own and is
preferred where it is known. Sources: Stripe's pages on failed ACH payments, network decline codes
and blocked bank accounts; the Nacha rules as told in docs/billing-rules.md, "Returned debits".
"""

from __future__ import annotations

import dataclasses
import datetime
import enum

from portal.kernel import calendars

RETRIES_MOST = 2  # after the first debit; they fall within days, where 180 are allowed
DAYS_ON_ITS_WAY = 4  # banking days until a debit usually arrives


class ReturnCode(enum.StrEnum):
    """Why a debit came back, by the network's code."""

    INSUFFICIENT_FUNDS = "R01"
    ACCOUNT_CLOSED = "R02"
    NO_ACCOUNT = "R03"
    INVALID_NUMBER = "R04"
    NOT_A_CONSUMER_DEBIT = "R05"
    REVOKED = "R07"
    STOPPED = "R08"
    UNCOLLECTED_FUNDS = "R09"
    NOT_AUTHORISED = "R10"
    NOT_AS_AUTHORISED = "R11"
    DECEASED = "R15"
    FROZEN = "R16"
    NOT_A_DEBIT_ACCOUNT = "R20"
    COMPANY_NOT_AUTHORISED = "R29"
    BANK_CLAIMS = "R31"
    UNKNOWN = ""  # mapped to nothing: never tried again, a person looks


@dataclasses.dataclass(frozen=True, kw_only=True)
class Return:
    """What follows from a return.

    `may_retry`: the same debit again, RETRIES_MOST times. `ends_method`: the account is taken
    off. `revokes_mandate`: it is not debited again under the permission that was given.
    `opens_case`: a person looks at it.
    """

    code: ReturnCode
    may_retry: bool = False
    ends_method: bool = False
    revokes_mandate: bool = False
    opens_case: bool = False


def _again(code: ReturnCode) -> Return:
    return Return(code=code, may_retry=True)


def _gone(code: ReturnCode) -> Return:
    return Return(code=code, ends_method=True, revokes_mandate=True)


def _details(code: ReturnCode) -> Return:
    return Return(code=code, revokes_mandate=True)


def _case(code: ReturnCode) -> Return:
    return Return(code=code, revokes_mandate=True, opens_case=True)


_R = ReturnCode
_BY_CODE = {
    found.code: found
    for found in (
        _again(_R.INSUFFICIENT_FUNDS),
        _again(_R.UNCOLLECTED_FUNDS),
        _gone(_R.ACCOUNT_CLOSED),
        _details(_R.NO_ACCOUNT),
        _details(_R.INVALID_NUMBER),
        _details(_R.STOPPED),  # until the payer authorises it again, by adding the account anew
        _details(_R.NOT_A_DEBIT_ACCOUNT),
        _case(_R.NOT_A_CONSUMER_DEBIT),
        _case(_R.REVOKED),
        _case(_R.NOT_AUTHORISED),
        _case(_R.NOT_AS_AUTHORISED),
        _case(_R.DECEASED),
        _case(_R.FROZEN),
        _case(_R.COMPANY_NOT_AUTHORISED),
        _case(_R.BANK_CLAIMS),
    )
}
UNMAPPED = Return(code=_R.UNKNOWN, opens_case=True)

# Stripe's words: failure codes of a debit, decline codes, reasons of a block and of a claim.
STRIPE_CODES = {
    "insufficient_funds": _R.INSUFFICIENT_FUNDS,
    "account_closed": _R.ACCOUNT_CLOSED,
    "bank_account_closed": _R.ACCOUNT_CLOSED,
    "no_account": _R.NO_ACCOUNT,
    "invalid_account_number": _R.INVALID_NUMBER,
    "account_number_invalid": _R.INVALID_NUMBER,
    "bank_account_invalid_details": _R.NO_ACCOUNT,
    "incorrect_account_details": _R.NO_ACCOUNT,
    "tokenized_account_number_deactivated": _R.NO_ACCOUNT,
    "debit_not_authorized": _R.NOT_AUTHORISED,
    "account_frozen": _R.FROZEN,
    "bank_account_frozen": _R.FROZEN,
    "bank_account_restricted": _R.NOT_A_DEBIT_ACCOUNT,
    "recipient_deceased": _R.DECEASED,
}
# Claims by which a bank only sends a debit back late: Stripe keeps its fee for a return.
LATE_RETURNS = frozenset({"insufficient_funds", "incorrect_account_details", "bank_cannot_process"})


def arrives_on(sent_on: datetime.date) -> datetime.date:
    """The day on which a debit that is sent on a day usually arrives."""
    return calendars.BANKING.add_business_days(sent_on, DAYS_ON_ITS_WAY)


def meaning(code: str) -> Return:
    """What follows from Stripe's code or the network's; one that no table has opens a case."""
    return _BY_CODE.get(STRIPE_CODES.get(code, code), UNMAPPED)


def voids_mandate(reason: str) -> bool:
    """Whether a bank's claim on a paid debit ends the permission: all but one for lack of money."""
    return reason not in LATE_RETURNS or meaning(reason).revokes_mandate
