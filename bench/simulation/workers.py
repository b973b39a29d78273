"""Plays many seeds in a few processes, each with a database of its own; one failure stops none."""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import multiprocessing
import multiprocessing.connection
import os
import pathlib
import signal
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence

from bench.simulation import database, deaths, doors, results, story

MOST_SAID = 2_000  # characters about a failure
_ground: list[database.Ground] = []  # of this process


def play_all(plans: Sequence[story.Plan], *, workers: int) -> Iterator[results.Result]:
    """The result of each plan as it comes."""
    begins = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(
        workers, mp_context=begins, initializer=_begin
    ) as pool:
        waiting = {pool.submit(play_one, plan): plan.seed for plan in plans}
        for future in concurrent.futures.as_completed(waiting):
            trouble = future.exception()
            if trouble is None:
                yield future.result()
            else:
                said = f"{type(trouble).__name__}: {trouble}"[:MOST_SAID]
                yield results.Result(seed=waiting[future], seconds=0.0, wrong=said)


def play_one(plan: story.Plan) -> results.Result:
    """Play one seed in this process."""
    ground = _ground[0] if _ground else _begin()
    begun = time.perf_counter()
    with (
        contextlib.ExitStack() as failing,
        tempfile.TemporaryDirectory(prefix="simulation-") as folder,
    ):
        failing.callback(doors.close)  # nothing of a story that failed reaches the next one
        play = deaths.play if plan.really else story.go_on
        outcome = play(plan, story.Kept(), url=ground.empty(), folder=pathlib.Path(folder))
        failing.pop_all()
    return results.Result(
        seed=plan.seed,
        seconds=round(time.perf_counter() - begun, 2),
        outcome=dataclasses.asdict(outcome),
    )


def _begin() -> database.Ground:
    """Make this process ready; it ends with its parent, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent stops us
    threading.Thread(target=_end_with_parent, daemon=True).start()
    database.prepare()
    _ground.append(database.Ground(f"simulation_{os.getpid()}"))
    return _ground[0]


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)
