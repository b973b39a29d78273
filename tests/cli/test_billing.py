"""`flask billing run`: what it did and why not, again, tried, of a day to come."""

from __future__ import annotations

import datetime
import json

import pytest
import sqlalchemy as sa

from tests.support import bills

TODAY = datetime.date(2027, 1, 15)


@pytest.fixture
def run(app, clock):
    clock.set(bills.at(TODAY))

    def invoke(*options: str, on: datetime.date = TODAY):
        return app.test_cli_runner().invoke(args=["billing", "run", "--on", str(on), *options])

    return invoke


@pytest.fixture
def policies(database, clock):
    """Three with two bills due for billing each; the second of the third is told wrong."""
    made = [bills.make_bill(database, effective_on=datetime.date(2027, 1, 1)) for _ in range(3)]
    with database.unit_of_work() as session:
        session.execute(
            sa.text(
                "UPDATE installment SET period_end_on = period_start_on"
                " WHERE term_id = :term AND sequence = 2"
            ),
            {"term": made[2].term.id},
        )
    return made


def test_it_says_what_it_issued_and_what_it_set_aside_and_why(run, policies):
    told = run()
    assert told.exit_code == 0, told.output
    asked = "premium 312.23, tax 3.15, installment fee 15.00"
    assert f"{TODAY}: 5 invoices issued, {asked}" in told.output
    assert f"set aside: {policies[2].policy.number}, due 2027-02-01:" in told.output


def test_the_report_is_data_too(run, policies):
    found = json.loads(run("--json").output)
    assert (found["issued"], found["set_aside"]) == (5, 1)
    assert [one["policy"] for one in found["waiting"]] == [policies[2].policy.number]
    assert found["cents"]["premium"] > 0


def test_a_day_already_run_bills_nothing_again(run, policies):
    run()
    assert json.loads(run("--json").output)["issued"] == 0
    assert f"{TODAY}: 0 invoices issued, nothing to ask for" in run().output


def test_a_dry_run_changes_nothing_and_says_what_would_be(run, policies, database):
    told = json.loads(run("--dry-run", "--json").output)
    assert told["bills"] == 5
    assert sum(told["set_aside"].values()) == 1
    with database.reading() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM billing_run")) == 0


def test_a_day_to_come_is_refused(run, policies, database):
    told = run(on=TODAY + datetime.timedelta(days=1))
    assert told.exit_code == 2
    assert "lies in the future" in told.output
    with database.reading() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM billing_run")) == 0


@pytest.mark.parametrize("day", ["2027-02-30", "tomorrow", ""])
def test_what_is_no_day_is_refused(app, day):
    told = app.test_cli_runner().invoke(args=["billing", "run", "--on", day])
    assert told.exit_code == 2
