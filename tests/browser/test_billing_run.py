"""A billing run at the desk: how far it is moves by itself, without the page being asked for."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from tests.browser import conftest
from tests.support import people

pytestmark = conftest.on_a_desk


@pytest.fixture
def started(database):
    with database.unit_of_work() as session:
        session.execute(
            sa.text(
                "INSERT INTO billing_run (on_date, started_at, found, issued)"
                " VALUES (:day, now(), 200, 50)"
            ),
            {"day": datetime.date(2026, 11, 20)},
        )


def test_how_far_a_run_is_moves_by_itself(visit, database, started):
    page = visit(people.make_staff(database, "specialist")).open("/desk/billing")
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "25")
    with database.unit_of_work() as session:
        session.execute(sa.text("UPDATE billing_run SET issued = 150"))
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "75")
    with database.unit_of_work() as session:
        session.execute(sa.text("UPDATE billing_run SET issued = 200, finished_at = now()"))
    expect(page.get_by_text("Finished")).to_be_visible()
