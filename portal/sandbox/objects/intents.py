"""Knows what PaymentIntents and SetupIntents share: choosing the method, asking for
authentication, refusing what their state forbids, and how their errors read."""

import typing

from portal.sandbox import call as calls
from portal.sandbox import store as stores
from portal.sandbox.objects import bank_methods, banks, cards, customers, payment_methods
from portal.sandbox.wire import errors, params

AUTOMATIC: params.Shape = {
    "enabled": params.boolean,
    "allow_redirects": params.one_of("always", "never"),
}
OPTIONS: params.Shape = {
    "card": {
        "request_three_d_secure": params.one_of("any", "automatic", "challenge"),
    },
    "us_bank_account": {
        "verification_method": params.one_of("automatic", "instant", "microdeposits"),
    },
}
TYPES = params.many(payment_methods.TYPE)
_ALL_TYPES = ("card", bank_methods.TYPE)
AUTHENTICATION_REQUIRED = cards.Decline(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
)
FAILED_AUTHENTICATION = (
    "We are unable to authenticate your payment method. Please choose a different payment "
    "method and try again."
)


def automatic_methods(call: calls.Call) -> dict[str, typing.Any] | None:
    """The intent's ``automatic_payment_methods``; none where the types were named one by one.

    Raises ApiError 400 where they are switched off, or sent together with types.
    """
    sent = call.get("automatic_payment_methods") or {}
    if call.get("payment_method_types"):
        if sent:
            raise errors.invalid(
                "You may only specify one of these parameters: automatic_payment_methods, "
                "payment_method_types.",
                param="payment_method_types",
            )
        return None
    if not sent.get("enabled", True):
        raise errors.refused(
            "This sandbox only decides payment methods automatically.",
            param="automatic_payment_methods[enabled]",
        )
    return {"allow_redirects": sent.get("allow_redirects", "always"), "enabled": True}


def method_types(call: calls.Call) -> list[str]:
    """The kinds of payment method that the intent takes.

    Raises ApiError 400 when a call of today's version names them; the parameter is gone there.
    """
    named = call.get("payment_method_types")
    if named and call.is_pinned:
        raise errors.invalid(
            "Received unknown parameter: payment_method_types",
            code="parameter_unknown",
            param="payment_method_types",
        )
    return named or list(_ALL_TYPES)


def options(call: calls.Call, kept: dict[str, typing.Any] | None = None) -> dict[str, typing.Any]:
    """The intent's ``payment_method_options``: those kept, with what the call says about them."""
    held = kept or {
        "card": {"request_three_d_secure": "automatic"},
        bank_methods.TYPE: {"verification_method": "automatic"},
    }
    sent = (call.get("payment_method_options") or {}).get(bank_methods.TYPE) or {}
    account = {**held.get(bank_methods.TYPE, {}), **sent}
    return {**held, bank_methods.TYPE: account}


def chosen_customer(call: calls.Call) -> str | None:
    """The id of the customer named by the call, checked to exist."""
    id = call.get("customer")
    return customers.living(call, id).id if id else None


def choose_method(call: calls.Call, customer: str | None) -> stores.Record | None:
    """The method that the call names or describes, checked to be usable for the customer."""
    method = None
    if call.get("payment_method_data"):
        params.require(call.get("payment_method_data"), "type")
        method = payment_methods.make(call, call.get("payment_method_data"))
    elif call.get("payment_method"):
        method = payment_methods.resolve(call, call.get("payment_method"))
    if method is not None:
        check_usable(method, customer)
    return method


def check_usable(method: stores.Record, customer: str | None) -> None:
    """Raise ApiError 400 for a method used up or kept with another customer."""
    payment_methods.check_reusable(method)
    if method["customer"] and method["customer"] != customer:
        raise errors.refused(
            "The PaymentMethod you provided belongs to a Customer: pass that Customer as well.",
            code="payment_method_customer_mismatch" if customer else None,
            param="payment_method",
        )


def check_type(intent: stores.Record, method: stores.Record) -> None:
    """Raise ApiError 400 for a kind of method that the intent does not take."""
    if method["type"] not in intent["payment_method_types"]:
        raise errors.refused(
            f"The PaymentMethod provided ({method['type']}) is not allowed for this intent.",
            code="payment_intent_incompatible_payment_method",
            param="payment_method",
        )


