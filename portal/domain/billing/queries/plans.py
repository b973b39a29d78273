"""The billing plan and the rules of a state as they hold on a day."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models

STANDARD = "standard"


@dataclasses.dataclass(frozen=True, kw_only=True)
class StateRules:
    """What holds in one state; where it sets nothing, what the plan says. Days and cents."""

    free_look_days: int
    notice_days: int
    nsf_cap_cents: int | None
    short_rate_filed: bool
    late_fee_cap_cents: int | None


def standard(session: orm.Session, *, on: datetime.date) -> models.BillingPlan:
    """The standard plan as it holds on `on`."""
    return session.scalars(
        sa.select(models.BillingPlan)
        .where(models.BillingPlan.code == STANDARD, models.BillingPlan.valid_from <= on)
        .order_by(models.BillingPlan.valid_from.desc())
        .limit(1)
    ).one()


def state(session: orm.Session, *, us_state: str, on: datetime.date) -> StateRules:
    """The rules of the state as they hold on `on`."""
    plan = standard(session, on=on)
    own = session.scalar(
        sa.select(models.StateRule)
        .where(models.StateRule.us_state == us_state, models.StateRule.valid_from <= on)
        .order_by(models.StateRule.valid_from.desc())
        .limit(1)
    )
    if own is None:
        return StateRules(
            free_look_days=plan.free_look_days,
            notice_days=plan.notice_days,
            nsf_cap_cents=None,
            short_rate_filed=False,
            late_fee_cap_cents=None,
        )
    return StateRules(
        free_look_days=own.free_look_days or plan.free_look_days,
        notice_days=own.notice_days or plan.notice_days,
        nsf_cap_cents=own.nsf_cap_cents,
        short_rate_filed=own.short_rate_filed,
        late_fee_cap_cents=own.late_fee_cap_cents,
    )
