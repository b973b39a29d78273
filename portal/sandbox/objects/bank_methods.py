"""Knows bank accounts kept as PaymentMethods: their shape, whether they were verified, whether
they are blocked; never debits them."""

import typing

from portal.sandbox import call as calls
from portal.sandbox import store as stores
from portal.sandbox.objects import banks, mandates
from portal.sandbox.wire import errors, params

TYPE = "us_bank_account"
HOLDERS = params.one_of("company", "individual")
KINDS = params.one_of("checking", "savings")
SHAPE: params.Shape = {
    "account_holder_type": HOLDERS,
    "account_number": params.filled,
    "account_type": KINDS,
    "routing_number": params.filled,
}


def is_bank_account(method: stores.Record) -> bool:
    """Whether a PaymentMethod is a bank account."""
    return bool(method["type"] == TYPE)


def read(data: dict[str, typing.Any]) -> banks.Account:
    """The test account that the details describe.

    Raises ApiError 400 for details that are missing or wrong; the holder's name is one of them.
    """
    fields = data.get(TYPE) or {}
    billing = data.get("billing_details") or {}
    for name in ("account_holder_type", "account_number", "routing_number"):
        params.require({f"{TYPE}[{name}]": fields.get(name)}, f"{TYPE}[{name}]")
    params.require({"billing_details[name]": billing.get("name")}, "billing_details[name]")
    return banks.look_up(fields["routing_number"], fields["account_number"])


def details(account: banks.Account, fields: dict[str, typing.Any]) -> dict[str, typing.Any]:
    """The ``us_bank_account`` of a PaymentMethod for an account."""
    return {
        "account_holder_type": fields.get("account_holder_type", "individual"),
        "account_type": fields.get("account_type", "checking"),
        "bank_name": banks.BANK_NAME,
        "financial_connections_account": None,
        "fingerprint": banks.fingerprint(account),
        "last4": account.number[-4:],
        "networks": {"preferred": "ach", "supported": ["ach"]},
        "routing_number": banks.ROUTING_NUMBER,
        "status_details": {},
    }


def account_of(method: stores.Record) -> banks.Account:
    """The test account behind a stored PaymentMethod."""
    return banks.BY_NUMBER[method.hidden["number"]]


def check_attachable(method: stores.Record) -> None:
    """Raise ApiError 400 for an account that nobody has verified yet; test tokens' need none."""
    if method.hidden["is_test_token"]:
        method.hidden["is_verified"] = True
    if not method.hidden["is_verified"]:
        raise errors.refused(
            "PaymentMethods of type us_bank_account must be verified before they can be attached "
            "to a customer. Use a SetupIntent to verify this bank account.",
            code="bank_account_unverified",
        )


def check_not_blocked(method: stores.Record) -> None:
    """Raise ApiError 400 for an account that sent a debit back for good."""
    if method[TYPE]["status_details"].get("blocked"):
        raise errors.refused(
            "This bank account cannot be used because a bank has refused its debits. Use another "
            "payment method.",
            code="payment_method_bank_account_blocked",
            param="payment_method",
        )


def block(call: calls.Call, method: stores.Record, failure: banks.Failure) -> None:
    """Note that the account takes no further debit, and end its mandates."""
    if not failure.blocks:
        return
    method[TYPE]["status_details"] = {
        "blocked": {"network_code": failure.network_code, "reason": failure.blocks}
    }
    call.store.save(method)
    mandates.end_all(call, method.id)