def check_return_url(call: calls.Call, intent: stores.Record) -> None:
    """Raise ApiError 400 when a server confirms without a way back from a redirect."""
    automatic = intent["automatic_payment_methods"] or {}
    allows = automatic.get("allow_redirects") == "always"
    if allows and not call.is_browser and not call.get("return_url"):
        raise errors.refused(
            "This intent accepts payment methods that might redirect your customer: provide a "
            "return_url, or set automatic_payment_methods[allow_redirects] to never.",
            param="return_url",
        )
    if call.get("return_url") and not call.get("return_url").startswith(("http://", "https://")):
        raise errors.invalid("Not a valid URL", code="url_invalid", param="return_url")
    if call.get("return_url") and automatic and not allows and not call.is_browser:
        raise errors.refused(
            "You cannot provide a return_url when allow_redirects is never.", param="return_url"
        )


def needs_authentication(method: stores.Record, *, is_off_session: bool) -> bool:
    """Whether the bank asks for the customer before it lets the card be used."""
    if bank_methods.is_bank_account(method):
        return False
    wish = payment_methods.card_of(method).authentication
    if wish == cards.Authentication.NEVER:
        return False
    if not is_off_session or wish == cards.Authentication.ALWAYS:
        return True
    return wish == cards.Authentication.UNLESS_SET_UP and not method.hidden["is_set_up"]


def ask_authentication(call: calls.Call, intent: stores.Record) -> None:
    """Put the intent into ``requires_action`` with the step that its confirmer can take."""
    intent["status"] = "requires_action"
    return_url = call.get("return_url")
    if call.get("use_stripe_sdk") or not return_url:
        intent["next_action"] = {
            "type": "use_stripe_sdk",
            "use_stripe_sdk": {"type": "three_d_secure_challenge"},
        }
        return
    secret = intent["client_secret"]
    url = f"{call.base_url}/3ds/redirect/{intent.id}?client_secret={secret}"
    intent["next_action"] = {
        "type": "redirect_to_url",
        "redirect_to_url": {"return_url": return_url, "url": url},
    }
    intent.hidden["return_url"] = return_url


def keep(call: calls.Call, intent: stores.Record, method: stores.Record, usage: str) -> None:
    """Attach a method that worked to the intent's customer, set up for ``usage``."""
    if usage == "off_session":
        method.hidden["is_set_up"] = True
    call.store.save(method)
    if intent["customer"]:
        payment_methods.attach(call, method, intent["customer"])


def unexpected_state(intent: stores.Record, doing: str) -> errors.ApiError:
    """The 400 for something that the intent's status forbids."""
    kind = str(intent["object"])
    name = "PaymentIntent" if kind == "payment_intent" else "SetupIntent"
    return errors.ApiError(
        f"You cannot {doing} this {name} because it has a status of {intent['status']}.",
        code=f"{kind}_unexpected_state",
        extra={kind: intent.document},
    )


def no_method(intent: stores.Record) -> errors.ApiError:
    """The 400 for confirming without any method."""
    kind = str(intent["object"])
    return errors.ApiError(
        "You cannot confirm this intent because it is missing a payment method.",
        code=f"{kind}_unexpected_state",
        extra={kind: intent.document},
    )


def card_error(
    said: cards.Decline, method: stores.Record, charge: str | None
) -> dict[str, typing.Any]:
    """What ``last_payment_error`` and ``last_setup_error`` hold after a bank's no."""
    error: dict[str, typing.Any] = {
        "code": said.code,
        "doc_url": f"https://stripe.com/docs/error-codes/{said.code.replace('_', '-')}",
        "message": said.message,
        "payment_method": method.document,
        "type": "card_error",
        **said.details(),
    }
    if charge:
        error["charge"] = charge
    return error


def debit_error(said: banks.Failure, method: stores.Record, charge: str) -> dict[str, typing.Any]:
    """What ``last_payment_error`` holds after a bank sent a debit back."""
    return {
        "charge": charge,
        "code": said.code,
        "doc_url": f"https://stripe.com/docs/error-codes/{said.code.replace('_', '-')}",
        "message": said.message,
        "payment_method": method.document,
        "type": "invalid_request_error",
    }


def authentication_error(kind: str, method: stores.Record | None) -> dict[str, typing.Any]:
    """What the last error holds after the customer failed to authenticate."""
    code = f"{kind}_authentication_failure"
    return {
        "code": code,
        "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}",
        "message": FAILED_AUTHENTICATION,
        "payment_method": method.document if method else None,
        "type": "invalid_request_error",
    }


def raised(last_error: dict[str, typing.Any], intent: stores.Record) -> errors.ApiError:
    """The 402 that carries a stored last error and the intent; the changes stay."""
    known = ("type", "code", "message", "param")
    extra = {key: value for key, value in last_error.items() if key not in known}
    extra[str(intent["object"])] = intent.document
    return errors.ApiError(
        last_error["message"],
        status=402,
        type=last_error["type"],
        code=last_error["code"],
        param=last_error.get("param"),
        extra=extra,
        keeps_changes=True,
    )
