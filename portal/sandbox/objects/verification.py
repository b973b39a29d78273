"""Knows how small deposits prove that an account is the customer's: asked for, judged, given up;
refuses to know what the intent does afterwards."""

import typing

from portal.sandbox import call as calls
from portal.sandbox import due
from portal.sandbox import store as stores
from portal.sandbox.objects import bank_methods, business_days, mandates
from portal.sandbox.wire import errors, params

SHAPE: params.Shape = {
    "amounts": params.many(params.integer),
    "client_secret": params.filled,
    "descriptor_code": params.filled,
}
ACTION = "verify_with_microdeposits"
MAX_TRIES = 10
ENDS_AFTER_DAYS = 10
_ARRIVES_AFTER_BUSINESS_DAYS = 2
_DAY = 86400
_RIGHT: tuple[typing.Any, ...] = ((32, 45), "SM11AA")
_ENDINGS = {
    (10, 11): "attempts_exceeded",
    "SM33CC": "attempts_exceeded",
    (40, 41): "timeout",
    "SM44DD": "timeout",
}
_PREFIX = "payment_method_microdeposit"
_MESSAGES = {
    "verification_attempts_exceeded": "You have exceeded the number of allowed verification "
    "attempts.",
    "verification_timeout": "The bank account was not verified in time.",
    "failed": "The small deposits could not be sent to this bank account. Check its numbers.",
}


def is_needed(intent: stores.Record, method: stores.Record) -> bool:
    """Whether the intent asks for small deposits and the account was not verified before."""
    options = intent["payment_method_options"].get(bank_methods.TYPE) or {}
    wanted = options.get("verification_method") == "microdeposits"
    return wanted and not method.hidden["is_verified"]


def ask(call: calls.Call, intent: stores.Record, method: stores.Record) -> None:
    """Send the deposits and put the intent into ``requires_action`` until they are told.

    A checking account gets two amounts, a savings account one with a code beside it. Raises
    ApiError 400 for a payment without the customer.
    """
    if call.get("off_session") or call.get("error_on_requires_action"):
        raise errors.refused(
            "This bank account must be verified by your customer first.",
            code="bank_account_unverified",
            param="payment_method",
        )
    arrives = business_days.start_after(call.now, _ARRIVES_AFTER_BUSINESS_DAYS)
    is_savings = method[bank_methods.TYPE]["account_type"] == "savings"
    secret = intent["client_secret"]
    intent["status"] = "requires_action"
    intent["next_action"] = {
        "type": ACTION,
        ACTION: {
            "arrival_date": arrives,
            "hosted_verification_url": f"{call.base_url}/verify/{intent.id}?client_secret={secret}",
            "microdeposit_type": "descriptor_code" if is_savings else "amounts",
        },
    }
    intent.hidden["tries"] = 0
    if bank_methods.account_of(method).takes_deposits:
        due.plan(call, ENDS_AFTER_DAYS * _DAY, "expire_microdeposits", intent.id)
    else:
        due.plan(call, arrives - call.exact_now, "return_microdeposits", intent.id)


def is_waiting(intent: stores.Record) -> bool:
    """Whether the intent waits for the deposits to be told."""
    action = intent["next_action"] or {}
    return bool(intent["status"] == "requires_action" and action.get("type") == ACTION)


def judge(call: calls.Call, intent: stores.Record) -> dict[str, typing.Any] | None:
    """What the customer read on the statement: None when right, the error that ends the intent.

    Raises ApiError 400: for an intent that waits for nothing, for an answer that is no answer,
    and for a wrong one, which counts as a try and stays counted.
    """
    if not is_waiting(intent):
        kind = str(intent["object"])
        raise errors.ApiError(
            "You cannot verify microdeposits: this intent does not wait for them.",
            code=f"{kind}_unexpected_state",
            extra={kind: intent.document},
        )
    told = _told(call)
    method = call.load("payment_method", intent["payment_method"])
    if told in _RIGHT and bank_methods.account_of(method).takes_deposits:
        method.hidden["is_verified"] = True
        call.store.save(method)
        _forget(call, intent)
        return None
    if told in _ENDINGS:
        return ending(method, f"verification_{_ENDINGS[told]}")
    intent.hidden["tries"] += 1
    call.store.save(intent)
    if intent.hidden["tries"] >= MAX_TRIES:
        return ending(method, "verification_attempts_exceeded")
    raise _mismatch(intent, told)


def _told(call: calls.Call) -> typing.Any:
    amounts, code = call.get("amounts"), call.get("descriptor_code")
    if bool(amounts) == bool(code):
        raise errors.invalid(
            "Send either amounts or descriptor_code.", code="parameter_missing", param="amounts"
        )
    if code:
        return code.strip().upper()
    if len(amounts) != 2 or not all(0 < amount < 100 for amount in amounts):
        raise errors.invalid(
            "You must send exactly two amounts, in cents.",
            code=f"{_PREFIX}_verification_amounts_invalid",
            param="amounts",
        )
    return tuple(sorted(amounts))


def _mismatch(intent: stores.Record, told: typing.Any) -> errors.ApiError:
    left = MAX_TRIES - intent.hidden["tries"]
    is_code = isinstance(told, str)
    what, name = ("code", "descriptor_code") if is_code else ("amounts", "amounts")
    return errors.ApiError(
        f"The {what} provided do not match what was sent to the bank account. You have {left} "
        "attempts left.",
        code=f"{_PREFIX}_verification_{name}_mismatch",
        param=name,
        extra={str(intent["object"]): intent.document},
        keeps_changes=True,
    )


def ending(method: stores.Record, how: str) -> dict[str, typing.Any]:
    """What the last error of an intent holds when its verification came to nothing.

    ``how`` is ``verification_attempts_exceeded``, ``verification_timeout`` or ``failed``.
    """
    code = f"{_PREFIX}_{how}"
    return {
        "code": code,
        "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}",
        "message": _MESSAGES[how],
        "payment_method": method.document,
        "type": "invalid_request_error",
    }


def give_up(call: calls.Call, intent: stores.Record) -> None:
    """The intent goes another way: forget the deposits, end the mandate that waited for them."""
    if not is_waiting(intent):
        return
    _forget(call, intent)
    mandate = call.load("mandate", intent.hidden["mandate"])
    if mandate["status"] == "pending":
        mandates.end(call, mandate.id)


def _forget(call: calls.Call, intent: stores.Record) -> None:
    for action in ("expire_microdeposits", "return_microdeposits"):
        due.cancel(call, action, intent.id)


def settle_instantly(call: calls.Call, method: stores.Record) -> None:
    """The account is known to be the customer's without any deposit."""
    method.hidden["is_verified"] = True
    call.store.save(method)
