"""Defers jobs into Procrastinate's tables through the caller's own connection."""

from __future__ import annotations

from collections.abc import Sequence

import procrastinate
import procrastinate.exceptions
import sqlalchemy as sa

from portal.kernel import db


def deferrer() -> db.Defer:
    """A function that inserts tasks on a given connection, inside its transaction.

    No pool is opened: only the caller's connection is used. A task whose `queueing_lock` is
    taken stands in a savepoint of its own, so that the conflict leaves the transaction whole.
    """
    app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())

    def defer(connection: sa.Connection, tasks: Sequence[db.Task]) -> None:
        raw = connection.connection.driver_connection
        for task in tasks:
            options = {
                "lock": task.lock,
                "queueing_lock": task.queueing_lock,
                "schedule_at": task.run_at,
                "connection": raw,
            }
            given = {name: value for name, value in options.items() if value is not None}
            job = app.configure_task(task.name, **given)
            if task.queueing_lock is None:
                job.defer(**task.args)
                continue
            try:
                with raw.transaction():
                    job.defer(**task.args)
            except procrastinate.exceptions.AlreadyEnqueued:
                continue  # one is waiting already, which is what the lock asks for

    return defer
