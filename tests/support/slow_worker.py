"""A real worker process for tests: `python -m tests.support.slow_worker URL FILE`.

Its one journey writes a line to FILE when it begins, and another when it ends.
"""

from __future__ import annotations

import asyncio
import pathlib
import sys
import threading
import types
import zoneinfo

from portal import jobs, logs
from portal.gateways import queue
from portal.kernel import clock as clocks
from portal.kernel import db

FILE = pathlib.Path(sys.argv[-1])
ZONE = zoneinfo.ZoneInfo("America/New_York")


def note(ctx, *, word, seconds=0.0):
    """Write down that a job begins, take a while, write down that it ended."""
    _write(f"begins {word}")
    threading.Event().wait(seconds)
    _write(f"ended {word}")


def _write(line):
    with FILE.open("a") as file:
        file.write(f"{line}\n")


def main() -> None:
    """Work until told to stop."""
    logs.configure()
    database = db.Database(sys.argv[1], role="portal_site", defer=queue.deferrer())
    ctx = types.SimpleNamespace(database=database, clock=clocks.SystemClock(zone=ZONE))
    tasks = {"note": jobs.Background(journey=note)}
    app = jobs.build(ctx, role="portal_site", tasks=tasks)
    asyncio.run(jobs.work(app, concurrency=2))


if __name__ == "__main__":
    main()
