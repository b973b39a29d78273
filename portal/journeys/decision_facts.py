"""What a decision would do, as pages show it; as plain JSON values for its approver."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from typing import Any

from portal.domain.disputes.operations import deciding
from portal.journeys import moving_money, trying


@dataclasses.dataclass(frozen=True, kw_only=True)
class Preview:
    """What a decision would do. `plan` is None when no money moves; amounts in cents."""

    number: str
    version: int
    decision: deciding.Decision
    plan: moving_money.MoneyPlan | None
    needs_second: bool
    case_30d_cents: int
    customer_30d_cents: int
    lifted_holds: int

    @property
    def plan_version(self) -> str:
        """What the page sends back, so that nothing else than this is carried out."""
        return self.plan.version if self.plan else ""


def of(seen: Preview) -> dict[str, Any]:
    """The facts of a previewed decision: cents as whole numbers, days as ISO texts."""
    decision = seen.decision
    return {
        "outcome": str(decision.outcome),
        "action": str(decision.action),
        "amount_cents": decision.amount_cents,
        "payment_no": decision.payment_no,
        "freed_by": decision.freed_by,
        "answer": decision.answer,
        "reason": decision.reason,
        "case_30d_cents": seen.case_30d_cents,
        "customer_30d_cents": seen.customer_30d_cents,
        "plan_version": seen.plan_version,
        **(_money(seen.plan) if seen.plan else {}),
    }


def _money(plan: moving_money.MoneyPlan) -> dict[str, Any]:
    return {"method_label": plan.method_label, **consequences(plan.figures, plan.entries)}


def consequences(
    figures: Sequence[trying.Figure], entries: Sequence[trying.PlannedEntry]
) -> dict[str, Any]:
    """What changes and what is posted, as plain values."""
    return {
        "figures": [
            {
                "name": figure.name,
                "about": figure.about,
                "before": _plain(figure.before),
                "after": _plain(figure.after),
                "is_day": figure.is_day,
            }
            for figure in figures
        ],
        "entries": [
            {
                "event": entry.event,
                "lines": [
                    {"account": line.account, "name": line.name, "cents": line.cents}
                    for line in entry.lines
                ],
            }
            for entry in entries
        ],
    }


def _plain(value: int | datetime.date) -> int | str:
    return value.isoformat() if isinstance(value, datetime.date) else value
