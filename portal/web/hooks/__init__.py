"""Addresses that other machines call: webhooks."""

from __future__ import annotations

import flask


def blueprints() -> tuple[flask.Blueprint, ...]:
    """Every blueprint of this audience."""
    return ()
