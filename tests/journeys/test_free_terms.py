"""A term that costs nothing any more, and one without a tax rate of its own, still ends."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from portal.journeys import term_changes
from tests.journeys.test_new_term import ask
from tests.support import bills, paying

D = datetime.date


@pytest.mark.parametrize("tax_ppm", [0, 10_000])
def test_a_term_changed_to_nothing_can_be_changed_and_ended(
    quiet_ctx, database, owner_engine, tax_ppm
):
    bill = bills.make_bill(database, effective_on=D(2026, 8, 1))
    with owner_engine.begin() as connection:
        connection.execute(sa.text("UPDATE term SET tax_ppm = :ppm"), {"ppm": tax_ppm})
    first_day = {"effective_on": D(2026, 8, 1)}
    term_changes.change_premium(quiet_ctx, ask=ask(bill, "a"), premium_cents=0, **first_day)
    term_changes.change_premium(quiet_ctx, ask=ask(bill, "b"), premium_cents=100, **first_day)
    term_changes.change_premium(quiet_ctx, ask=ask(bill, "c"), premium_cents=0, **first_day)
    ended = term_changes.cancel(quiet_ctx, ask=ask(bill, "d"), on=D(2026, 11, 24))
    assert ended.facts["kept_cents"] == 0
    paying.assert_books(quiet_ctx, with_stripe=False)
