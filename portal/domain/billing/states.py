"""The states of a payment arrangement; knows no row and no rule."""

from __future__ import annotations

import enum


class ArrangementState(enum.StrEnum):
    """Where an arrangement is."""

    PROPOSED = "proposed"  # waits for a specialist
    ACTIVE = "active"
    KEPT = "kept"  # the debt is paid, or every part was
    BROKEN = "broken"  # two parts failed
    DECLINED = "declined"
    CANCELLED = "cancelled"
