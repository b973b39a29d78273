"""`python -m bench.simulate --seed S --days D --customers N`: the product lived through by a seed.

Real journeys, the real SDK, the sandbox and PostgreSQL; answers are lost, processes die at commit
points, events come late, twice or not at all. Every night the books and both sides are proved.
Exits with 1 when something does not hold, and names the seed, which tells the same story again.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import sys
import tempfile
import time

from bench.simulation import database, deaths, results, story, workers

DAYS = 8
CUSTOMERS = 10
KILL = 0.003  # the least chance of a real kill at each point


def main() -> int:
    """Play what was asked for; 0 when everything held."""
    given = _arguments()
    return _many(given) if given.seeds else _one(given)


def _one(given: argparse.Namespace) -> int:
    """One seed in this process, and all of its last words when it does not come to its end."""
    database.prepare()
    ground = database.Ground(f"simulation_{os.getpid()}")
    begun = time.perf_counter()
    plan, kept, outcome = _plan(given, given.seed), story.Kept(), None
    print(plan)
    try:
        with tempfile.TemporaryDirectory(prefix="simulation-") as folder:
            at = {"url": ground.empty(), "folder": pathlib.Path(folder)}
            if plan.really:
                outcome = deaths.play(plan, kept, **at)
            else:
                outcome = story.go_on(plan, kept, **at, tells=print if given.tell else None)
    except story.Broken as broken:
        print(broken, *broken.wrong, sep="\n  ")
    finally:
        ground.close()
        if outcome is None and kept.memory is not None:
            print(*kept.memory.lines, f"seed {plan.seed}, day {kept.day}", sep="\n")
    print(outcome, f"{time.perf_counter() - begun:.1f} s")
    return 0 if outcome else 1


def _many(given: argparse.Namespace) -> int:
    """All seeds that are left, and what they came to."""
    about = {"days": given.days, "customers": given.customers, "really": given.kill9}
    kept = results.Results(given.resume, about=about)
    begun = time.perf_counter()
    plans = [_plan(given, seed) for seed in kept.left(given.seeds)]
    for result in workers.play_all(plans, workers=given.workers):
        kept.add(result)
        if result.wrong:
            print(f"seed {result.seed}: {result.wrong}", flush=True)
    print(kept.sums(), f"{time.perf_counter() - begun:.1f} s now")
    return 1 if kept.sums()["failed"] else 0


def _plan(given: argparse.Namespace, seed: int) -> story.Plan:
    return story.Plan(
        seed=seed,
        days=given.days,
        customers=given.customers,
        really=given.kill9,
        kill=KILL if given.kill9 else 0.0,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.simulate", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="one story")
    parser.add_argument("--seeds", type=_span, help="many: A-B, both included")
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--workers", type=int, default=1, help="processes that share the seeds")
    parser.add_argument("--resume", type=pathlib.Path, help="keep results here, and go on with it")
    parser.add_argument("--kill9", action="store_true", help="processes die of a real SIGKILL")
    parser.add_argument("--tell", action="store_true", help="print one story as it goes on")
    return parser.parse_args()


def _span(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


if __name__ == "__main__":
    sys.exit(main())
