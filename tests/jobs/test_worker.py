"""A real worker process: it starts at once, stops kindly, and its death loses no job."""

import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import pytest
import sqlalchemy as sa

from portal.kernel import db

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Worker:
    """A worker process whose journey writes lines into a file."""

    def __init__(self, url, folder):
        self.notes = folder / "notes.txt"
        self.log = folder / "worker.log"
        self._url = url

    def start(self):
        command = [sys.executable, "-m", "tests.support.slow_worker", self._url, str(self.notes)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)

    def end(self, how):
        self.process.send_signal(how)
        return self.process.wait(30)

    def lines(self):
        return self.notes.read_text().splitlines() if self.notes.exists() else []


@pytest.fixture
def worker(owner_engine, database, tmp_path):
    made = Worker(owner_engine.url.render_as_string(hide_password=False), tmp_path)
    made.start()
    until(lambda: scalar(database, "SELECT count(*) FROM procrastinate_workers") == 1, made)
    yield made
    if made.process.poll() is None:
        made.end(signal.SIGKILL)


def until(reached, worker):
    pause = threading.Event()
    for _ in range(1_500):
        if reached():
            return
        pause.wait(0.02)
    raise AssertionError(worker.log.read_text())


def scalar(database, statement):
    with database.reading() as session:
        return session.scalar(sa.text(statement))


def queue(database, **args):
    with database.unit_of_work() as session:
        db.queue_task(session, "note", **args)


def test_a_job_begins_at_once_leaves_the_table_and_is_ended_before_a_stop(worker, database):
    queue(database, word="warm")
    until(lambda: "ended warm" in worker.lines(), worker)
    queue(database, word="quick")
    committed = time.perf_counter()
    until(lambda: "begins quick" in worker.lines(), worker)
    assert time.perf_counter() - committed < 1.0
    until(lambda: scalar(database, "SELECT count(*) FROM procrastinate_jobs") == 0, worker)

    # and told to stop, it ends the job that it is at
    queue(database, word="slow", seconds=1.0)
    until(lambda: "begins slow" in worker.lines(), worker)
    assert worker.end(signal.SIGTERM) == 0
    assert worker.lines()[-2:] == ["begins slow", "ended slow"]
    assert scalar(database, "SELECT count(*) FROM procrastinate_workers") == 0


def test_the_job_of_a_killed_worker_is_queued_again_and_ends(worker, database, owner_engine):
    queue(database, word="cut", seconds=1.0)
    until(lambda: "begins cut" in worker.lines(), worker)
    os.kill(worker.process.pid, signal.SIGKILL)
    worker.process.wait(30)
    assert scalar(database, "SELECT status::text FROM procrastinate_jobs") == "doing"
    with owner_engine.begin() as connection:  # as if half a minute had gone by
        connection.exec_driver_sql(
            "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '31 seconds'"
        )
    worker.start()
    until(lambda: worker.lines() == ["begins cut", "begins cut", "ended cut"], worker)
