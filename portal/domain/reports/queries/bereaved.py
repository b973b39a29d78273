"""What was told of a policy whose pet has died, and what came of it, as pages show it."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.disputes import models as disputes
from portal.domain.policies import models, queries

Kind = models.EventKind
LIVES = (Kind.DEATH_TAKEN_BACK, Kind.REINSTATED)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Told:
    """What was told; cents. `ended_on` and `refunded_cents` stand once a person ended the cover."""

    policy_no: str
    pet_name: str
    died_on: datetime.date
    told_at: datetime.datetime
    ends_on: datetime.date  # the first day without cover
    case_no: str
    is_case_open: bool
    refund_cents: int
    off_bills_cents: int
    open_cents: int
    had_autopay: bool
    planned: int
    in_parts: int
    running_cents: int
    others_cents: int = 0  # of former owners, for the desk alone
    ended_on: datetime.date | None = None
    refunded_cents: int = 0

    @property
    def may_take_back(self) -> bool:
        """Whether its owner may still say that it was a mistake."""
        return self.is_case_open and self.ended_on is None


def standing_death(events: Sequence[queries.EventView]) -> queries.EventView | None:
    """The event that tells of a death, unless a newer one says otherwise; newest come first."""
    for event in events:
        if event.kind in LIVES:
            return None
        if event.kind == Kind.PET_DIED:
            return event
    return None


def told(session: orm.Session, *, policy: queries.PolicyView) -> Told | None:
    """What was told of the policy's pet, or None; two statements."""
    events = queries.events(session, policy_id=policy.id)
    found = standing_death(events)
    if found is None:
        return None
    end = next((e for e in events if e.kind == Kind.CANCELLED and e.at >= found.at), None)
    facts, stopped = found.facts, found.facts["stopped"]
    closed = session.scalar(
        sa.select(disputes.Dispute.closed_at).where(disputes.Dispute.number == facts["case_no"])
    )
    return Told(
        policy_no=policy.number,
        pet_name=policy.pet_name,
        died_on=found.effective_on,
        told_at=found.at,
        ends_on=datetime.date.fromisoformat(facts["ends_on"]),
        case_no=facts["case_no"],
        is_case_open=closed is None,
        refund_cents=facts["refund_cents"],
        off_bills_cents=facts["off_bills_cents"],
        open_cents=facts["open_cents"],
        had_autopay=stopped["autopay"],
        planned=stopped["planned"],
        in_parts=stopped["in_parts"],
        running_cents=stopped["running_cents"],
        others_cents=(
            end.facts.get("others_returned_cents", 0) if end else facts.get("others_cents", 0)
        ),
        ended_on=end.effective_on if end else None,
        refunded_cents=end.facts["refunded_cents"] if end else 0,
    )
