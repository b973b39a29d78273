"""The table of background journeys: names, second tries, and the hours in the insurer's zone."""

import datetime
import inspect
import zoneinfo

import pytest
import sqlalchemy.exc

from portal import jobs
from portal.gateways import ports

NAMES = {
    "deliver_mail",
    "handle_stripe_event",
    "recheck_payments",
    "sweep_intents",
    "post_fees",
    "recheck_refunds",
    "recheck_chargebacks",
    "send_evidence",
    "send_refund",
    "renew_terms",
    "run_billing",
    "tell_bills",
    "tell_bills_together",
    "announce_drafts",
    "warn_expiring",
    "earn_premium",
    "check_books",
    "tidy_access",
    "collect_drafts",
    "detach_method",
}


class FakeJob:
    def __init__(self, attempts):
        self.attempts = attempts


def decision(policy, error, attempts=0):
    return policy.get_retry_decision(exception=error, job=FakeJob(attempts))


def test_the_names_that_journeys_queue_by_are_these():
    assert set(jobs.TASKS) == NAMES


def test_the_queue_knows_every_journey_of_the_table_and_the_rescue(quiet_ctx):
    assert NAMES | {jobs.REQUEUE} <= set(jobs.build(quiet_ctx).tasks)


def test_what_is_daily_takes_the_day():
    for name, task in jobs.TASKS.items():
        assert ("on" in inspect.signature(task.journey).parameters) == task.daily, name


@pytest.mark.parametrize(
    "error",
    [
        ports.GatewayUnknown(),
        ports.GatewayUnreachable(),
        sqlalchemy.exc.OperationalError("SELECT 1", {}, Exception("gone")),
    ],
)
def test_trouble_that_may_pass_is_tried_again(error):
    assert decision(jobs.OFTEN, error) is not None


def test_a_fault_of_ours_is_not_tried_again():
    assert decision(jobs.OFTEN, ValueError()) is None


def test_waits_double_up_to_an_hour_and_end():
    waits = [jobs.OFTEN.wait(n) for n in range(jobs.MAX_ATTEMPTS)]
    assert waits[:4] == [2, 4, 8, 16]
    assert max(waits) == 3600
    assert sum(waits) > 8 * 3600
    assert decision(jobs.OFTEN, ports.GatewayUnknown(), attempts=jobs.MAX_ATTEMPTS) is None


def test_what_runs_every_minute_needs_no_second_try():
    assert decision(jobs.NEVER, ports.GatewayUnknown()) is None


@pytest.mark.parametrize(
    ("moment", "hour"),
    [
        ("2026-03-08T20:00:00+00:00", "2026-03-08T04:10:00-04:00"),  # clocks went forward
        ("2026-11-01T20:00:00+00:00", "2026-11-01T04:10:00-05:00"),  # and back
        ("2026-07-01T07:00:00+00:00", "2026-06-30T04:10:00-04:00"),  # 03:00 in New York
    ],
)
def test_nights_are_those_of_the_insurers_zone(quiet_ctx, moment, hour):
    tasks = {"nightly": jobs.Background(journey=given_day, cron="10 4 * * *")}
    app = jobs.build(quiet_ctx, tasks=tasks)
    cron = app.periodic_registry.periodic_tasks["nightly", ""].croniter
    cron.set_current(start_time=datetime.datetime.fromisoformat(moment).timestamp())
    last = datetime.datetime.fromtimestamp(
        cron.get_prev(ret_type=float), zoneinfo.ZoneInfo("America/New_York")
    )
    assert last == datetime.datetime.fromisoformat(hour)


def given_day(ctx, *, on):
    assert on == ctx.clock.today()


def test_a_nightly_journey_is_given_the_insurers_day(quiet_ctx):
    task = jobs.Background(journey=given_day, daily=True)
    task.run(quiet_ctx)
    task.run(quiet_ctx, on="2026-11-24")
