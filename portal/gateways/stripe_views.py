"""Turns the SDK's objects into the port's typed views; calls nothing."""

from __future__ import annotations

import datetime
from typing import Any

from portal.gateways import ports
from portal.kernel import labels

NAME_MOST = 255  # characters, as many as Stripe says its ids have at most


def intent(found: Any) -> ports.IntentView:
    """A PaymentIntent, its charge and method expanded where there are any."""
    charge = _expanded(found, "latest_charge")
    error = getattr(found, "last_payment_error", None)
    money_row = _expanded(charge, "balance_transaction")
    return ports.IntentView(
        ref=found.id,
        status=found.status,
        amount_cents=found.amount,
        received_cents=getattr(found, "amount_received", 0) or 0,
        currency=found.currency,
        client_secret=getattr(found, "client_secret", "") or "",
        customer_ref=_ref(getattr(found, "customer", None)),
        payment_no=metadata(found, "payment_no"),
        created_at=_moment(found.created),
        charge_ref=_ref(getattr(found, "latest_charge", None)),
        card=_card_of(found, error),
        decline_code=_code(error),
        next_url=_next_url(found),
        verify_url=_verify_url(found),
        mandate_ref=_ref(getattr(_bank_details(charge), "mandate", None)),
        network_code=_network_code(charge),
        money=None if money_row is None else money(money_row),
    )


def setup(found: Any) -> ports.SetupView:
    """A SetupIntent, its method expanded where there is one."""
    card = _expanded(found, "payment_method")
    return ports.SetupView(
        ref=found.id,
        status=found.status,
        client_secret=getattr(found, "client_secret", "") or "",
        customer_ref=_ref(getattr(found, "customer", None)),
        setup_id=metadata(found, "setup_id"),
        card=None if card is None else method(card),
        decline_code=_code(getattr(found, "last_setup_error", None)),
        verify_url=_verify_url(found),
        mandate_ref=_ref(getattr(found, "mandate", None)),
    )


def method(found: Any) -> ports.CardView:
    """A payment method; a kind that is neither card nor bank account keeps its type's name."""
    detail = getattr(found, found.type, None)
    return ports.CardView(
        ref=found.id,
        kind=found.type,
        brand=getattr(detail, "brand", None) or getattr(detail, "bank_name", None) or found.type,
        last4=getattr(detail, "last4", None) or "",
        exp_month=getattr(detail, "exp_month", None),
        exp_year=getattr(detail, "exp_year", None),
        fingerprint=getattr(detail, "fingerprint", None) or "",
        customer_ref=_ref(getattr(found, "customer", None)),
        wallet=_wallet(detail),
        blocked_code=_blocked_code(detail),
    )


def mandate(found: Any) -> ports.MandateView:
    """A mandate."""
    return ports.MandateView(
        ref=found.id, status=found.status, method_ref=_ref(found.payment_method)
    )


def refund(found: Any) -> ports.RefundView:
    """A refund."""
    return ports.RefundView(
        ref=found.id,
        status=found.status or "pending",
        amount_cents=found.amount,
        refund_no=metadata(found, "refund_no"),
        failure_code=getattr(found, "failure_reason", None) or "",
    )


def chargeback(found: Any) -> ports.ChargebackView:
    """A dispute of Stripe's with its balance transactions."""
    details = found.evidence_details
    due_by = getattr(details, "due_by", None)
    return ports.ChargebackView(
        ref=found.id,
        status=found.status,
        reason=found.reason,
        amount_cents=found.amount,
        charge_ref=_ref(found.charge),
        intent_ref=_ref(getattr(found, "payment_intent", None)),
        opened_at=_moment(found.created),
        evidence_due_at=_moment(due_by) if due_by else None,
        is_answered=bool(details.submission_count),
        moves=tuple(money(row) for row in found.balance_transactions),
    )


