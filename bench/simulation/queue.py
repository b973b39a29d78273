"""A worker of one thread over Procrastinate's own tables, by the story's clock.

It takes, finishes and tries again as a worker does; a job whose worker died waits until it is
found stalled. What runs every minute or every night is begun here too.
"""

from __future__ import annotations

import collections
import datetime
from collections.abc import Sequence
from typing import NamedTuple

import psycopg

from portal import jobs
from portal.domain.payments.operations import settling
from portal.gateways import ports
from portal.journeys import context

LIMIT = 5_000
_TAKE = """
    UPDATE procrastinate_jobs SET status = 'doing' WHERE id = (
        SELECT j.id FROM procrastinate_jobs j
        WHERE j.status = 'todo' AND NOT j.task_name = ANY(%(left_out)s)
          AND (j.scheduled_at IS NULL OR j.scheduled_at <= %(now)s)
          AND (j.lock IS NULL OR NOT EXISTS (
              SELECT FROM procrastinate_jobs r WHERE r.lock = j.lock AND r.status = 'doing'))
        ORDER BY j.priority DESC, j.id LIMIT 1
    ) RETURNING id, task_name, args, attempts
"""
_DONE = "DELETE FROM procrastinate_jobs WHERE id = %(id)s"
_FAIL = "UPDATE procrastinate_jobs SET status = 'failed' WHERE id = %(id)s"
_AGAIN = """
    UPDATE procrastinate_jobs
    SET status = 'todo', attempts = attempts + 1, scheduled_at = %(at)s WHERE id = %(id)s
"""
_STALLED = """
    UPDATE procrastinate_jobs SET status = 'todo', attempts = attempts + 1
    WHERE status = 'doing' AND NOT id = ANY(%(running)s)
"""
_NEXT_AT = """
    SELECT min(scheduled_at) FROM procrastinate_jobs
    WHERE status = 'todo' AND NOT task_name = ANY(%(left_out)s)
"""
_COUNT = """
    SELECT count(*) FROM procrastinate_jobs
    WHERE status = %(status)s AND NOT task_name = ANY(%(left_out)s)
"""


class Job(NamedTuple):
    """A job that this worker holds."""

    id: int
    name: str
    args: dict
    attempts: int


class Queue:
    """The jobs of one database; those that are `left_out` wait for ever."""

    def __init__(
        self, connection: psycopg.Connection, ctx: context.Context, *, left_out: Sequence[str] = ()
    ) -> None:
        """`connection` commits each statement by itself."""
        self._left_out = list(left_out)
        self._connection = connection
        self._ctx = ctx
        self._running: list[int] = []
        self.failures: list[str] = []
        self.died: collections.Counter[str] = collections.Counter()  # with their worker, by name

    def take(self) -> Job | None:
        """The next job that is due, held from now on."""
        row = self._ask(_TAKE, now=self._ctx.clock.now(), left_out=self._left_out).fetchone()
        return None if row is None else Job(*row)

    def run(self, job: Job) -> str:
        """Run a held job and write down how it ended, which is given back in a word.

        A kill leaves it held, as a death does.
        """
        task = jobs.TASKS[job.name]
        self._running.append(job.id)
        self.died[job.name] += 1  # unless it is written down below how it ended
        try:
            task.run(self._ctx, **job.args)
        except jobs.PASSING as trouble:
            if job.attempts >= task.again.times:
                return self._fail(job, trouble)
            wait = datetime.timedelta(seconds=task.again.wait(job.attempts))
            return self._end(job, "again", _AGAIN, at=self._ctx.clock.now() + wait)
        except (ports.GatewayRefused, settling.WrongAmount) as trouble:
            return self._fail(job, trouble)  # left for people: the proofs of the day find it
        else:
            return self._end(job, "done", _DONE)
        finally:
            self._running.remove(job.id)

    def requeue(self) -> int:
        """Give the jobs of dead workers back; how many."""
        return self._ask(_STALLED, running=self._running).rowcount

    def next_at(self) -> datetime.datetime | None:
        """When the first waiting job wants to run."""
        return self._ask(_NEXT_AT, left_out=self._left_out).fetchone()[0]

    def count(self, status: str) -> int:
        """How many jobs are in this state."""
        return self._ask(_COUNT, status=status, left_out=self._left_out).fetchone()[0]

    def _end(self, job: Job, word: str, statement: str, **values: object) -> str:
        self._ask(statement, id=job.id, **values)
        self.died[job.name] -= 1
        return word

    def _fail(self, job: Job, trouble: Exception) -> str:
        self.failures.append(f"{job.name} {job.args}: {type(trouble).__name__}: {trouble}")
        return self._end(job, "failed", _FAIL)

    def _ask(self, statement: str, **values: object) -> psycopg.Cursor:
        return self._connection.execute(statement, values)
