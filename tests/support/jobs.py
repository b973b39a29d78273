"""Runs the waiting jobs of the test's database here and now, in order; starts no worker."""

from __future__ import annotations

import datetime

import sqlalchemy as sa

from portal import jobs

LIMIT = 2_000
NEXT = sa.text(
    "SELECT id, task_name, args, attempts FROM procrastinate_jobs"
    " WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= :now)"
    " AND task_name = ANY(:names) ORDER BY priority DESC, id LIMIT 1"
)
UNKNOWN = sa.text(
    "SELECT DISTINCT task_name FROM procrastinate_jobs"
    " WHERE status = 'todo' AND NOT task_name = ANY(:names)"
)
MARK = sa.text("UPDATE procrastinate_jobs SET status = :status WHERE id = :id")
AGAIN = sa.text(
    "UPDATE procrastinate_jobs SET status = 'todo', attempts = attempts + 1, scheduled_at = :at"
    " WHERE id = :id"
)


def run_all(ctx, *, only: tuple[str, ...] = (), limit: int = LIMIT) -> list[str]:
    """Run every job that is due by the context's clock until none is; the names, in order.

    What fails in a way that may pass waits for its next try, as with a worker: move the clock
    and run again. Any other failure marks the job failed and is raised. A name that no table
    knows is an error. With `only`, other jobs are left waiting.
    """
    known = list(jobs.TASKS)
    ran: list[str] = []
    for _ in range(limit):
        with ctx.database.unit_of_work() as session:
            unknown = session.scalars(UNKNOWN, {"names": known}).all()
            assert not unknown, f"no such task: {unknown}"
            due = {"now": ctx.clock.now(), "names": list(only) or known}
            job = session.execute(NEXT, due).one_or_none()
            if job is None:
                return ran
            session.execute(MARK, {"id": job.id, "status": "doing"})
        ran.append(job.task_name)
        _run(ctx, job)
    raise AssertionError(f"still jobs left after {limit}: {ran[-10:]}")


def waiting(ctx) -> list[tuple[str, dict]]:
    """Name and arguments of every job that waits, due or not, oldest first."""
    with ctx.database.reading() as session:
        found = session.execute(
            sa.text(
                "SELECT task_name, args FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id"
            )
        )
        return [(name, args) for name, args in found]


def _run(ctx, job) -> None:
    task = jobs.TASKS[job.task_name]
    try:
        task.run(ctx, **job.args)
    except jobs.PASSING:
        if job.attempts >= task.again.times:
            _write(ctx, MARK, id=job.id, status="failed")
            raise
        wait = datetime.timedelta(seconds=task.again.wait(job.attempts))
        _write(ctx, AGAIN, id=job.id, at=ctx.clock.now() + wait)
    except BaseException:
        _write(ctx, MARK, id=job.id, status="failed")
        raise
    else:
        _write(ctx, MARK, id=job.id, status="succeeded")


def _write(ctx, statement: sa.TextClause, **values: object) -> None:
    with ctx.database.unit_of_work() as session:
        session.execute(statement, values)
