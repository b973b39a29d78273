"""Knows the fields in which a chargeback is answered, and the words that decide it in tests;
refuses to know the chargeback."""

import typing

from portal.sandbox.wire import errors, params

REVIEW_SECONDS = 5
MAX_CHARACTERS = 150_000
MAX_FIELD_CHARACTERS = 20_000
_TEXTS = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_tracking_number",
    "uncategorized_text",
)
_FILES = (
    "cancellation_policy",
    "customer_communication",
    "customer_signature",
    "duplicate_charge_documentation",
    "receipt",
    "refund_policy",
    "service_documentation",
    "shipping_documentation",
    "uncategorized_file",
)
_OUTCOMES = {
    "winning_evidence": "won",
    "losing_evidence": "lost",
    "escalate_inquiry_evidence": "escalated",
}


def _words(value: typing.Any, name: str) -> str:
    if not isinstance(value, str):
        raise errors.invalid(f"Invalid string: {name}", param=name)
    if len(value) > MAX_FIELD_CHARACTERS:
        raise errors.invalid(
            f"Invalid string: {name} may have at most {MAX_FIELD_CHARACTERS} characters",
            param=name,
        )
    return value


def _file(value: typing.Any, name: str) -> str:
    if value != "":
        raise errors.missing("file", str(value), param=name, status=400)
    return ""


SHAPE: params.Shape = {**dict.fromkeys(_TEXTS, _words), **dict.fromkeys(_FILES, _file)}


def nothing() -> dict[str, typing.Any]:
    """Every field, unanswered."""
    empty: dict[str, typing.Any] = dict.fromkeys(sorted((*_TEXTS, *_FILES)))
    return {**empty, "enhanced_evidence": {}}


def details(due_by: int) -> dict[str, typing.Any]:
    """The state of an answer that was not sent yet; ``due_by`` in seconds, 0 if none is allowed."""
    return {
        "due_by": due_by,
        "enhanced_eligibility": {},
        "has_evidence": False,
        "past_due": False,
        "submission_count": 0,
        "submission_method": "not_submitted",
    }


def merged(held: dict[str, typing.Any], sent: dict[str, typing.Any]) -> dict[str, typing.Any]:
    """The held answers with the sent ones over them; an empty string clears one.

    Raises ApiError 400 when all together are too long.
    """
    after = {**held, **{name: value or None for name, value in sent.items()}}
    if sum(len(value) for value in after.values() if isinstance(value, str)) > MAX_CHARACTERS:
        raise errors.invalid(
            f"The evidence may have at most {MAX_CHARACTERS} characters in all.", param="evidence"
        )
    return after


def is_given(held: dict[str, typing.Any]) -> bool:
    """Whether any field is answered."""
    return any(isinstance(value, str) for value in held.values())


def outcome(held: dict[str, typing.Any]) -> str | None:
    """``won``, ``lost`` or ``escalated`` where the test words say so, else None."""
    return _OUTCOMES.get(held["uncategorized_text"] or "")
