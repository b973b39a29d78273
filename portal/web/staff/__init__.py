"""Screens of the desk, one a file."""

from __future__ import annotations

import flask

from portal.web.staff import (
    approvals,
    arrangements,
    billing,
    billing_settings,
    case,
    chargeback,
    close_invoice,
    customer,
    customers,
    event,
    hand_over,
    hold_invoicing,
    home,
    invoice,
    ledger,
    payment,
    policy,
    policy_move,
    queue,
    refund,
    resolve,
    trouble,
)

SCREENS = (
    home,
    queue,
    case,
    hand_over,
    resolve,
    approvals,
    arrangements,
    billing,
    billing_settings,
    customers,
    customer,
    policy,
    policy_move,
    hold_invoicing,
    invoice,
    close_invoice,
    payment,
    chargeback,
    refund,
    ledger,
    trouble,
    event,
)


def blueprints() -> tuple[flask.Blueprint, ...]:
    """Every blueprint of this audience."""
    return tuple(screen.bp for screen in SCREENS)
