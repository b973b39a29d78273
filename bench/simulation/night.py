"""How a day comes to rest: everything that waits arrives and is worked off, and time passes."""

from __future__ import annotations

import datetime

from bench.simulation import banks, life, paying
from portal import jobs
from portal.journeys import stripe_events

ROUNDS = 60
MOST_TRIES = 400  # to recover events, a minute apart: people try until it has worked
MINUTE = datetime.timedelta(minutes=1)
HOUR = datetime.timedelta(minutes=61)  # after it a payment that nobody goes on with is swept
SLOW = datetime.timedelta(minutes=181)  # after it a debit that no event tells of is read again
BY_THE_CLOCK = (
    "recheck_payments",
    "sweep_intents",
    "recheck_refunds",
    "recheck_chargebacks",
    "post_fees",
)


def run_job(one: life.Life) -> bool:
    """Run the next job that is due; whether there was one."""
    job = one.stage.queue.take()
    if job is None:
        return False
    one.happen(f"job {job.name}", lambda: one.stage.queue.run(job))
    return True


def settle_down(one: life.Life, *, at_end: bool) -> None:
    """Let everything arrive and be worked off while hours pass; at the end, days."""
    one.stage.queue.requeue()
    one.stage.clock.advance(MINUTE)
    _work_off(one)
    one.stage.clock.advance(SLOW if one.stage.post.is_out else HOUR)
    for name in BY_THE_CLOCK:
        one.happen(name, lambda name=name: jobs.TASKS[name].run(one.ctx))
    _work_off(one)
    for _ in range(ROUNDS):
        at = one.stage.queue.next_at()
        if at is None or not (at_end or at <= one.stage.clock.now() + HOUR):
            return
        one.stage.clock.set(max(at, one.stage.clock.now()))
        _work_off(one)


def end_outage(one: life.Life) -> None:
    """Events arrive again; those of the outage are lost, come late, or are listed by `recover`.

    New ones may come before anybody recovers the old.
    """
    post = one.stage.post
    post.is_out = False
    post.collect()
    if one.rng.random() < 0.6:
        lost = post.give_up()
        one.happen("events lost", lambda: lost)
    if one.rng.random() < 0.5:  # the next ones arrive before anybody recovers the old
        paying.new_card(one)
        banks.judge(one)
        post.collect()
        _carry(one)
    for _ in range(MOST_TRIES):
        if isinstance(one.happen("recover", lambda: stripe_events.recover(one.ctx)), int):
            return
        one.stage.clock.advance(MINUTE)
    raise AssertionError("events could not be recovered")


def _work_off(one: life.Life) -> None:
    for _ in range(ROUNDS):
        with one.stage.world.store.transaction():
            one.stage.world.apply_due(one.stage.world.call())
        one.stage.post.collect()
        letters = 0 if one.stage.post.is_out else _carry(one)
        ran = 0
        while run_job(one):
            ran += 1
            if ran > life.MOST_JOBS:
                raise AssertionError("the jobs never end")
        if not letters and not ran:
            return


def _carry(one: life.Life) -> int:
    """Deliver every letter that waits; how many."""
    letters = one.stage.post.all()
    for delivery in letters:
        one.happen("event", lambda at=delivery: one.stage.post.deliver(at))
    return len(letters)
