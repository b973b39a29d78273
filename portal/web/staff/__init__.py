"""Screens of the desk, one a file."""

from __future__ import annotations

import flask


def blueprints() -> tuple[flask.Blueprint, ...]:
    """Every blueprint of this audience."""
    return ()
