"""One story: a seed lived through day by day, proved quiet every night.

It can be gone on with from any step by another process, where the one before was killed.
"""

from __future__ import annotations

import dataclasses
import datetime
import pathlib
import random
import zoneinfo
from collections.abc import Callable

from bench.simulation import actions, banks, chaos, drafts, life, night, people, proofs, stage
from portal import jobs
from portal.kernel import clock as clocks

ZONE = zoneinfo.ZoneInfo("America/New_York")
FIRST_DAY = datetime.date(2026, 2, 23)  # or one of the 300 after it: all changes of the clocks
BEFORE = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
ACTIONS = 2.5  # of each customer in a day
AWAKE_MINUTES = 15 * 60
DAILY = ("run_billing", "earn_premium", "announce_drafts", "tidy_access", "warn_expiring")
PAST = datetime.timedelta(days=15)  # before the first day people live without any trouble
COLLECTS = 0.08  # how often a step meets the run that takes drafts
# What runs every minute or every few, and how often a step of the story meets it.
BY_THE_CLOCK = (
    ("recheck_payments", 0.6),
    ("sweep_intents", 0.3),
    ("post_fees", 0.2),
    ("recheck_refunds", 0.1),
    ("recheck_chargebacks", 0.05),
)
SHOWN = 8  # of what is wrong
MOST_DEATHS = 10  # of one run by the clock, one after the other
_COUNTED = {
    "payments": "SELECT count(*) FROM payment",
    "settled": "SELECT count(*) FROM payment WHERE state = 'settled'",
    "refunds": "SELECT count(*) FROM refund",
    "chargebacks": "SELECT count(*) FROM chargeback",
    "events": "SELECT count(*) FROM inbox_event",
}

Told = Callable[[str], None]


class Broken(Exception):
    """Something does not hold: the seed, the day and what is wrong."""

    def __init__(self, seed: int, day: int, wrong: list[str]) -> None:
        super().__init__(seed, day, wrong)
        self.wrong = wrong

    def __str__(self) -> str:
        seed, day, wrong = self.args
        return f"seed {seed}, day {day}: {'; '.join(wrong[:SHOWN])}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """How long a story is, and of how many.

    `really`: processes die of a real SIGKILL; `kill` is the least chance of it at each point,
    where the seed might choose a calm life. Mails are queued in every story and go out in a
    quarter of them.
    """

    seed: int
    days: int
    customers: int
    really: bool = False
    kill: float = 0.0

    @property
    def sends_mail(self) -> bool:
        """Whether the queued mails go out."""
        return self.seed % 4 == 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a story came to."""

    seed: int
    digest: str
    kills: int
    payments: int
    settled: int
    refunds: int
    chargebacks: int
    events: int


@dataclasses.dataclass
class Kept:
    """All that outlives a process: where the story is, and what people have in their hands."""

    memory: life.Memory | None = None
    first_day: datetime.date = FIRST_DAY
    odds: chaos.Odds = chaos.CALM
    outage: range = range(0)
    at: datetime.datetime | None = None
    day: int = 0
    step: int = 0
    is_out: bool = False
    kills: int = 0


def go_on(
    plan: Plan,
    kept: Kept,
    *,
    url: str,
    folder: pathlib.Path,
    tells: Told | None = None,
    report: Callable[[Kept], None] | None = None,
) -> Outcome:
    """Live the story in this process, from where it is; `report` is told after every step.

    The database is empty at the beginning. Raises Broken. Every process of a story draws from
    a stream of its own, so that none repeats another's death.
    """
    seed = f"{plan.seed}" if not kept.kills else f"{plan.seed} after {kept.kills}"
    rng = random.Random(seed)
    clock = clocks.SetClock(zone=ZONE, at=kept.at or BEFORE)
    if kept.memory is None:
        _begin(plan, kept, rng)
        clock.set(stage.start_of(kept.first_day - PAST, clock))
    troubles = chaos.Chaos(rng, kept.odds, really=plan.really)
    played = stage.build(
        url=url,
        folder=folder,
        clock=clock,
        troubles=troubles,
        rng=rng,
        ids=seed,
        sends_mail=plan.sends_mail,
    )
    try:
        return _Story(plan, kept, rng, played, tells, report).run()
    finally:
        played.close()


def _begin(plan: Plan, kept: Kept, rng: random.Random) -> None:
    kept.first_day += datetime.timedelta(days=rng.randrange(300))
    kept.odds = chaos.Odds.of(rng)
    kept.odds = dataclasses.replace(kept.odds, kill=max(kept.odds.kill, plan.kill))
    if plan.days >= 3 and rng.random() < 0.5:  # the days on which no event arrives
        first = rng.randrange(plan.days - 1)
        kept.outage = range(first, first + rng.choice((1, 1, 2, 3, 4)))


