"""The JSON API for the insurer's other systems."""

from __future__ import annotations

import flask


def blueprints() -> tuple[flask.Blueprint, ...]:
    """Every blueprint of this audience."""
    return ()
