"""One story: a seed lived through day by day, proved quiet every night."""

from __future__ import annotations

import dataclasses
import datetime
import pathlib
import random
import zoneinfo
from collections.abc import Callable

from bench.simulation import actions, chaos, life, night, people, proofs, stage
from portal import jobs
from portal.kernel import clock as clocks

ZONE = zoneinfo.ZoneInfo("America/New_York")
FIRST_DAY = datetime.date(2026, 2, 23)  # the clocks go forward on 8 March
ACTIONS = 1.6  # of each customer in a day
AWAKE_MINUTES = 15 * 60
# What runs every minute or every few, and how often a step of the story meets it.
BY_THE_CLOCK = (
    ("recheck_payments", 0.6),
    ("sweep_intents", 0.3),
    ("post_fees", 0.2),
    ("recheck_refunds", 0.1),
    ("recheck_chargebacks", 0.05),
)
DAILY = ("run_billing", "earn_premium", "tidy_access")


class Broken(Exception):
    """Something does not hold: the seed, the day and what is wrong."""

    def __init__(self, seed: int, day: int, wrong: list[str], lines: list[str]) -> None:
        self.wrong = wrong
        self.lines = lines
        super().__init__(f"seed {seed}, day {day}: {'; '.join(wrong[:5])}")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """How long a story is, and of how many."""

    seed: int
    days: int
    customers: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a story came to."""

    seed: int
    digest: str
    payments: int
    settled: int
    refunds: int
    chargebacks: int
    events: int
    kills: int


def play(
    plan: Plan, *, url: str, folder: pathlib.Path, tells: Callable[[str], None] | None = None
) -> Outcome:
    """Live the story over an empty database; what it came to. Raises Broken."""
    rng = random.Random(plan.seed)
    first_day = FIRST_DAY + datetime.timedelta(days=rng.randrange(300))
    clock = clocks.SetClock(zone=ZONE, at=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
    clock.set(stage.start_of(first_day, clock))
    troubles = chaos.Chaos(rng, chaos.Odds.of(rng))
    played = stage.build(
        url=url, folder=folder, clock=clock, troubles=troubles, rng=rng, ids=str(plan.seed)
    )
    try:
        return _Story(plan, rng, played, first_day, tells).run()
    finally:
        played.close()


class _Story:
    def __init__(self, plan, rng, played, first_day, tells) -> None:
        self._plan = plan
        self._rng = rng
        self._stage = played
        self._first_day = first_day
        self._life = life.Life(
            rng=rng,
            people=people.make_customers(played.ctx, rng, number=plan.customers),
            staff=people.make_staff(played.ctx),
            diary=life.Diary(),
            stage=played,
            tells=tells,
        )
        played.chaos.meanwhile = self._meanwhile
        self._out = self._outage()

    def run(self) -> Outcome:
        """All days, then the end."""
        for day in range(self._plan.days):
            self._begin(day)
            self._live()
            self._rest(day, at_end=day == self._plan.days - 1)
        return self._outcome()

    def _begin(self, day: int) -> None:
        morning = stage.start_of(self._first_day + datetime.timedelta(days=day), self._stage.clock)
        self._stage.clock.set(max(morning, self._stage.clock.now()))
        self._stage.chaos.is_on = True
        if day == self._out.start:
            self._stage.post.is_out = True
        if day == self._out.stop:
            night.end_outage(self._life)
        for name in DAILY:
            self._run(name)

    def _live(self) -> None:
        steps = max(round(self._plan.customers * ACTIONS), 1)
        for _ in range(steps):
            pause = self._rng.randrange(1, max(2 * AWAKE_MINUTES // steps, 2))
            self._stage.clock.advance(datetime.timedelta(minutes=pause))
            self._tick()
            actions.draw(self._rng).act(self._life)

    def _rest(self, day: int, *, at_end: bool) -> None:
        self._stage.chaos.calm()
        if at_end and self._stage.post.is_out:
            night.end_outage(self._life)
        night.settle_down(self._life, at_end=at_end)
        wrong = proofs.find(self._life, told=not self._stage.post.is_out, at_end=at_end)
        if wrong:
            raise Broken(self._plan.seed, day, wrong, list(self._life.diary.lines))

    def _tick(self) -> None:
        """What arrives and is worked off by itself."""
        self._stage.queue.requeue()
        self._stage.post.collect()
        for delivery in self._stage.post.due():
            self._life.happen("event", lambda at=delivery: self._stage.post.deliver(at))
        for _ in range(night.MOST_JOBS):
            if not night.run_job(self._life):
                break
        for name, chance in BY_THE_CLOCK:
            if self._rng.random() < chance:
                self._run(name)

    def _run(self, name: str) -> None:
        """What runs by the clock; a killed run is begun again, as a stalled job is."""
        for _ in range(10):
            ran = self._life.happen(name, lambda: jobs.TASKS[name].run(self._stage.ctx))
            if ran != life.KILLED:
                return

    def _meanwhile(self) -> None:
        """Something else in just this moment: an event, a job, another tab."""
        draw = self._rng.random()
        if self._life.rivals and draw < 0.5:
            self._life.rivals.pop(self._rng.randrange(len(self._life.rivals)))()
        elif draw < 0.75:
            self._stage.post.collect()
            found = self._stage.post.due()
            if found:
                self._life.happen("event", lambda: self._stage.post.deliver(found[0]))
        else:
            night.run_job(self._life)

    def _outage(self) -> range:
        """The days on which no event arrives; none in half of the stories."""
        if self._plan.days < 3 or self._rng.random() < 0.5:
            return range(-1, -1)
        first = self._rng.randrange(self._plan.days - 1)
        return range(first, first + self._rng.choice((1, 1, 2, 3, 4)))

    def _outcome(self) -> Outcome:
        count = {
            name: self._life.rows(f"SELECT count(*) FROM {table}")[0][0]
            for name, table in (
                ("payments", "payment"),
                ("settled", "payment WHERE state = 'settled'"),
                ("refunds", "refund"),
                ("chargebacks", "chargeback"),
                ("events", "inbox_event"),
            )
        }
        return Outcome(
            seed=self._plan.seed,
            digest=self._life.diary.digest[:16],
            kills=self._stage.chaos.kills,
            **count,
        )
