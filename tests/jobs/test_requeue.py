"""Which jobs of dead workers are queued again, and which must not be."""

import asyncio
from concurrent import futures

import pytest
import sqlalchemy as sa

from portal import jobs
from portal.kernel import db

STALE = jobs.STALLED_SECONDS + 1


@pytest.fixture
def queue_app(quiet_ctx):
    return jobs.build(quiet_ctx, role="portal_site", tasks={})


def requeue(app):
    async def run():
        async with app.open_async():
            return await jobs.requeue_stalled(app)

    with futures.ThreadPoolExecutor(1) as pool:  # the browser of other tests may hold this thread
        return pool.submit(asyncio.run, run()).result()


@pytest.fixture
def doing(database, owner_engine):
    """Makes a job that a worker began; `silent` seconds went by since its last heartbeat."""

    def make(*, silent=STALE, attempts=0, queueing_lock=None):
        with database.unit_of_work() as session:
            db.queue_task(session, "note", queueing_lock=queueing_lock)
        with owner_engine.begin() as connection:
            worker = connection.scalar(
                sa.text(
                    "INSERT INTO procrastinate_workers (last_heartbeat)"
                    " VALUES (now() - make_interval(secs => :silent)) RETURNING id"
                ),
                {"silent": silent},
            )
            connection.execute(
                sa.text(
                    "UPDATE procrastinate_jobs SET status = 'doing', worker_id = :worker,"
                    " attempts = :attempts WHERE status = 'todo'"
                ),
                {"worker": worker, "attempts": attempts},
            )

    return make


def statuses(database):
    with database.reading() as session:
        return session.scalars(
            sa.text("SELECT status::text FROM procrastinate_jobs ORDER BY id")
        ).all()


def test_a_job_of_a_silent_worker_waits_again(queue_app, doing, database):
    doing()
    assert requeue(queue_app) == 1
    assert statuses(database) == ["todo"]


def test_a_job_of_a_living_worker_is_left_alone(queue_app, doing, database):
    doing(silent=jobs.HEARTBEAT_SECONDS)
    assert requeue(queue_app) == 0
    assert statuses(database) == ["doing"]


def test_a_job_that_kills_every_worker_fails_in_the_end(queue_app, doing, database):
    doing(attempts=jobs.MAX_ATTEMPTS)
    assert requeue(queue_app) == 0
    assert statuses(database) == ["failed"]


def test_where_another_waits_under_the_same_lock_that_one_does_the_work(queue_app, doing, database):
    doing(queueing_lock="one")
    with database.unit_of_work() as session:
        db.queue_task(session, "note", queueing_lock="one")
    assert requeue(queue_app) == 0
    assert statuses(database) == ["failed", "todo"]
