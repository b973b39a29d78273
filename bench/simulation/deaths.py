"""A story whose processes really die: each is killed with SIGKILL at some commit point or call,
and another one goes on from the step before."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import pathlib
import signal
from typing import Any

from bench.simulation import database, story

MOST_DEATHS = 500


class NoEnd(Exception):
    """A process ended otherwise than by our SIGKILL, or they never stopped dying."""


def play(plan: story.Plan, kept: story.Kept, *, url: str, folder: pathlib.Path) -> story.Outcome:
    """Live the story over an empty database; `kept` tells where it is. Raises Broken, NoEnd."""
    for _ in range(MOST_DEATHS):
        said, code = _live(plan, kept, url, folder)
        if isinstance(said, story.Outcome):
            return said
        if isinstance(said, list):
            raise story.Broken(plan.seed, kept.day, said)
        if code != -signal.SIGKILL:
            raise NoEnd(f"seed {plan.seed}, day {kept.day}: a process ended with {code}")
        kept.kills += 1
        if kept.memory is not None:
            kept.memory.died["deliver_mail"] += 1  # it may have been this one
            kept.memory.say("killed")
    raise NoEnd(f"seed {plan.seed}: {MOST_DEATHS} deaths")


def _live(plan, kept, url, folder) -> tuple[Any, int | None]:
    """One process from here to its end; its last word, and how it ended."""
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(["bench.simulation.story"])
    ours, theirs = server.Pipe(duplex=False)
    process = server.Process(target=_incarnate, args=(theirs, plan, kept, url, folder))
    process.start()
    theirs.close()
    said: Any = None
    while True:
        try:
            word = ours.recv()
        except EOFError:
            break
        if isinstance(word, story.Kept):
            vars(kept).update(vars(word))
        else:
            said = word
    process.join()
    ours.close()
    return said, process.exitcode


def _incarnate(
    tells: multiprocessing.connection.Connection,
    plan: story.Plan,
    kept: story.Kept,
    url: str,
    folder: pathlib.Path,
) -> None:
    database.prepare()
    try:
        tells.send(story.go_on(plan, kept, url=url, folder=folder, report=tells.send))
    except story.Broken as broken:
        tells.send(broken.wrong)
