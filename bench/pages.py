"""`python -m bench.pages`: the pages of bills against the floor, in turns, on one machine.

Exits with 1 when a page reaches less than 0.35 of the floor's requests a second, or when its
ratio moves by more than 15 % between two sizes of the database.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import datetime
import statistics
import sys
import threading
from collections.abc import Iterator, Sequence

from bench import driver, machine, profile

BAR = 0.35
DRIFT = 0.15
CONNECTIONS = (1, 8)
FLOOR = "floor"
# Which process takes a connection is chance, and stays so while it is kept: several openings of
# the same connections make one figure.
OPENINGS = {1: 1, 8: 4}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Target:
    """One page of one server over a database of a size."""

    size: int
    page: str
    address: str
    calls: tuple[driver.Call, ...]


def main() -> int:
    """Measure as asked; 0 when every bar holds."""
    asked = _asked()
    sizes = [int(size) for size in asked.sizes.split(",")]
    if asked.profile:
        profile.show(machine.database(sizes[0]))
        return 0
    rounds = asked.rounds or (7 if len(sizes) > 1 else 4)
    print(f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC, {driver.name()}, ", end="")
    print(f"{rounds} rounds of {asked.seconds:.0f} s, load {machine.load()}")
    with contextlib.ExitStack() as stack:
        targets = [t for size in sizes for t in stack.enter_context(_targets(size))]
        _measure(targets, rounds=1, seconds=1)  # warm
        rates = _measure(targets, rounds=rounds, seconds=asked.seconds, pause=asked.pause)
    print(f"load at the end {machine.load()}")
    return 0 if _judge(sizes, targets, rates) else 1


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("--sizes", default="10000", help="invoices, like 10000,1000000")
    parser.add_argument("--rounds", type=int, default=0, help="4, or 7 for two sizes")
    parser.add_argument("--seconds", type=float, default=2, help="of each measurement")
    parser.add_argument("--pause", type=float, default=0, help="between rounds, in seconds")
    parser.add_argument("--profile", action="store_true", help="show where the time goes")
    return parser.parse_args()


@contextlib.contextmanager
def _targets(size: int) -> Iterator[list[Target]]:
    url = machine.database(size)
    people = machine.people(machine.site(url))
    if not people:
        raise RuntimeError("nobody in this database has a full page")
    env = machine.environ(url)
    with (
        machine.serving(
            f"floor-{size}", "bench.floor:app", env=env, ready=f"/rows/{people[0].id}"
        ) as floor,
        machine.serving(f"site-{size}", "wsgi:app", env=env, ready="/healthz") as site,
    ):
        yield [
            Target(
                size=size,
                page=FLOOR,
                address=floor,
                calls=tuple(driver.Call(path=f"/rows/{one.id}") for one in people),
            ),
            Target(
                size=size,
                page="/invoices",
                address=site,
                calls=tuple(driver.Call(path="/invoices", cookie=one.cookie) for one in people),
            ),
            Target(
                size=size,
                page="/invoices/<no>",
                address=site,
                calls=tuple(
                    driver.Call(path=f"/invoices/{one.invoice_no}", cookie=one.cookie)
                    for one in people
                ),
            ),
        ]


Key = tuple[int, str, int]  # size, page, connections
Rates = dict[Key, list[float]]  # requests a second, round by round


def _measure(targets: Sequence[Target], *, rounds: int, seconds: float, pause: float = 0) -> Rates:
    found: Rates = {}
    for _ in range(rounds):
        threading.Event().wait(pause)
        for connections in CONNECTIONS:
            for target in targets:
                rate = _rate(target, connections=connections, seconds=seconds)
                found.setdefault((target.size, target.page, connections), []).append(rate)
    return found


def _rate(target: Target, *, connections: int, seconds: float) -> float:
    openings = OPENINGS[connections]
    return statistics.mean(
        driver.rate(
            target.address,
            target.calls,
            connections=connections,
            seconds=max(seconds / openings, 1),
            folder=machine.FOLDER,
        )
        for _ in range(openings)
    )


def _ratio(rates: Rates, key: Key) -> float:
    """The median of a page's share of the floor, each round with the floor of that round.

    What else the machine does changes from minute to minute; within a round it is much the same.
    """
    size, _, connections = key
    floor = rates[size, FLOOR, connections]
    return statistics.median(a / b for a, b in zip(rates[key], floor, strict=True))


def _judge(sizes: Sequence[int], targets: Sequence[Target], rates: Rates) -> bool:
    """Print every figure; whether all bars hold."""
    holds = True
    pages = dict.fromkeys(target.page for target in targets)
    print(f"\n{'invoices':>9} {'page':<15} {'connections':>11} {'a second':>9} {'of floor':>9}")
    ratios: dict[Key, float] = {}
    for size in sizes:
        for page in pages:
            for connections in CONNECTIONS:
                rate = statistics.median(rates[size, page, connections])
                ratio = ratios[size, page, connections] = _ratio(rates, (size, page, connections))
                mark = "" if ratio >= BAR else f"  below {BAR}"
                holds &= not mark
                print(f"{size:>9} {page:<15} {connections:>11} {rate:>9.0f} {ratio:>9.2f}{mark}")
    for page in (page for page in pages if page != FLOOR and len(sizes) > 1):
        for connections in CONNECTIONS:
            change = ratios[sizes[-1], page, connections] / ratios[sizes[0], page, connections] - 1
            mark = "" if abs(change) <= DRIFT else f"  more than {DRIFT:.0%}"
            holds &= not mark
            print(f"{page}, {connections} connections: the ratio changes by {change:+.1%}{mark}")
    return holds


if __name__ == "__main__":
    sys.exit(main())