def warning(found: Any) -> ports.WarningView:
    """An early fraud warning."""
    return ports.WarningView(
        ref=found.id,
        fraud_type=found.fraud_type,
        charge_ref=_ref(found.charge),
        intent_ref=_ref(getattr(found, "payment_intent", None)),
        is_actionable=found.actionable,
        warned_at=_moment(found.created),
    )


def payout(found: Any) -> ports.PayoutView:
    """A payout, its balance transactions expanded."""
    taken = _expanded(found, "balance_transaction")
    back = _expanded(found, "failure_balance_transaction")
    return ports.PayoutView(
        ref=found.id,
        status=found.status,
        amount_cents=found.amount,
        money=None if taken is None else money(taken),
        reversal=None if back is None else money(back),
    )


def money(found: Any) -> ports.MoneyMoved:
    """A balance transaction; whether it is open is known where its source is expanded."""
    source = _expanded(found, "source")
    return ports.MoneyMoved(
        ref=found.id,
        category=found.reporting_category,
        source_ref=_ref(getattr(found, "source", None)),
        amount_cents=found.amount,
        fee_cents=found.fee,
        created_at=_moment(found.created),
        is_open=getattr(source, "object", "") == "charge" and source.status != "succeeded",
    )


def event(payload: dict) -> ports.EventView:
    """An event from its JSON. Raises ValueError where a name is none that Stripe gives."""
    about = payload["data"]["object"].get("id")  # a balance has none
    return ports.EventView(
        ref=_name(payload["id"]),
        type=_name(payload["type"]),
        object_ref=_name(about) if about else "",
        created_at=_moment(payload["created"]),
    )


def metadata(found: Any, name: str) -> str:
    """One value of the object's metadata, "" where it has none."""
    values = getattr(found, "metadata", None)
    if values is None:
        return ""
    return (values.to_dict() if hasattr(values, "to_dict") else dict(values)).get(name, "")


def _card_of(found: Any, error: Any) -> ports.CardView | None:
    card = _expanded(found, "payment_method")
    if card is None:
        card = _expanded(error, "payment_method")
    return None if card is None else method(card)


def _next_url(found: Any) -> str:
    action = getattr(found, "next_action", None)
    redirect = getattr(action, "redirect_to_url", None)
    return getattr(redirect, "url", None) or ""


def _verify_url(found: Any) -> str:
    action = getattr(found, "next_action", None)
    deposits = getattr(action, "verify_with_microdeposits", None)
    return getattr(deposits, "hosted_verification_url", None) or ""


def _bank_details(charge: Any) -> Any:
    return getattr(getattr(charge, "payment_method_details", None), "us_bank_account", None)


def _network_code(charge: Any) -> str:
    return getattr(getattr(charge, "outcome", None), "network_decline_code", None) or ""


def _wallet(detail: Any) -> labels.Wallet | None:
    """The wallet that holds a card; None for a typed card, and for a wallet that came later."""
    kind = getattr(getattr(detail, "wallet", None), "type", None)
    return labels.Wallet(kind) if kind in set(labels.Wallet) else None


def _blocked_code(detail: Any) -> str:
    """The network's code, else Stripe's reason, for which an account takes no more debits."""
    blocked = getattr(getattr(detail, "status_details", None), "blocked", None)
    return getattr(blocked, "network_code", None) or getattr(blocked, "reason", None) or ""


def _code(error: Any) -> str:
    if error is None:
        return ""
    return getattr(error, "decline_code", None) or getattr(error, "code", None) or "declined"


def _expanded(holder: Any, name: str) -> Any:
    value = getattr(holder, name, None)
    return None if value is None or isinstance(value, str) else value


def _ref(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else value.id


def _name(value: Any) -> str:
    """An id or a type as it came: a printable word, for a row, an address and the desk to hold."""
    if not (isinstance(value, str) and 0 < len(value) <= NAME_MOST and value.isprintable()):
        raise ValueError("no name of Stripe's")
    return value


def _moment(seconds: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)
