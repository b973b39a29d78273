"""The stand-in for a worker that journeys' tests use: order, second tries, failures."""

import datetime

import pytest
import sqlalchemy as sa

from portal import jobs
from portal.gateways import ports
from portal.kernel import db
from tests.support import jobs as background

ran = []


def note(ctx, *, word):
    ran.append(word)


def ask_again(ctx, *, word):
    ran.append(word)
    if word == "first":
        with ctx.database.unit_of_work() as session:
            db.queue_task(session, "note", word="second")


def no_answer(ctx):
    ran.append("no answer")
    raise ports.GatewayUnknown


def broken(ctx):
    raise ZeroDivisionError


@pytest.fixture(autouse=True)
def table(monkeypatch):
    ran.clear()
    journeys = (note, ask_again, no_answer, broken)
    tasks = {one.__name__: jobs.Background(journey=one) for one in journeys}
    monkeypatch.setattr(jobs, "TASKS", tasks)


def queue(ctx, name, **args):
    with ctx.database.unit_of_work() as session:
        db.queue_task(session, name, **args)


def statuses(ctx):
    with ctx.database.reading() as session:
        return session.scalars(
            sa.text("SELECT status::text FROM procrastinate_jobs ORDER BY id")
        ).all()


def test_jobs_run_in_order_and_what_they_queue_runs_too(quiet_ctx):
    queue(quiet_ctx, "ask_again", word="first")
    queue(quiet_ctx, "note", word="other")
    assert background.run_all(quiet_ctx) == ["ask_again", "note", "note"]
    assert ran == ["first", "other", "second"]
    assert statuses(quiet_ctx) == ["succeeded"] * 3


def test_a_failure_that_may_pass_waits_for_its_next_try(quiet_ctx, clock):
    queue(quiet_ctx, "no_answer")
    assert background.run_all(quiet_ctx) == ["no_answer"]
    assert background.run_all(quiet_ctx) == []
    clock.advance(datetime.timedelta(seconds=2))
    assert background.run_all(quiet_ctx) == ["no_answer"]
    assert background.waiting(quiet_ctx) == [("no_answer", {})]


def test_any_other_failure_is_raised_and_the_job_failed(quiet_ctx):
    queue(quiet_ctx, "broken")
    with pytest.raises(ZeroDivisionError):
        background.run_all(quiet_ctx)
    assert statuses(quiet_ctx) == ["failed"]


def test_a_job_for_later_waits_until_the_clock_says_so(quiet_ctx, clock):
    with quiet_ctx.database.unit_of_work() as session:
        later = clock.now() + datetime.timedelta(hours=1)
        db.queue_task(session, "note", word="later", run_at=later)
    assert background.run_all(quiet_ctx) == []
    clock.advance(datetime.timedelta(hours=1))
    assert background.run_all(quiet_ctx) == ["note"]


def test_only_what_is_asked_for_runs(quiet_ctx):
    queue(quiet_ctx, "note", word="asked")
    queue(quiet_ctx, "broken")
    assert background.run_all(quiet_ctx, only=("note",)) == ["note"]
    assert background.waiting(quiet_ctx) == [("broken", {})]


def test_a_name_that_no_table_knows_is_an_error(quiet_ctx):
    queue(quiet_ctx, "misspelt")
    with pytest.raises(AssertionError, match="misspelt"):
        background.run_all(quiet_ctx)
