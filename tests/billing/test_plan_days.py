"""A plan and a state's rules are read as they hold on a day of the insurer's calendar."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from portal.domain.billing import models
from portal.domain.billing.operations import allocating
from portal.domain.billing.queries import plans

FROM = datetime.date(2026, 12, 15)
BEFORE = FROM - datetime.timedelta(days=1)


@pytest.fixture
def versions(database):
    """Rule A and a day's more lead from 15 December on."""
    with database.unit_of_work() as session:
        now = plans.standard(session, on=BEFORE)
        names = [c.key for c in sa.inspect(models.BillingPlan).columns]
        values = {name: getattr(now, name) for name in names}
        session.add(
            models.BillingPlan(
                **values | {"valid_from": FROM, "allocation_rule": "A", "lead_days": 21}
            )
        )
    yield
    with database.unit_of_work() as session:
        session.execute(sa.delete(models.BillingPlan).where(models.BillingPlan.valid_from == FROM))


@pytest.mark.parametrize(("on", "rule", "lead"), [(BEFORE, "B", 20), (FROM, "A", 21)])
def test_each_version_holds_from_its_day_on(database, versions, on, rule, lead):
    with database.reading() as session:
        assert str(allocating.rule_in_force(session, on=on)) == rule
        assert plans.standard(session, on=on).lead_days == lead
