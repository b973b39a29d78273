"""Addresses that other machines call: webhooks."""

from __future__ import annotations

import flask

from portal.web.hooks import stripe


def blueprints() -> tuple[flask.Blueprint, ...]:
    """Every blueprint of this audience."""
    return (stripe.bp,)
