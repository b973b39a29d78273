"""Screens of the desk, one a file."""

from __future__ import annotations

import flask

from portal.web.staff import invoice, ledger, payment


def blueprints() -> tuple[flask.Blueprint, ...]:
    """Every blueprint of this audience."""
    return (invoice.bp, payment.bp, ledger.bp)