class _Story:
    def __init__(self, plan, kept, rng, played, tells, report) -> None:
        self._plan = plan
        self._kept = kept
        self._rng = rng
        self._stage = played
        self._report = report or (lambda _kept: None)
        is_new = kept.memory is None
        if is_new:
            kept.memory = life.Memory(
                people=people.make_customers(played.ctx, rng, number=plan.customers),
                staff=people.make_staff(played.ctx),
            )
        played.outbox.sent = kept.memory.mails
        played.queue.died = kept.memory.died
        played.post.is_out = kept.is_out
        self._life = life.Life(rng=rng, memory=kept.memory, stage=played, tells=tells)
        if is_new:
            self._run("run_billing")
            drafts.before_the_story(self._life)
        played.chaos.meanwhile = self._meanwhile
        self._steps = max(round(plan.customers * ACTIONS), 1)
        self._tell()

    def run(self) -> Outcome:
        """All days that are left, then the end."""
        for day in range(self._kept.day, self._plan.days):
            self._stage.chaos.is_on = True
            if self._kept.step == 0:
                self._morning(day)
            while self._kept.step < self._steps:
                self._step()
                self._kept.step += 1
                self._tell()
            self._rest(day)
            self._kept.day, self._kept.step = day + 1, 0
            self._tell()
        return Outcome(
            seed=self._plan.seed,
            digest=self._life.memory.digest[:16],
            kills=self._kept.kills + self._stage.chaos.kills,
            **{name: self._life.rows(ask)[0][0] for name, ask in _COUNTED.items()},
        )

    def _tell(self) -> None:
        self._kept.at = self._stage.clock.now()
        self._kept.is_out = self._stage.post.is_out
        self._report(self._kept)

    def _morning(self, day: int) -> None:
        date = self._kept.first_day + datetime.timedelta(days=day)
        morning = stage.start_of(date, self._stage.clock)
        self._stage.clock.set(max(morning, self._stage.clock.now()))
        if day == self._kept.outage.start and self._kept.outage:
            self._stage.post.is_out = True
        if day == self._kept.outage.stop and self._stage.post.is_out:
            night.end_outage(self._life)
        for name in DAILY:
            self._run(name)
        drafts.collect(self._life)

    def _step(self) -> None:
        """Some time, what comes by itself in it, and something that somebody does."""
        pause = self._rng.randrange(1, max(2 * AWAKE_MINUTES // self._steps, 2))
        self._stage.clock.advance(datetime.timedelta(minutes=pause))
        self._tell()  # who goes on after a death goes on from this moment: no clock runs back
        self._stage.queue.requeue()
        self._stage.post.collect()
        for delivery in self._stage.post.due():
            self._life.happen("event", lambda at=delivery: self._stage.post.deliver(at))
        for _ in range(life.MOST_JOBS):
            if not night.run_job(self._life):
                break
        for name, chance in BY_THE_CLOCK:
            if self._rng.random() < chance:
                self._run(name)
        if self._rng.random() < COLLECTS:
            drafts.collect(self._life)
        actions.draw(self._rng).act(self._life)

    def _rest(self, day: int) -> None:
        at_end = day == self._plan.days - 1
        self._stage.chaos.calm()
        if at_end and self._stage.post.is_out:
            night.end_outage(self._life)
        night.settle_down(self._life, at_end=at_end)
        if at_end:
            banks.end_debits(self._life)
            night.settle_down(self._life, at_end=True)
        wrong = proofs.find(
            self._life,
            told=not self._stage.post.is_out,
            mailed=at_end and self._plan.sends_mail,
        )
        if wrong:
            raise Broken(self._plan.seed, day, wrong)

    def _run(self, name: str) -> None:
        """What runs by the clock; a killed run is begun again, as a stalled job is."""
        for _ in range(MOST_DEATHS):
            ran = self._life.happen(name, lambda: jobs.TASKS[name].run(self._stage.ctx))
            if ran != life.KILLED:
                return

    def _meanwhile(self) -> None:
        """Something else in just this moment: an event, a job, another tab."""
        draw = self._rng.random()
        rivals = self._life.rivals
        if rivals and draw < 0.5:
            rivals.pop(self._rng.randrange(len(rivals)))()
        elif draw < 0.75:
            self._stage.post.collect()
            found = self._stage.post.due()
            if found:
                self._life.happen("event", lambda: self._stage.post.deliver(found[0]))
        else:
            night.run_job(self._life)
