"""Screens of the desk, one a file."""

from __future__ import annotations

import flask

from portal.web.staff import customer, customers, home, invoice, ledger, payment, trouble

SCREENS = (home, customers, customer, invoice, payment, ledger, trouble)


def blueprints() -> tuple[flask.Blueprint, ...]:
    """Every blueprint of this audience."""
    return tuple(screen.bp for screen in SCREENS)
